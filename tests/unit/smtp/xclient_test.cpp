#include <sealonce/limits.hpp>
#include <sealonce/smtp/xclient.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

using namespace sealonce;
using namespace std::string_view_literals;

BOOST_AUTO_TEST_SUITE(xclient)

BOOST_AUTO_TEST_CASE(values_are_noted) {
  smtp::claimed_client c;
  BOOST_TEST(smtp::parse_xclient("NAME=spike.example addr=192.0.2.7 PORT=4711 PROTO=esmtp "
                                 "HELO=[x]+20y LOGIN=a+40b DESTADDR=IPV6:::1 DESTPORT=25 "
                                 "REVERSE_NAME=other.example",
                                 c)
                 .code() == 0);
  BOOST_TEST(c.name == "spike.example");
  BOOST_TEST(c.helo == "[x] y");
  BOOST_TEST(c.proto == "esmtp");
  BOOST_TEST(c.login == "a@b");
  BOOST_TEST(c.address_told);
  BOOST_TEST_REQUIRE(c.address.has_value());
  BOOST_TEST((*c.address)[10] == 0xff);
  BOOST_TEST((*c.address)[12] == 192);
  BOOST_TEST((*c.address)[15] == 7);
}

BOOST_AUTO_TEST_CASE(what_is_not_told_anew_stays) {
  smtp::claimed_client c;
  BOOST_TEST(smtp::parse_xclient("ADDR=2001:db8::7 HELO=x", c).code() == 0);
  BOOST_TEST(smtp::parse_xclient("NAME=y", c).code() == 0);
  BOOST_TEST(c.address.has_value());
  BOOST_TEST(c.helo == "x");
  BOOST_TEST(smtp::parse_xclient("ADDR=[UNAVAILABLE] HELO=[tempunavail]", c).code() == 0);
  BOOST_TEST(c.address_told);
  BOOST_TEST(!c.address.has_value());
  BOOST_TEST(c.helo == "");
  BOOST_TEST(c.name == "y");
}

BOOST_AUTO_TEST_CASE(a_refused_command_takes_nothing) {
  for (const auto argument :
       {""sv, "ADDR"sv, "ADDR="sv, "=x"sv, "COLOUR=red"sv, "ADDR=x"sv, "ADDR=IPV6:192.0.2.7"sv,
        "ADDR=192.0.2.7/32"sv, "ADDR=192.0.2.7+00"sv, "PROTO=[UNAVAILABLE]"sv, "PROTO=LMTP"sv,
        "PORT=x"sv, "PORT=-1"sv, "PORT=65536"sv, "PORT=99999999999999999999"sv, "DESTADDR=here"sv,
        "DESTPORT=+0D"sv, "NAME=a+0Ab"sv, "HELO=\xff"sv}) {
    smtp::claimed_client c;
    const auto refusal = smtp::parse_xclient("NAME=good " + std::string(argument), c);
    BOOST_TEST((argument.empty() || refusal.code() == 501), argument);
    BOOST_TEST(c.name == (argument.empty() ? "good" : ""));
    BOOST_TEST(!c.address_told);
  }
  smtp::claimed_client c;
  BOOST_TEST(smtp::parse_xclient("", c).code() == 501);
  BOOST_TEST(
      smtp::parse_xclient("NAME=" + std::string(limits::xforward_value + 1, 'x'), c).code() == 501);
}

BOOST_AUTO_TEST_SUITE_END()
