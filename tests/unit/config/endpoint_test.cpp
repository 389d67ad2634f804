#include <sealonce/config/endpoint.hpp>

#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>
#include <string>
#include <string_view>

using namespace sealonce;
using namespace std::string_view_literals;
using config::endpoint;

BOOST_AUTO_TEST_SUITE(endpoints)

namespace {

std::string why(std::string_view text, const config::endpoint_rules& rules = {}) {
  const auto e = config::parse_endpoint(text, rules);
  return e ? "accepted" : e.error().what;
}

config::endpoint_rules with_names() {
  config::endpoint_rules rules;
  rules.names = true;
  return rules;
}

bool holds(const config::network& n, const std::string& address) {
  std::array<unsigned char, 16> octets{};
  if (address.find(':') == std::string::npos) {
    octets[10] = octets[11] = 0xff;
    BOOST_TEST_REQUIRE(::inet_pton(AF_INET, address.c_str(), octets.data() + 12) == 1);
  } else {
    BOOST_TEST_REQUIRE(::inet_pton(AF_INET6, address.c_str(), octets.data()) == 1);
  }
  return n.contains(octets);
}

} // namespace

BOOST_AUTO_TEST_CASE(ipv4) {
  const auto e = config::parse_endpoint("127.0.0.1:10027", {}).value();
  BOOST_TEST((e.what == endpoint::kind::ip));
  BOOST_TEST(e.host == "127.0.0.1");
  BOOST_TEST(e.port == 10027);
  BOOST_TEST(e.text == "127.0.0.1:10027");
}

BOOST_AUTO_TEST_CASE(ipv6_comes_out_canonical) {
  const auto e = config::parse_endpoint("[0:0::0:1]:25", {}).value();
  BOOST_TEST(e.host == "::1");
  BOOST_TEST(e.port == 25);
  BOOST_TEST(e.text == "[0:0::0:1]:25");
  BOOST_TEST(config::same_place(e, config::parse_endpoint("[::1]:25", {}).value()));
  BOOST_TEST(!config::same_place(e, config::parse_endpoint("[::1]:26", {}).value()));
}

BOOST_AUTO_TEST_CASE(unix_sockets) {
  const auto e = config::parse_endpoint("unix:/run/sealonce/x.sock", {}).value();
  BOOST_TEST((e.what == endpoint::kind::unix_socket));
  BOOST_TEST(e.host == "/run/sealonce/x.sock");
  BOOST_TEST(config::parse_endpoint("unix:/" + std::string(106, 'a'), {}).has_value());
  BOOST_TEST(!config::parse_endpoint("unix:/" + std::string(107, 'a'), {}).has_value());
  BOOST_TEST(why("unix:run/x").find("absolute") != std::string::npos);
  config::endpoint_rules rules;
  rules.unix_sockets = false;
  BOOST_TEST(why("unix:/run/x", rules) != "accepted");
}

BOOST_AUTO_TEST_CASE(names_only_where_allowed) {
  BOOST_TEST(why("localhost:25").find("not a name") != std::string::npos);
  const auto e = config::parse_endpoint("Mail.Example.COM:25", with_names()).value();
  BOOST_TEST((e.what == endpoint::kind::name));
  BOOST_TEST(e.host == "mail.example.com");
  for (const auto bad : {"a_b:25"sv, "-a:25"sv, "a..b:25"sv, "a b:25"sv, ":25"sv})
    BOOST_TEST(why(bad, with_names()) != "accepted", bad);
}

BOOST_AUTO_TEST_CASE(ports) {
  for (const auto bad :
       {"127.0.0.1"sv, "127.0.0.1:"sv, "127.0.0.1:0"sv, "127.0.0.1:65536"sv, "127.0.0.1:25x"sv,
        "127.0.0.1:-1"sv, "127.0.0.1: 25"sv, "[::1]"sv, "[::1]25"sv, "[::1]:"sv})
    BOOST_TEST(why(bad, with_names()) != "accepted", bad);
  config::endpoint_rules rules;
  rules.default_port = 53;
  BOOST_TEST(config::parse_endpoint("192.0.2.1", rules).value().port == 53);
  BOOST_TEST(config::parse_endpoint("[::1]", rules).value().port == 53);
  BOOST_TEST(config::parse_endpoint("[::1]:5353", rules).value().port == 5353);
  BOOST_TEST(!config::parse_endpoint("[::1]:", rules).has_value());
}

