#include <sealonce/log/quote.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

using namespace sealonce;
using namespace std::string_view_literals;

BOOST_AUTO_TEST_SUITE(quote)

namespace {

std::string value(std::string_view v) {
  std::string out;
  log::append_value(v, out);
  return out;
}

std::string json(std::string_view v) {
  std::string out;
  log::append_json(v, out);
  return out;
}

} // namespace

BOOST_AUTO_TEST_CASE(plain_values_stay_bare) {
  BOOST_TEST(value("") == "");
  BOOST_TEST(value("signed") == "signed");
  BOOST_TEST(value("<a+b=c@example.com>") == "<a+b=c@example.com>");
}

BOOST_AUTO_TEST_CASE(blanks_and_quotes_are_quoted) {
  BOOST_TEST(value("a b") == "\"a b\"");
  BOOST_TEST(value("a\"b") == "\"a\\\"b\"");
  BOOST_TEST(value("a\\b") == "\"a\\\\b\"");
}

BOOST_AUTO_TEST_CASE(no_octet_ends_a_line_or_leaves_ascii) {
  for (unsigned c = 0; c < 256; ++c) {
    const char octet = static_cast<char>(c);
    const std::string text = value(std::string_view(&octet, 1));
    const std::string object = json(std::string_view(&octet, 1));
    for (const std::string& written : {text, object})
      for (const char w : written)
        BOOST_TEST((w >= ' ' && w <= '~'), "octet " << c << " gives " << written);
  }
}

BOOST_AUTO_TEST_CASE(a_forged_line_stays_inside_its_quotes) {
  BOOST_TEST(value("x\" action=signed\r\nrelay=evil") ==
             "\"x\\\" action=signed\\x0d\\x0arelay=evil\"");
}

BOOST_AUTO_TEST_CASE(eight_bit_is_escaped_in_text) {
  BOOST_TEST(value("j\xc3\xb6rg") == "\"j\\xc3\\xb6rg\"");
}

BOOST_AUTO_TEST_CASE(json_keeps_utf8_and_escapes_the_rest) {
  BOOST_TEST(json("j\xc3\xb6rg") == "\"j\xc3\xb6rg\"");
  BOOST_TEST(json("\xe2\x82\xac \xf0\x9f\x93\xa7") == "\"\xe2\x82\xac \xf0\x9f\x93\xa7\"");
  BOOST_TEST(json("a\"b\\c") == "\"a\\\"b\\\\c\"");
  BOOST_TEST(json("\n\0"sv) == "\"\\\\x0a\\\\x00\"");
  BOOST_TEST(json("\xf6") == "\"\\\\xf6\"");
}

BOOST_AUTO_TEST_CASE(json_takes_no_ill_formed_utf8) {
  // Overlong, surrogate, past U+10FFFF, cut short, C1 control.
  for (const auto bad : {"\xc0\xaf"sv, "\xe0\x80\xaf"sv, "\xed\xa0\x80"sv, "\xf4\x90\x80\x80"sv,
                         "\xe2\x82"sv, "\xf0\x9f\x93"sv, "\xc2\x85"sv, "\x80"sv})
    BOOST_TEST(json(bad).find(bad) == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
