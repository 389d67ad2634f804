#include <sealonce/dkim/tag_list.hpp>
#include <sealonce/limits.hpp>

#include <boost/test/unit_test.hpp>

using namespace sealonce;
using dkim::tag_list;

namespace {

/// "name=value|name=value" of what was parsed, or the failure.
std::string shown(std::string_view text) {
  const auto list = tag_list::parse(text);
  if (!list) {
    return list.error().what;
  }
  std::string out;
  for (const dkim::tag& t : list.value().tags()) {
    out += out.empty() ? "" : "|";
    out.append(t.name).append("=").append(t.value);
  }
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(tag_list_suite)

BOOST_AUTO_TEST_CASE(names_and_values) {
  BOOST_TEST(shown("v=1; a=rsa-sha256;d=example.com") == "v=1|a=rsa-sha256|d=example.com");
  BOOST_TEST(shown("v=1;") == "v=1");
  BOOST_TEST(shown(" \t v \t = \t 1 \t ; ") == "v=1");
  BOOST_TEST(shown("p=") == "p=");
  BOOST_TEST(shown("p= ; k=") == "p=|k=");
  BOOST_TEST(shown("b=a=b==") == "b=a=b==");
  BOOST_TEST(shown("n=two words") == "n=two words");
  BOOST_TEST(shown("a1_b=x;A1_b=y") == "a1_b=x|A1_b=y"); // names are case-sensitive
  BOOST_TEST(shown("i=\xc3\xa4@example.com") == "i=\xc3\xa4@example.com");
}

BOOST_AUTO_TEST_CASE(folds_are_white_space) {
  BOOST_TEST(shown(" v=1;\r\n\ta=x;\r\n b=ab\r\n cd\r\n") == "v=1|a=x|b=ab\r\n cd");
  BOOST_TEST(shown("v\r\n =\r\n 1\r\n ;\r\n ") == "v=1");
  BOOST_TEST(shown("v=1;\r\n") == "v=1");
}

BOOST_AUTO_TEST_CASE(raw_is_all_between_equals_and_semicolon) {
  const std::string_view text = "a=1; b =\r\n xyz \t; c= ";
  const tag_list list = tag_list::parse(text).value();
  BOOST_TEST(list.find("b")->raw == "\r\n xyz \t");
  BOOST_TEST(list.find("b")->value == "xyz");
  BOOST_TEST((list.find("b")->raw.data() == text.data() + text.find('=', 4) + 1));
  BOOST_TEST(list.find("c")->raw == " ");
  BOOST_TEST(list.value("c").value() == "");
  BOOST_TEST((list.find("B") == nullptr));
  BOOST_TEST(!list.value("bh").has_value());
}

BOOST_AUTO_TEST_CASE(what_is_not_a_tag_list_is_refused) {
  using namespace std::string_view_literals;
  BOOST_TEST(shown("") == "item 1 of the tag list is empty");
  BOOST_TEST(shown(" \r\n ") == "item 1 of the tag list is empty");
  BOOST_TEST(shown(";") == "item 1 of the tag list is empty");
  BOOST_TEST(shown("v=1;;") == "item 2 of the tag list is empty");
  BOOST_TEST(shown("v=1; ;a=x") == "item 2 of the tag list is empty");
  BOOST_TEST(shown("v=1; nonsense") == "item 2 of the tag list has no \"=\"");
  for (const std::string_view name : {"", "1a", "_a", "a-b", "a b", "\xc3\xa4", "a."}) {
    BOOST_TEST(shown(std::string(name) + "=x") == "item 1 of the tag list has a bad tag name");
  }
  BOOST_TEST(shown("v=1; a=x; v=1") == "the tag \"v\" stands twice");
  for (const std::string_view octets :
       {"v=\0"sv, "v=a\x01"sv, "v=\x7f"sv, "v=a\rb"sv, "v=a\nb"sv, "v=a\r\nb"sv, "v=a\n b"sv,
        "v=a\r"sv, "v=a\r\n\r\n"sv, "v=a\v"sv}) {
    BOOST_TEST(shown(octets) ==
               "a control octet or a line end that does not fold is in the tag list");
  }
}

BOOST_AUTO_TEST_CASE(there_is_an_end_to_the_number_of_tags) {
  std::string text;
  for (std::size_t i = 0; i < limits::tags; ++i) {
    text += "t" + std::to_string(i) + "=;";
  }
  BOOST_TEST(tag_list::parse(text).value().tags().size() == limits::tags);
  BOOST_TEST(shown(text + "x=1") == "more than 100 tags");
  std::string many;
  while (many.size() < limits::header) {
    many += "u" + std::to_string(many.size()) + "=;";
  }
  BOOST_TEST(shown(many) == "more than 100 tags");
}

BOOST_AUTO_TEST_SUITE_END()
