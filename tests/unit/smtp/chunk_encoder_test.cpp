#include <sealonce/smtp/chunk_encoder.hpp>
#include <sealonce/smtp/command.hpp>
#include <sealonce/smtp/data_scanner.hpp>

#include <boost/test/unit_test.hpp>

#include <limits>
#include <random>
#include <string>
#include <string_view>

using namespace sealonce;
using namespace std::string_view_literals;

namespace {

/// What the scanner hands on: the content, as signers see it.
class collected final : public content_sink {
public:
  void content(std::span<const char> piece, std::uint64_t) override {
    octets.append(piece.data(), piece.size());
  }
  std::string octets;
};

/// The wire form of a message that comes in pieces of at most `piece` octets into rooms of at most
/// `room` octets, its end included.
std::string encoded(std::string_view content, std::size_t piece, std::size_t room) {
  smtp::chunk_encoder encoder;
  std::string wire;
  std::string space(room, '\0');
  while (!content.empty()) {
    std::string_view part = content.substr(0, piece);
    content.remove_prefix(part.size());
    while (!part.empty()) {
      const auto step = encoder.encode(part, space);
      BOOST_REQUIRE(step.made != 0 && step.made <= room);
      wire.append(space, 0, step.made);
      part.remove_prefix(step.taken);
    }
  }
  return wire.append(encoder.end());
}

/// The same, written in the plainest way.
std::string stuffed(std::string_view content) {
  std::string wire;
  for (const char c : content) {
    if (c == '.' && (wire.empty() || wire.ends_with("\r\n")))
      wire += '.';
    wire += c;
  }
  return wire.append(wire.empty() || wire.ends_with("\r\n") ? ".\r\n" : "\r\n.\r\n");
}

/// A message of the octets that matter, and few others.
std::string random_content(std::mt19937& chance) {
  constexpr auto alphabet = "..\r\r\n\nab"sv;
  std::string content;
  for (auto length = chance() % 60; length != 0; --length)
    if (chance() % 3 == 0)
      content += "\r\n";
    else
      content += alphabet[chance() % alphabet.size()];
  return content;
}

} // namespace

BOOST_AUTO_TEST_SUITE(chunk_encoder)

BOOST_AUTO_TEST_CASE(dots_at_the_start_of_a_line_are_doubled) {
  for (const auto& [content, wire] : {std::pair{""sv, ".\r\n"sv},
                                      {"\r\n", "\r\n.\r\n"},
                                      {".", "..\r\n.\r\n"},
                                      {".\r\n", "..\r\n.\r\n"},
                                      {"a.\r\n.\r\n..b", "a.\r\n..\r\n...b\r\n.\r\n"},
                                      {"a", "a\r\n.\r\n"},
                                      {"a\r", "a\r\r\n.\r\n"},
                                      {"a\n.\n", "a\n.\n\r\n.\r\n"},
                                      {"a\r.\r\r\n.", "a\r.\r\r\n..\r\n.\r\n"}})
    for (std::size_t piece = 1; piece <= content.size() + 1; ++piece)
      for (std::size_t room = 1; room <= wire.size(); ++room)
        BOOST_TEST(encoded(content, piece, room) == wire);
}

BOOST_AUTO_TEST_CASE(random_messages_in_random_pieces_are_stuffed_like_whole_ones) {
  std::mt19937 chance(3030);
  for (int round = 0; round < 3000; ++round) {
    const std::string content = random_content(chance);
    const std::string wire = stuffed(content);
    BOOST_TEST_REQUIRE(encoded(content, 1 + chance() % 7, 1 + chance() % 7) == wire);

    // The end that the scanner finds is the end of the message, never one inside it.
    collected sink;
    smtp::data_scanner scanner(sink);
    std::string octets = wire;
    const auto seen = scanner.scan(octets);
    BOOST_TEST_REQUIRE(seen.ended);
    BOOST_TEST_REQUIRE(seen.decided == wire.size());
    const bool whole = content.empty() || content.ends_with("\r\n");
    BOOST_TEST_REQUIRE(sink.octets.size() == content.size() + (whole ? 0u : 2u));
  }
}

BOOST_AUTO_TEST_CASE(the_argument_of_bdat) {
  const auto chunk = [](std::string_view argument, std::uint64_t size, bool last) {
    const auto parsed = smtp::parse_bdat(argument);
    BOOST_TEST_REQUIRE(parsed.has_value(), argument);
    BOOST_TEST(parsed->size == size);
    BOOST_TEST(parsed->last == last);
  };
  chunk("0", 0, false);
  chunk("0 LAST", 0, true);
  chunk("007  last", 7, true);
  chunk("18446744073709551615 Last", std::numeric_limits<std::uint64_t>::max(), true);
  for (const auto wrong : {""sv, "LAST"sv, "-1"sv, "+1"sv, "1k"sv, "0x10"sv, "1.5"sv, "5 FIRST"sv,
                           "5 LAST LAST"sv, "5LAST"sv, "5 5"sv, "18446744073709551616"sv,
                           "99999999999999999999999 LAST"sv, "5\tLAST"sv})
    BOOST_TEST(!smtp::parse_bdat(wrong).has_value(), wrong);
}

BOOST_AUTO_TEST_SUITE_END()
