// The header of the PROXY protocol, cut at every octet, and against random octets.

#include <sealonce/limits.hpp>
#include <sealonce/smtp/proxy_header.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <random>
#include <string>
#include <string_view>

using namespace sealonce;
using namespace std::string_view_literals;
using status = smtp::proxy_header_parser::status;

namespace {

constexpr auto signature = "\r\n\r\n\0\r\nQUIT\n"sv;

/// Version 2 with these octets behind its length.
std::string binary(unsigned char command, unsigned char family, std::string_view rest) {
  std::string header(signature);
  header += static_cast<char>(command);
  header += static_cast<char>(family);
  header += static_cast<char>(rest.size() >> 8);
  header += static_cast<char>(rest.size() & 0xff);
  return header.append(rest);
}

/// What became of a header that comes in pieces of at most `piece` octets; `address` as text.
struct outcome {
  status what = status::need_more;
  std::size_t taken = 0;
  std::string client;
};

outcome parsed(std::string_view octets, std::size_t piece) {
  outcome o;
  smtp::proxy_header_parser parser;
  while (o.what == status::need_more && o.taken < octets.size()) {
    const auto length = std::min({piece, parser.wanted(), octets.size() - o.taken});
    BOOST_REQUIRE(length > 0u);
    o.what = parser.feed(octets.substr(o.taken, length));
    o.taken += length;
  }
  BOOST_TEST((parser.wanted() == 0) == (o.what != status::need_more));
  if (o.what != status::complete)
    return o;
  if (parser.client().own) {
    o.client = "own";
    return o;
  }
  constexpr auto digits = "0123456789abcdef"sv;
  for (const unsigned char c : parser.client().address)
    o.client.append({digits[c >> 4], digits[c & 15]});
  o.client += " " + std::to_string(parser.client().port);
  return o;
}

/// The client that it tells of, whatever way it is cut and whatever stands behind it.
std::string client_of(const std::string& header) {
  std::string found;
  for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{7}, header.size()}) {
    const auto o = parsed(header + "EHLO client.example\r\n", piece);
    BOOST_TEST((o.what == status::complete), "in pieces of " << piece);
    BOOST_TEST(o.taken == header.size(), "in pieces of " << piece);
    BOOST_TEST((found.empty() || found == o.client));
    found = o.client;
  }
  return found;
}

bool malformed(std::string_view header) {
  const bool at_once = parsed(header, header.size()).what == status::malformed;
  BOOST_TEST(at_once == (parsed(header, 1).what == status::malformed));
  return at_once;
}

constexpr auto v4_client = "00000000000000000000ffffc0000207 4711"sv; // 192.0.2.7
constexpr auto v6_client = "20010db8000000000000000000000007 4711"sv;
constexpr auto v4_octets = "\xc0\0\2\7\xc0\0\2\1\x12\x67\0\x19"sv;
constexpr auto v6_octets = "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\7"
                           "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1\x12\x67\0\x19"sv;

} // namespace

BOOST_AUTO_TEST_SUITE(proxy_header)

BOOST_AUTO_TEST_CASE(version_1) {
  BOOST_TEST(client_of("PROXY TCP4 192.0.2.7 192.0.2.1 4711 25\r\n") == v4_client);
  BOOST_TEST(client_of("PROXY TCP6 2001:db8::7 2001:db8::1 4711 25\r\n") == v6_client);
  BOOST_TEST(client_of("PROXY TCP6 ::ffff:192.0.2.7 ::1 4711 0\r\n") == v4_client);
  BOOST_TEST(client_of("PROXY UNKNOWN\r\n") == "own");
  BOOST_TEST(client_of("PROXY UNKNOWN ffff:f... ffff:f... 65535 65535\r\n") == "own");
  const std::string longest = "PROXY UNKNOWN " + std::string(limits::proxy_text_header - 16, 'x');
  BOOST_TEST(client_of(longest + "\r\n") == "own");
  BOOST_TEST(malformed(longest + "x\r\n"));
}