BOOST_AUTO_TEST_CASE(what_was_meant_is_in_the_sentence) {
  BOOST_TEST(why("::1:10027").find("brackets") != std::string::npos);
  BOOST_TEST(why("inet:127.0.0.1:10027").find("without \"inet:\"") != std::string::npos);
  BOOST_TEST(why("300.0.0.1:25").find("IPv4") != std::string::npos);
  BOOST_TEST(why("[127.0.0.1]:25").find("IPv6") != std::string::npos);
  BOOST_TEST(why("[::1:25").find("bracket is missing") != std::string::npos);
  BOOST_TEST(why("[fe80::1%eth0]:25").find("zone") != std::string::npos);
  BOOST_TEST(why("127.0.0.1\0x:25"sv).find("NUL") != std::string::npos);
  BOOST_TEST(why("unix:/run/a\0b"sv).find("NUL") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_local) {
  for (const auto local : {"127.0.0.1:1"sv, "127.255.0.9:1"sv, "[::1]:1"sv, "unix:/run/x"sv})
    BOOST_TEST(config::is_local(config::parse_endpoint(local, {}).value()), local);
  for (const auto open : {"0.0.0.0:1"sv, "[::]:1"sv, "192.0.2.1:1"sv, "[::ffff:127.0.0.1]:1"sv})
    BOOST_TEST(!config::is_local(config::parse_endpoint(open, {}).value()), open);
}

BOOST_AUTO_TEST_CASE(networks_contain_what_they_say) {
  const auto v4 = config::parse_network("192.0.2.128/25").value();
  BOOST_TEST(holds(v4, "192.0.2.128"));
  BOOST_TEST(holds(v4, "192.0.2.255"));
  BOOST_TEST(!holds(v4, "192.0.2.127"));
  const auto v6 = config::parse_network("2001:db8::/33").value();
  BOOST_TEST(holds(v6, "2001:db8:7fff::1"));
  BOOST_TEST(!holds(v6, "2001:db8:8000::1"));
  const auto one = config::parse_network("192.0.2.1").value();
  BOOST_TEST(holds(one, "192.0.2.1"));
  BOOST_TEST(!holds(one, "192.0.2.0"));
}

BOOST_AUTO_TEST_CASE(every_prefix_covers_its_own_last_address_and_no_more) {
  for (unsigned prefix = 1; prefix <= 128; ++prefix) {
    config::network n;
    n.address[0] = 0x20;
    n.prefix = prefix;
    if (prefix < 3)
      n.address[0] = 0;
    std::array<unsigned char, 16> peer = n.address;
    for (unsigned bit = prefix; bit < 128; ++bit)
      peer[bit / 8] = static_cast<unsigned char>(peer[bit / 8] | (0x80u >> (bit % 8)));
    BOOST_TEST(n.contains(peer), prefix);
    peer[(prefix - 1) / 8] ^= static_cast<unsigned char>(0x80u >> ((prefix - 1) % 8));
    BOOST_TEST(!n.contains(peer), prefix);
  }
}

BOOST_AUTO_TEST_CASE(an_ipv6_network_opens_no_door_to_ipv4) {
  const auto all6 = config::parse_network("::/0").value();
  BOOST_TEST(holds(all6, "2001:db8::1"));
  BOOST_TEST(!holds(all6, "192.0.2.1"));
  const auto all4 = config::parse_network("0.0.0.0/0").value();
  BOOST_TEST(holds(all4, "192.0.2.1"));
  BOOST_TEST(!holds(all4, "2001:db8::1"));
}

BOOST_AUTO_TEST_CASE(networks_that_are_none) {
  for (const auto bad :
       {""sv, "192.0.2.0/33"sv, "192.0.2.0/"sv, "192.0.2.0/-1"sv, "192.0.2/24"sv,
        "2001:db8::/129"sv, "localhost"sv, "192.0.2.0/24 "sv, "[::1]"sv, "192.0.2.1\0/32"sv})
    BOOST_TEST(!config::parse_network(bad).has_value(), bad);
  const auto beyond = config::parse_network("10.1.2.3/8");
  BOOST_TEST_REQUIRE(!beyond.has_value());
  BOOST_TEST(beyond.error().what.find("10.0.0.0/8") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(loopback) {
  const auto both = config::loopback_networks();
  BOOST_TEST_REQUIRE(both.size() == 2u);
  BOOST_TEST(holds(both[0], "127.1.2.3"));
  BOOST_TEST(!holds(both[0], "128.0.0.1"));
  BOOST_TEST(holds(both[1], "::1"));
  BOOST_TEST(!holds(both[1], "::2"));
}

BOOST_AUTO_TEST_SUITE_END()
