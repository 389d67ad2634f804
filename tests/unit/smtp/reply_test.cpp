#include <sealonce/limits.hpp>
#include <sealonce/smtp/reply.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace sealonce;
using namespace std::string_view_literals;
using status = smtp::reply_parser::status;

namespace {

/// What a stream of octets holds: each complete reply in one line, then "partial" or "malformed"
/// where it ends so.
std::string replies_in(std::string_view octets, const std::vector<std::size_t>& ends) {
  smtp::reply_parser parser;
  std::string found;
  std::size_t given = 0;
  for (const std::size_t end : ends) {
    auto piece = octets.substr(given, end - given);
    given = end;
    while (!piece.empty()) {
      const auto step = parser.feed(piece);
      if (step.what == status::malformed)
        return found + "malformed\n";
      piece.remove_prefix(step.consumed);
      if (step.what == status::complete)
        found += parser.result().one_line() + "\n";
      else
        BOOST_REQUIRE(piece.empty());
    }
  }
  return parser.partial() ? found + "partial\n" : found;
}

std::string file_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  BOOST_REQUIRE_MESSAGE(file.good(), "no file " << path);
  return {std::istreambuf_iterator<char>(file), {}};
}

} // namespace

BOOST_AUTO_TEST_SUITE(reply)

BOOST_AUTO_TEST_CASE(replies_of_ours) {
  BOOST_TEST(smtp::reply(250, "2.0.0", "Ok").wire() == "250 2.0.0 Ok\r\n");
  BOOST_TEST(smtp::reply(220, "", "x ESMTP").wire() == "220 x ESMTP\r\n");
  BOOST_TEST(smtp::reply(221, "", "").wire() == "221\r\n");
  BOOST_TEST(smtp::reply(451, "4.4.2", "").one_line() == "451 4.4.2");
  BOOST_TEST(smtp::reply().code() == 0);
}

BOOST_AUTO_TEST_CASE(a_reply_of_ours_is_one_line_whatever_it_quotes) {
  BOOST_TEST(smtp::reply(500, "5.5.2", "a\r\n250 b\0c\td\x7f"sv).wire() ==
             "500 5.5.2 a??250 b?c?d?\r\n");
  BOOST_TEST(smtp::reply(553, "5.6.7", "\xc3\xbc").wire() == "553 5.6.7 \xc3\xbc\r\n");
}

BOOST_AUTO_TEST_CASE(positive_is_2xx) {
  BOOST_TEST(smtp::reply(250, "", "x").positive());
  BOOST_TEST(smtp::reply(299, "", "x").positive());
  BOOST_TEST(!smtp::reply(354, "", "x").positive());
  BOOST_TEST(!smtp::reply(450, "", "x").positive());
  BOOST_TEST(!smtp::reply(550, "", "x").positive());
  BOOST_TEST(!smtp::reply().positive());
}

BOOST_AUTO_TEST_CASE(a_reply_is_kept_octet_for_octet) {
  constexpr auto wire = "250-2.1.0 \tfirst\r\n250-\r\n250  last \xc3\xbc\r\n"sv;
  smtp::reply_parser parser;
  const auto step = parser.feed(wire);
  BOOST_TEST((step.what == status::complete));
  BOOST_TEST(step.consumed == wire.size());
  BOOST_TEST(parser.result().wire() == wire);
  BOOST_TEST(parser.result().code() == 250);
  const std::vector<std::string_view> lines{"2.1.0 \tfirst", "", " last \xc3\xbc"};
  BOOST_TEST(parser.result().lines() == lines, boost::test_tools::per_element());
  BOOST_TEST(parser.result().one_line() == "250 2.1.0 \tfirst  last \xc3\xbc");
}

BOOST_AUTO_TEST_CASE(a_result_that_was_moved_away_is_not_missed) {
  smtp::reply_parser parser;
  BOOST_TEST((parser.feed("250 a\r\n"sv).what == status::complete));
  const smtp::reply first = std::move(parser.result());
  BOOST_TEST((parser.feed("550-b\r\n550 c\r\n"sv).what == status::complete));
  BOOST_TEST(first.wire() == "250 a\r\n");
  BOOST_TEST(parser.result().wire() == "550-b\r\n550 c\r\n");
}