BOOST_AUTO_TEST_CASE(version_1_malformed) {
  for (const auto line : {"PROXY TCP4 192.0.2.7 192.0.2.1 4711\r\n"sv,
                          "PROXY TCP4 192.0.2.7 192.0.2.1 4711 25 \r\n"sv,
                          "PROXY TCP4  192.0.2.7 192.0.2.1 4711 25\r\n"sv,
                          "PROXY TCP4 192.0.2 192.0.2.1 4711 25\r\n"sv,
                          "PROXY TCP4 2001:db8::7 2001:db8::1 4711 25\r\n"sv,
                          "PROXY TCP6 192.0.2.7 192.0.2.1 4711 25\r\n"sv,
                          "PROXY TCP4 192.0.2.7 192.0.2.1 65536 25\r\n"sv,
                          "PROXY TCP4 192.0.2.7 192.0.2.1 04711 25\r\n"sv,
                          "PROXY TCP4 192.0.2.7 192.0.2.1 -1 25\r\n"sv,
                          "PROXY TCP4 192.0.2.7 192.0.2.1 4711 x\r\n"sv,
                          "PROXY TCP4 192.0.2.7\0 192.0.2.1 4711 25\r\n"sv,
                          "PROXY TCP5 192.0.2.7 x 1 2\r\n"sv,
                          "PROXY tcp4 192.0.2.7 192.0.2.1 4711 25\r\n"sv,
                          "PROXY \r\nxxxxxxxxxxx\r\n"sv,
                          "proxy TCP4 192.0.2.7 192.0.2.1 4711 25\r\n"sv,
                          "PROXX"sv,
                          "EHLO client.example\r\n"sv,
                          "GET / HTTP/1.1\r\n"sv,
                          " PROXY"sv,
                          "\n"sv})
    BOOST_TEST(malformed(line), line);
}

BOOST_AUTO_TEST_CASE(version_2) {
  BOOST_TEST(client_of(binary(0x21, 0x11, v4_octets)) == v4_client);
  BOOST_TEST(client_of(binary(0x21, 0x21, v6_octets)) == v6_client);
  BOOST_TEST(client_of(binary(0x21, 0x11, std::string(v4_octets) + "\x04\0\x04\r\nA\n")) ==
             v4_client);
  const std::string long_tlv(limits::proxy_binary_header - v6_octets.size(), '\n');
  BOOST_TEST(client_of(binary(0x21, 0x21, std::string(v6_octets) + long_tlv)) == v6_client);
  BOOST_TEST(malformed(binary(0x21, 0x21, std::string(v6_octets) + long_tlv + "x")));
  BOOST_TEST(client_of(binary(0x20, 0x00, "")) == "own");
  BOOST_TEST(client_of(binary(0x20, 0x11, v4_octets)) == "own");
  BOOST_TEST(client_of(binary(0x20, 0x77, "anything")) == "own");
  BOOST_TEST(client_of(binary(0x21, 0x00, "")) == "own");
  BOOST_TEST(client_of(binary(0x21, 0x00, "anything")) == "own");
  BOOST_TEST(client_of(binary(0x21, 0x31, std::string(216, 'p'))) == "own");
}

BOOST_AUTO_TEST_CASE(version_2_malformed) {
  for (const auto& header :
       {binary(0x11, 0x11, v4_octets), binary(0x31, 0x11, v4_octets), binary(0x22, 0x11, v4_octets),
        binary(0x21, 0x12, v4_octets), binary(0x21, 0x22, v6_octets), binary(0x21, 0x41, v4_octets),
        binary(0x21, 0x11, v4_octets.substr(1)), binary(0x21, 0x21, v6_octets.substr(1)),
        binary(0x21, 0x11, ""), binary(0x21, 0x31, std::string(215, 'p')),
        std::string("\r\n\r\n\0\r\nQUIT\r"sv), std::string("\r\n\r\nx"), std::string("\r\r")})
    BOOST_TEST(malformed(header));
}

BOOST_AUTO_TEST_CASE(random_headers_are_taken_whole_or_refused) {
  const std::uint32_t seed = std::random_device{}();
  std::mt19937 random(seed);
  const auto below = [&random](std::size_t n) { return random() % n; };
  const std::string good[] = {
      "PROXY TCP4 192.0.2.7 192.0.2.1 4711 25\r\n", "PROXY UNKNOWN\r\n",
      binary(0x21, 0x11, std::string(v4_octets) + std::string("\x04\0\x02xy", 5)),
      binary(0x21, 0x21, v6_octets), binary(0x20, 0x00, "")};
  for (int round = 0; round < 20'000; ++round) {
    std::string header = good[below(std::size(good))];
    for (auto changes = below(4); changes > 0; --changes)
      header[below(header.size())] = static_cast<char>(random());
    if (below(3) == 0)
      header.resize(below(header.size() + 1));
    if (header.empty())
      continue;
    const auto whole = parsed(header, header.size());
    const auto pieces = parsed(header, 1 + below(5));
    BOOST_REQUIRE_MESSAGE((whole.what == pieces.what), "seed " << seed << " round " << round);
    BOOST_REQUIRE_MESSAGE(whole.client == pieces.client, "seed " << seed << " round " << round);
    if (whole.what == status::complete)
      BOOST_REQUIRE_MESSAGE(whole.taken == pieces.taken, "seed " << seed << " round " << round);
  }
}

BOOST_AUTO_TEST_SUITE_END()
