#include "parsed_message.hpp"
#include <sealonce/dkim/signed_data.hpp>

#include <boost/test/unit_test.hpp>

using namespace sealonce;
using dkim::canonicalization;

namespace {

std::string covered(std::string_view header, std::vector<std::string_view> names,
                    canonicalization how = canonicalization::relaxed) {
  const parsed_message m(header);
  std::string out;
  dkim::append_signed_fields(how, m.head(), names, out);
  return out;
}

constexpr std::string_view header = "Received: 3\r\n"
                                    "X: top\r\n"
                                    "received : 2\r\n"
                                    "From:  a\r\n"
                                    "RECEIVED: 1\r\n"
                                    "\r\n";

} // namespace

BOOST_AUTO_TEST_SUITE(signed_data_suite)

BOOST_AUTO_TEST_CASE(names_take_fields_from_the_bottom) {
  BOOST_TEST(covered(header, {"Received"}) == "received:1\r\n");
  BOOST_TEST(covered(header, {"received", "From", "RECEIVED"}) ==
             "received:1\r\nfrom:a\r\nreceived:2\r\n");
  BOOST_TEST(covered(header, {"Received", "Received", "Received", "Received"}) ==
             "received:1\r\nreceived:2\r\nreceived:3\r\n");
}

BOOST_AUTO_TEST_CASE(names_without_a_field_take_nothing) {
  BOOST_TEST(covered(header, {"From", "From", "To", "", "X-", "Xx"}) == "from:a\r\n");
  BOOST_TEST(covered("\r\n", {"From"}) == "");
  BOOST_TEST(covered(header, {}) == "");
}

BOOST_AUTO_TEST_CASE(simple_keeps_the_octets) {
  BOOST_TEST(covered(header, {"Received", "Received", "From"}, canonicalization::simple) ==
             "RECEIVED: 1\r\nreceived : 2\r\nFrom:  a\r\n");
}

BOOST_AUTO_TEST_CASE(a_huge_h_over_a_huge_header_takes_no_time_to_speak_of) {
  std::string text;
  std::vector<std::string> spelled;
  for (int i = 0; i < 9000; ++i) {
    text += (i % 2 == 0 ? "A: " : "X" + std::to_string(i) + ": ") + std::to_string(i) + "\r\n";
    spelled.push_back(i % 3 == 0 ? "a" : "x" + std::to_string(9000 - i));
  }
  std::vector<std::string_view> names(spelled.begin(), spelled.end());
  for (int i = 0; i < 3; ++i) { // 72,000 names: quadratic would be half a minute
    names.insert(names.end(), names.begin(), names.end());
  }
  const std::string out = covered(text + "\r\n", names);
  BOOST_TEST(out.starts_with("a:8998\r\nx8999:8999\r\n"));
  BOOST_TEST(std::count(out.begin(), out.end(), '\n') == 4500 + 3000);
}

BOOST_AUTO_TEST_CASE(the_value_of_b_is_taken_out_of_the_signature_field) {
  const auto emptied = [](canonicalization how, std::string_view field) {
    const auto tags = dkim::tag_list::parse(field.substr(field.find(':') + 1)).value();
    std::string out;
    dkim::append_signature_field(how, field, tags.find("b")->raw, out);
    return out;
  };
  constexpr auto simple = canonicalization::simple;
  constexpr auto relaxed = canonicalization::relaxed;
  BOOST_TEST(emptied(simple, "DKIM-Signature: bh=x; b=\r\n  ab\r\n c ; d=y;\r\n") ==
             "DKIM-Signature: bh=x; b=; d=y;");
  BOOST_TEST(emptied(relaxed, "DKIM-Signature: bh=x;\r\n b = ab\r\n c ;  d=y;\r\n") ==
             "dkim-signature:bh=x; b =; d=y;");
  BOOST_TEST(emptied(simple, "DKIM-Signature: bh=x; b=abc\r\n") == "DKIM-Signature: bh=x; b=");
  BOOST_TEST(emptied(relaxed, "DKIM-Signature: bh=x; b=abc\r\n") == "dkim-signature:bh=x; b=");
}

BOOST_AUTO_TEST_SUITE_END()