BOOST_AUTO_TEST_CASE(every_octet_has_its_place) {
  for (unsigned c = 0; c < 256; ++c) {
    const char octet = static_cast<char>(c);
    const bool text = (c >= ' ' && c != 0x7f) || c == '\t';
    const auto in_text = replies_in(std::string("250 a") + octet + "b\r\n", {9});
    BOOST_TEST((in_text == "malformed\n") == !text, "octet " << c << " in the text");
    const auto behind_code = replies_in(std::string("250") + octet + "b\r\n", {7});
    BOOST_TEST((behind_code == "malformed\n") == (c != ' ' && c != '-'), "octet " << c);
    const auto first = replies_in(std::string(1, octet) + "50 b\r\n", {7});
    BOOST_TEST((first == "malformed\n") == (c < '2' || c > '5'), "octet " << c << " first");
    const auto second = replies_in(std::string("2") + octet + "0 b\r\n", {7});
    BOOST_TEST((second == "malformed\n") == (c < '0' || c > '9'), "octet " << c << " second");
  }
}

BOOST_AUTO_TEST_CASE(lines_and_their_number_are_bounded) {
  const auto line = [](std::size_t length) {
    return "250 " + std::string(length - 4, 'x') + "\r\n";
  };
  const auto one_of = [&line](std::size_t length) {
    const auto wire = line(length);
    std::vector<std::size_t> octets;
    for (std::size_t i = 1; i <= wire.size(); ++i)
      octets.push_back(i);
    const auto whole = replies_in(wire, {wire.size()});
    BOOST_TEST(whole == replies_in(wire, octets));
    return whole;
  };
  // The reply is whole; what is shown of it is cut.
  BOOST_TEST(one_of(limits::reply_line).size() ==
             limits::shown_reply + std::string(" ...\n").size());
  BOOST_TEST(one_of(limits::reply_line + 1) == "malformed\n");
  std::string endless(limits::reply_line + 3, '2');
  BOOST_TEST(replies_in(endless, {endless.size()}) == "malformed\n");

  std::string many;
  for (std::size_t i = 1; i < limits::reply_lines; ++i)
    many += "250-x\r\n";
  BOOST_TEST(replies_in(many + "250 x\r\n", {many.size() + 7}).substr(0, 6) == "250 x ");
  many += "250-x\r\n250 x\r\n";
  BOOST_TEST(replies_in(many, {many.size()}) == "malformed\n");
}

// tests/corpus/replies: NN-name.reply is what came, .expect what it holds, .why the reason for it.
BOOST_AUTO_TEST_CASE(the_corpus_whole_split_and_cut_off) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(SEALONCE_TEST_DATA "/replies")) {
    auto path = entry.path();
    if (path.extension() != ".reply")
      continue;
    BOOST_TEST_CONTEXT(path.filename()) {
      ++files;
      const auto octets = file_text(path);
      const auto expected = file_text(path.replace_extension(".expect"));
      BOOST_TEST(!file_text(path.replace_extension(".why")).empty());
      BOOST_TEST(replies_in(octets, {octets.size()}) == expected);
      std::vector<std::size_t> singly;
      for (std::size_t at = 1; at <= octets.size(); ++at) {
        singly.push_back(at);
        BOOST_TEST(replies_in(octets, {at, octets.size()}) == expected);
        // Of a connection that ends early nothing is believed that its whole does not say.
        const auto early = replies_in(octets, {at});
        const auto complete = early.substr(0, early.find("partial\n"));
        BOOST_TEST((early == "malformed\n" || expected.compare(0, complete.size(), complete) == 0));
      }
      BOOST_TEST(replies_in(octets, singly) == expected);
    }
  }
  BOOST_TEST(files >= 20u);
}

BOOST_AUTO_TEST_SUITE_END()
