#include <sealonce/smtp/data_scanner.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

using namespace sealonce;
using namespace std::string_view_literals;

namespace {

/// Keeps the content, and checks on the way that every piece stands where it says on the wire.
class content_keeper : public content_sink {
public:
  void content(std::span<const char> piece, std::uint64_t wire_offset) override {
    BOOST_REQUIRE(!piece.empty());
    for (const char octet : piece) {
      text += octet;
      offsets.push_back(wire_offset++);
    }
  }
  std::string text;
  std::vector<std::uint64_t> offsets; ///< on the wire, for each octet of `text`
};

struct outcome {
  std::string content;
  std::vector<std::uint64_t> offsets;
  std::string wire; ///< decided octets as they stand after the scan
  std::string rest; ///< octets behind the final dot
  bool ended = false;
  bool stray = false;
  bool operator==(const outcome&) const = default;
};

/// Feeds `input` in pieces, as a session does: what a call leaves undecided comes again with the
/// next.
outcome scan_in_pieces(std::string_view input, const std::vector<std::size_t>& ends) {
  content_keeper kept;
  smtp::data_scanner scanner(kept);
  outcome result;
  std::string buffer;
  std::size_t given = 0;
  for (const std::size_t end : ends) {
    buffer.append(input.substr(given, end - given));
    given = end;
    std::vector<char> exact(buffer.begin(), buffer.end()); // so that reading past its end shows
    const auto progress = scanner.scan(exact);
    buffer.assign(exact.begin(), exact.end());
    BOOST_REQUIRE(progress.decided <= buffer.size());
    result.wire.append(buffer, 0, progress.decided);
    buffer.erase(0, progress.decided);
    BOOST_REQUIRE(scanner.wire_size() == result.wire.size());
    if (progress.ended) {
      result.ended = true;
      break;
    }
    BOOST_REQUIRE(buffer.size() <= 2);
  }
  result.rest = buffer + std::string(input.substr(given));
  result.content = kept.text;
  result.offsets = kept.offsets;
  result.stray = scanner.stray_seen();
  return result;
}

outcome scan(std::string_view input) {
  return scan_in_pieces(input, {input.size()});
}

/// The plainest way to say what the scanner must do with data that has an end.
outcome reference(std::string_view input) {
  outcome result;
  bool line_start = true;
  std::size_t i = 0;
  while (i < input.size()) {
    if (line_start && input.substr(i, 3) == ".\r\n") {
      result.wire += ".\r\n";
      result.ended = true;
      i += 3;
      break;
    }
    if (line_start && input[i] == '.') {
      result.wire += '.';
      line_start = false;
      ++i;
      continue;
    }
    const bool line_end = input.substr(i, 2) == "\r\n";
    const bool stray = !line_end && (input[i] == '\r' || input[i] == '\n');
    for (std::size_t n = line_end ? 2 : 1; n > 0; --n, ++i) {
      const char octet = stray ? ' ' : input[i];
      result.offsets.push_back(result.wire.size());
      result.wire += octet;
      result.content += octet;
    }
    result.stray = result.stray || stray;
    line_start = line_end;
  }
  result.rest = input.substr(i);
  return result;
}

struct line_end_case {
  std::string_view input;
  std::string_view content;
  std::string_view rest; ///< "" and not ended = the data go on
  bool ended;
  bool stray;
};

} // namespace

BOOST_AUTO_TEST_SUITE(data_scanner)

// What smuggling is made of: each look-alike of the end of the data, and what may be read as one.
BOOST_AUTO_TEST_CASE(nothing_but_crlf_dot_crlf_ends_the_data) {
  const line_end_case cases[] = {
      {"a\r\n.\r\nQUIT\r\n", "a\r\n", "QUIT\r\n", true, false},
      {".\r\n", "", "", true, false},
      {".\r\nNOOP\r\n", "", "NOOP\r\n", true, false},
      {"\r\n.\r\n", "\r\n", "", true, false},
      {"a\n.\nb\r\n.\r\n", "a . b\r\n", "", true, true},
      {"a\n.\r\nb\r\n.\r\n", "a .\r\nb\r\n", "", true, true},
      {"a\r\n.\nb\r\n.\r\n", "a\r\n b\r\n", "", true, true},
      {"a\r.\rb\r\n.\r\n", "a . b\r\n", "", true, true},
      {"a\r\n.\rb\r\n.\r\n", "a\r\n b\r\n", "", true, true},
      {"a\r.\r\nb\r\n.\r\n", "a .\r\nb\r\n", "", true, true},
      {"a\r\r\n.\r\n", "a \r\n", "", true, true},
      {"a\r\n\r.\r\nb\r\n.\r\n", "a\r\n .\r\nb\r\n", "", true, true},
      {"a\r\n.\r\r\nb\r\n.\r\n", "a\r\n \r\nb\r\n", "", true, true},
      {"a\n\r.\n\rb\r\n.\r\n", "a  .  b\r\n", "", true, true},
      {"a\r\n\n.\r\nb\r\n.\r\n", "a\r\n .\r\nb\r\n", "", true, true},
      {"a\r\n.\0\r\nb\r\n.\r\n"sv, "a\r\n\0\r\nb\r\n"sv, "", true, false},
      {"a\r\0\n.\r\nb\r\n.\r\n"sv, "a \0 .\r\nb\r\n"sv, "", true, true},
      {"a\r\n. \r\n.\r\n", "a\r\n \r\n", "", true, false},
      {"a\x85.\x85\r\n.\r\n", "a\x85.\x85\r\n", "", true, false},
      {"a\r\n.\r\n.\r\n", "a\r\n", ".\r\n", true, false},
      {"a\r\nb.\r\n", "a\r\nb.\r\n", "", false, false},
  };
  for (const auto& c : cases) {
    BOOST_TEST_CONTEXT("input " << std::string(c.input)) {
      const outcome got = scan(c.input);
      BOOST_TEST(got.content == c.content);
      BOOST_TEST(got.rest == c.rest);
      BOOST_TEST(got.ended == c.ended);
      BOOST_TEST(got.stray == c.stray);
      for (std::size_t at = 0; at <= c.input.size(); ++at)
        BOOST_TEST((scan_in_pieces(c.input, {at, c.input.size()}) == got), "split at " << at);
    }
  }
}

