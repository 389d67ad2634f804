// Long lines, long headers, many fields: facts at and around each limit, whatever the pieces.
#include "scanned.hpp"
#include <sealonce/limits.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>

namespace {

using namespace sealonce;
using namespace sealonce::test;

const std::string a998(998, 'a');

BOOST_AUTO_TEST_SUITE(scanner_limits_test)

BOOST_AUTO_TEST_CASE(header_lines_over_998_octets) {
  const auto odd = [](const std::string& wire) {
    scanned s;
    feed_pieces(s, wire, wire.size());
    return finish(s).scanner.head().oddities().long_line;
  };
  BOOST_TEST(!odd("A:" + std::string(996, 'a') + "\r\n\r\n"));
  BOOST_TEST(odd("A:" + std::string(997, 'a') + "\r\n\r\n"));
  BOOST_TEST(odd("A: b\r\n " + a998 + "\r\n\r\n"));
}

std::uint64_t longest(const std::string& body, std::size_t piece) {
  scanned s;
  feed_pieces(s, "A: 1\r\n\r\n" + body, piece);
  return finish(s).scanner.longest_body_line();
}

BOOST_AUTO_TEST_CASE(body_lines_over_998_octets) {
  const std::string crlf = "\r\n";
  const std::pair<std::string, std::uint64_t> bodies[] = {
      {a998 + crlf, 0},
      {a998 + "b" + crlf, 999},
      {crlf + a998 + crlf + a998 + "bc" + crlf + "x" + crlf, 1000},
      {a998 + a998 + a998 + crlf + a998 + "b" + crlf, 2994},
      {a998 + "b" + crlf + a998 + a998 + a998 + crlf, 2994},
      {"x" + crlf + a998, 0},
      {"x" + crlf + a998 + "b", 999},
      {a998 + a998, 1996},
      {std::string(3000, '\n'), 0},
      {crlf + std::string(999, 'a') + crlf + crlf, 999},
  };
  for (const auto& [body, expected] : bodies) {
    for (const std::size_t piece :
         {1u, 2u, 3u, 7u, 500u, 997u, 998u, 999u, 1000u, 1001u, 100000u}) {
      BOOST_TEST(longest(body, piece) == expected);
    }
  }
}

// The plain way to say what measure_lines finds.
std::uint64_t longest_by_definition(const std::string& body) {
  std::uint64_t most = 0;
  for (std::size_t at = 0; at < body.size();) {
    auto end = body.find("\r\n", at);
    const auto next = end == std::string::npos ? body.size() : end + 2;
    end = std::min(end, body.size());
    if (end - at > 998) {
      most = std::max<std::uint64_t>(most, end - at);
    }
    at = next;
  }
  return most;
}

BOOST_AUTO_TEST_CASE(body_lines_of_random_lengths) {
  random_numbers random(20240607);
  for (int i = 0; i < 300; ++i) {
    std::string body;
    for (auto lines = random(12); lines > 0; --lines) {
      const std::uint32_t length = random(3) == 0 ? 980 + random(40) : random(400);
      body += std::string(length, 'a') + "\r\n";
    }
    body += std::string(random(2) * (990 + random(20)), 'b');
    BOOST_TEST(longest(body, 1 + random(1500)) == longest_by_definition(body));
  }
}

// A header of `octets` octets in lines of 100.
std::string header_of(std::size_t octets) {
  const auto line = "X: " + std::string(95, 'x') + "\r\n";
  std::string text;
  while (text.size() + 200 < octets) {
    text += line;
  }
  return text + "Y: " + std::string(octets - text.size() - 5, 'y') + "\r\n";
}

// More octets than the limit, in fields that the count allows.
std::string folded_header_of(std::size_t octets) {
  auto text = header_of(octets);
  for (std::size_t i = 100; i + 200 < octets; i += 100) {
    text[i] = ' ';
  }
  return text;
}

BOOST_AUTO_TEST_CASE(header_at_its_limit) {
  const auto wire = folded_header_of(limits::header) + "\r\nbody\r\n";
  for (const std::size_t piece :
       {std::size_t(4096), std::size_t(4097), wire.size(), limits::header, limits::header + 1}) {
    scanned s;
    feed_pieces(s, wire, piece);
    finish(s);
    BOOST_TEST(!s.scanner.head().oddities().over_limit);
    BOOST_TEST(s.scanner.head().text().size() == limits::header);
    BOOST_TEST(s.sink.content == "body\r\n");
  }
}

BOOST_AUTO_TEST_CASE(header_over_its_limit_keeps_whole_lines) {
  const std::string tails[] = {"\r\nbody\r\n", "Z: 1\r\n\r\nbody\r\n", "\r\n\r\nbody\r\n"};
  for (const auto& tail : tails) {
    const auto wire = folded_header_of(limits::header + 1) + "\r\r\n" + tail;
    std::string first;
    for (const std::size_t piece :
         {wire.size(), std::size_t(4096), std::size_t(4097), limits::header, limits::header + 1,
          limits::header + 2, limits::header + 3, limits::header + 4, limits::header + 5}) {
      scanned s;
      feed_pieces(s, wire, piece);
      finish(s);
      BOOST_TEST(s.scanner.head().oddities().over_limit);
      BOOST_TEST(s.scanner.head().text().ends_with("x\r\n"));
      BOOST_TEST(s.scanner.head().text().size() <= limits::header);
      BOOST_TEST(s.scanner.wire_body_offset() == wire.find("\r\n\r\n", wire.size() - 20) + 4);
      first = first.empty() ? s.facts() : first;
      BOOST_TEST((s.facts() == first));
    }
  }
}

BOOST_AUTO_TEST_CASE(one_line_over_the_limit_is_not_kept) {
  const auto wire = "A: 1\r\nB: " + std::string(3 * limits::header, 'b') + "\r\n\r\nbody";
  for (const std::size_t piece : {wire.size(), std::size_t(65536), std::size_t(1000)}) {
    scanned s;
    feed_pieces(s, wire, piece);
    finish(s);
    BOOST_TEST(s.scanner.head().oddities().over_limit);
    BOOST_TEST(s.scanner.head().text() == "A: 1\r\n");
    BOOST_TEST(s.sink.content == "body");
    BOOST_TEST(s.scanner.wire_body_offset() == wire.size() - 4);
  }
}

BOOST_AUTO_TEST_CASE(too_many_fields) {
  std::string fields;
  for (std::size_t i = 0; i < limits::fields; ++i) {
    fields += "A:\r\n";
  }
  for (const std::size_t piece : {fields.size() + 100, std::size_t(3)}) {
    for (const bool more : {false, true}) {
      const auto wire = fields + " b\r\n" + (more ? "C:\r\n" : "") + "\r\nbody";
      scanned s;
      feed_pieces(s, wire, piece);
      finish(s);
      BOOST_TEST(s.scanner.head().oddities().over_limit == more);
      BOOST_TEST(s.scanner.head().fields().size() == limits::fields);
      BOOST_TEST(s.scanner.head().text() == fields + " b\r\n");
      BOOST_TEST(s.sink.content == "body");
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
