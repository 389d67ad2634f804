#include <sealonce/dkim/canonical.hpp>

#include <boost/test/unit_test.hpp>

using namespace sealonce::dkim;

namespace {

std::string relaxed(std::string_view field) {
  std::string out = "before|"; // what is there already stays
  canonicalize_field(canonicalization::relaxed, field, out);
  BOOST_REQUIRE(out.starts_with("before|"));
  return out.substr(7);
}

std::string simple(std::string_view field) {
  std::string out;
  canonicalize_field(canonicalization::simple, field, out);
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(canonical_suite)

BOOST_AUTO_TEST_CASE(the_example_of_rfc_6376_section_3_4_5) {
  BOOST_TEST(relaxed("A: X\r\n") == "a:X\r\n");
  BOOST_TEST(relaxed("B : Y\t\r\n\tZ  \r\n") == "b:Y Z\r\n");
  BOOST_TEST(simple("A: X\r\n") == "A: X\r\n");
  BOOST_TEST(simple("B : Y\t\r\n\tZ  \r\n") == "B : Y\t\r\n\tZ  \r\n");
}

BOOST_AUTO_TEST_CASE(relaxed_takes_out_folds_and_blanks_only) {
  BOOST_TEST(relaxed("Subject:\r\n") == "subject:\r\n");
  BOOST_TEST(relaxed("Subject: \t \r\n") == "subject:\r\n");
  BOOST_TEST(relaxed("Subject:\r\n \r\n\t\r\n") == "subject:\r\n");
  BOOST_TEST(relaxed("Subject:x\r\n") == "subject:x\r\n");
  BOOST_TEST(relaxed("Subject \t:\r\n x\r\n  y\r\n") == "subject:x y\r\n");
  BOOST_TEST(relaxed("SUBJECT: A: b \t C\r\n") == "subject:A: b C\r\n");
  BOOST_TEST(relaxed("X-\xc4: \xc4\xd6 \xff\r\n") == "x-\xc4:\xc4\xd6 \xff\r\n");
  BOOST_TEST(relaxed("X:a\v\f b\r\n") == "x:a\v\f b\r\n");
}

BOOST_AUTO_TEST_CASE(nul_and_stray_cr_or_lf_are_octets_as_others) {
  using namespace std::string_view_literals;
  BOOST_TEST((relaxed("X: a\0 \0b\r\n"sv) == "x:a\0 \0b\r\n"sv));
  BOOST_TEST(relaxed("X: a\r b\n  c\r\n") == "x:a\r b\n c\r\n");
  BOOST_TEST(relaxed("X: \r\r\n") == "x:\r\r\n");
}

BOOST_AUTO_TEST_CASE(what_lacks_a_line_end_or_a_colon_gets_through) {
  BOOST_TEST(relaxed("A: X") == "a:X\r\n");
  BOOST_TEST(simple("A: X") == "A: X\r\n");
  BOOST_TEST(relaxed("no  colon\r\n") == "no colon\r\n");
  BOOST_TEST(relaxed("") == "\r\n");
  BOOST_TEST(relaxed(": x\r\n") == ":x\r\n");
}

BOOST_AUTO_TEST_CASE(the_value_of_c) {
  const auto again = [](std::string_view text) {
    return to_string(parse_canonicalizations(text).value());
  };
  for (const auto* text :
       {"simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed"}) {
    BOOST_TEST(again(text) == text);
  }
  BOOST_TEST(again("relaxed") == "relaxed/simple");
  BOOST_TEST(again("simple") == "simple/simple");
  for (const auto* bad : {"", "/", "relaxed/", "/simple", "Relaxed", "relaxed/simple/simple",
                          "nowsp", "relaxed /simple", "simple/nofws"}) {
    BOOST_TEST(!parse_canonicalizations(bad).has_value(), "accepted: " << bad);
  }
  BOOST_TEST(parse_canonicalizations("nofws").error().what ==
             "\"nofws\" is no canonicalization: it is \"simple\" or \"relaxed\"");
}

BOOST_AUTO_TEST_SUITE_END()