BOOST_AUTO_TEST_CASE(stuffing_dots_are_no_content_and_stay_on_the_wire) {
  const outcome got = scan("..a\r\n.b\r\n...\r\nc..d\r\n.\r\n");
  BOOST_TEST(got.content == ".a\r\nb\r\n..\r\nc..d\r\n");
  BOOST_TEST(got.wire == "..a\r\n.b\r\n...\r\nc..d\r\n.\r\n");
  const std::vector<std::uint64_t> wanted{1,  2,  3,  4,  6,  7,  8,  10, 11,
                                          12, 13, 14, 15, 16, 17, 18, 19};
  BOOST_TEST(got.offsets == wanted, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(stray_octets_become_blanks_in_place) {
  const outcome got = scan("a\rb\nc\r\n\r\rd\n\n.\r\n.\r\n");
  BOOST_TEST(got.wire == "a b c\r\n  d  .\r\n.\r\n");
  BOOST_TEST(got.stray);
  BOOST_TEST(!scan("a b c\r\n.\r\n").stray);
}

BOOST_AUTO_TEST_CASE(octets_behind_the_end_are_left_alone) {
  const outcome got = scan("a\r\n.\r\nx\ny\rz\r\n.\n");
  BOOST_TEST(got.rest == "x\ny\rz\r\n.\n");
  BOOST_TEST(!got.stray);
}

BOOST_AUTO_TEST_CASE(what_is_undecided_is_left_for_the_next_call) {
  struct {
    std::string_view input;
    std::size_t decided;
  } const cases[] = {
      {"", 0},      {".", 0},      {".\r", 0},      {"\r", 0},   {"a", 1},      {"a\r", 1},
      {"a\r\n", 3}, {"a\r\n.", 3}, {"a\r\n.\r", 3}, {"a.", 2},   {"a.\r", 2},   {".a\r", 2},
      {"..", 2},    {"..\r", 2},   {"\r\r", 1},     {"a\n.", 3}, {"a\n.\r", 3},
  };
  for (const auto& c : cases) {
    content_keeper kept;
    smtp::data_scanner scanner(kept);
    std::string buffer(c.input);
    const auto progress = scanner.scan(buffer);
    BOOST_TEST(progress.decided == c.decided, "input " << c.input);
    BOOST_TEST(!progress.ended);
    BOOST_TEST(scanner.wire_size() == c.decided);
  }
}

// Blocks of 64 octets are looked at at once: every event at every place around their edges.
BOOST_AUTO_TEST_CASE(every_place_in_a_block_is_the_same) {
  for (const auto event : {"\r\n"sv, "\r\n."sv, "\r\n.."sv, "\r\n.\r\n"sv, "\r"sv, "\n"sv,
                           "\r\r\n"sv, "\n\r\n.\r\n"sv, "\r\n.\r"sv, "\r\n.\n"sv, "\r\r"sv})
    for (std::size_t before = 0; before < 200; ++before) {
      const std::string input =
          std::string(before, 'x').append(event).append(100, 'y').append("\r\n.\r\n.rest\r\n");
      const outcome wanted = reference(input);
      BOOST_TEST((scan(input) == wanted), "event at " << before);
      for (std::size_t end = before; end <= before + event.size(); ++end)
        BOOST_TEST((scan_in_pieces(input, {end, input.size()}) == wanted),
                   "event at " << before << ", split at " << end);
    }
}

BOOST_AUTO_TEST_CASE(random_data_in_random_pieces_match_the_plain_reference) {
  const auto seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  const auto below = [&random](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  constexpr std::string_view alphabets[] = {"\r\n.", "\r\n. a\0"sv, "\r\n\r\n.abcdefgh", "\n.",
                                            "\r."};
  for (int round = 0; round < 4000; ++round) {
    const auto alphabet = alphabets[below(std::size(alphabets))];
    std::string input;
    for (std::size_t left = below(300); left > 0; --left) {
      input += alphabet[below(alphabet.size())];
      if (below(40) == 0)
        input.append(below(150), 'x');
      if (below(4) == 0)
        input += "\r\n";
    }
    input += "\r\n.\r\n";
    std::vector<std::size_t> ends;
    for (std::size_t end = 0; end < input.size();)
      ends.push_back(end = std::min(input.size(), end + below(below(2) == 0 ? 4 : 200)));
    if (!(scan_in_pieces(input, ends) == reference(input)))
      BOOST_FAIL("seed " << seed << " round " << round << " differs from the reference");
  }
}

BOOST_AUTO_TEST_SUITE_END()
