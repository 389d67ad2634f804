#include <sealonce/dkim/authentication_results.hpp>
#include <sealonce/limits.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace sealonce;
using dkim::authentication_results;
using dkim::method_result;
using dkim::verdict;
using dkim::verdict_result;

namespace {

verdict verdict_of(verdict_result result, std::string signature, std::string reason = {}) {
  verdict v;
  v.result = result;
  v.reason = std::move(reason);
  v.domain = "example.com";
  v.selector = "mail";
  v.algorithm = "rsa-sha256";
  v.signature = std::move(signature);
  return v;
}

std::string field_of(const std::vector<verdict>& verdicts) {
  return authentication_results("mx.example.org", dkim::method_results(verdicts));
}

std::string one(std::string comment, std::string reason, std::string property = "x") {
  const method_result r{
      "dkim", "fail", std::move(comment), std::move(reason), {{"header.d", std::move(property)}}};
  return authentication_results("a.example", {&r, 1});
}

/// What a reader of the field has: without the folds.
std::string unfolded(std::string field) {
  for (std::size_t at = field.find("\r\n "); at != field.npos; at = field.find("\r\n ", at)) {
    field.erase(at, 2);
  }
  return field;
}

/// The grammar as far as an attacker could bend it: strings and comments end where they should.
/// Gives the results at the top level, "dkim=fail,dkim=pass".
std::string results_in(std::string_view field) {
  std::string top;
  int depth = 0;
  bool string = false;
  for (std::size_t i = 0; i < field.size(); ++i) {
    const char c = field[i];
    if (c == '\\' && (string || depth > 0)) {
      ++i;
    } else if (c == '"' && depth == 0) {
      string = !string;
    } else if (!string && c == '(') {
      ++depth;
    } else if (!string && c == ')') {
      --depth;
      BOOST_TEST(depth >= 0);
    } else if (!string && depth == 0) {
      top += c;
    }
  }
  BOOST_TEST(!string);
  BOOST_TEST(depth == 0);
  return top;
}

} // namespace

BOOST_AUTO_TEST_SUITE(authentication_results_suite)

BOOST_AUTO_TEST_CASE(the_exact_field) {
  verdict good = verdict_of(verdict_result::pass, "dOc2Eq0aaaa");
  good.notes = {"2048-bit rsa key", "DNSSEC secure"};
  const verdict bad =
      verdict_of(verdict_result::fail, "ab/+cdefghi",
                 "the body hash does not match: the body was changed after signing");
  BOOST_TEST(field_of({good, bad}) ==
             "Authentication-Results: mx.example.org;\r\n"
             " dkim=pass (2048-bit rsa key; DNSSEC secure) header.d=example.com\r\n"
             " header.s=mail header.a=rsa-sha256 header.b=dOc2Eq0a;\r\n"
             " dkim=fail reason=\"the body hash does not match: the body was changed after\r\n"
             " signing\" header.d=example.com header.s=mail header.a=rsa-sha256\r\n"
             " header.b=\"ab/+cdef\"\r\n");
}

BOOST_AUTO_TEST_CASE(without_signatures) {
  BOOST_TEST(field_of({}) == "Authentication-Results: mx.example.org;\r\n"
                             " dkim=none (the message is not signed)\r\n");
  BOOST_TEST(authentication_results("mx.example.org", {}) ==
             "Authentication-Results: mx.example.org; none\r\n");
}

BOOST_AUTO_TEST_CASE(every_result_has_its_word) {
  const std::pair<verdict_result, const char*> words[] = {
      {verdict_result::pass, "pass"},           {verdict_result::fail, "fail"},
      {verdict_result::policy, "policy"},       {verdict_result::neutral, "neutral"},
      {verdict_result::temperror, "temperror"}, {verdict_result::permerror, "permerror"}};
  for (const auto& [result, word] : words) {
    BOOST_TEST(field_of({verdict_of(result, "x")}).find(std::string("\r\n dkim=") + word + " ") !=
               std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(what_is_unknown_is_left_out) {
  const verdict v;
  BOOST_TEST(field_of({v}) == "Authentication-Results: mx.example.org;\r\n dkim=neutral\r\n");
}

BOOST_AUTO_TEST_CASE(nothing_ends_what_it_stands_in) {
  using namespace std::string_literals;
  const std::string attacks[] = {"\"; dkim=pass header.d=bank.example",
                                 "\\\"; dkim=pass",
                                 "\\",
                                 "x\\",
                                 ")",
                                 "(",
                                 "((",
                                 "\\)",
                                 "a\r\nBcc: x",
                                 "a\r\n\r\nbody",
                                 "\0"s,
                                 "\x7f\x1b[2J",
                                 "\xff\xfe",
                                 "; dkim=pass",
                                 "  ",
                                 " a  b ",
                                 std::string(3000, '"'),
                                 std::string(3000, '('),
                                 std::string(3000, '\\')};
  for (const std::string& text : attacks) {
    const std::string field = one(text, text, text);
    BOOST_TEST(
        results_in(unfolded(field)).starts_with("Authentication-Results: a.example; dkim=fail "));
    BOOST_TEST(results_in(unfolded(field)).find("pass") == std::string::npos);
    BOOST_TEST(std::all_of(field.begin(), field.end(), [](char c) {
      return (c >= ' ' && c <= '~') || c == '\r' || c == '\n';
    }));
    for (std::size_t at = field.find("\r\n"); at + 2 < field.size();
         at = field.find("\r\n", at + 2)) {
      BOOST_TEST(field[at + 2] == ' ');
      BOOST_TEST(field[at + 3] != ' '); // no line of blanks alone
    }
  }
  BOOST_TEST(unfolded(one("a(b)\\c", "say \"x\\y\"", "a\"b")) ==
             "Authentication-Results: a.example; dkim=fail (a\\(b\\)\\\\c) "
             "reason=\"say \\\"x\\\\y\\\"\" header.d=\"a\\\"b\"\r\n");
}

BOOST_AUTO_TEST_CASE(lines_end_at_the_column) {
  for (std::size_t n = 1; n < 200; ++n) {
    std::string text;
    for (std::size_t i = 0; i < n; ++i) {
      text += std::string(1 + (i * n) % 11, 'w') + " ";
    }
    const std::string field = one(text, text, std::string(1 + n % 50, 'd'));
    for (std::size_t at = 0; at < field.size();) {
      const std::size_t end = field.find("\r\n", at);
      BOOST_TEST(end - at <= limits::fold_column);
      BOOST_TEST(end - at > 1);
      at = end + 2;
    }
  }
  const std::string word(200, 'x');
  BOOST_TEST(one("", "", word).find("\r\n header.d=" + word + "\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(prefixes_tell_signatures_apart) {
  const auto prefixes = [](const std::vector<std::string>& signatures) {
    std::vector<verdict> all;
    for (const std::string& s : signatures) {
      all.push_back(verdict_of(verdict_result::pass, s));
    }
    std::string out;
    for (const std::string& p : dkim::signature_prefixes(all)) {
      out += p + " ";
    }
    return out;
  };
  BOOST_TEST(prefixes({"abcdefghijkl"}) == "abcdefgh ");
  BOOST_TEST(prefixes({"abcdefghijkl", "xbcdefghijkl"}) == "abcdefgh xbcdefgh ");
  BOOST_TEST(prefixes({"abcdefghijkl", "1", "abcdefghijxl"}) == "abcdefghijk 1 abcdefghijx ");
  BOOST_TEST(prefixes({"abcdefghi1xx", "abcdefghij2x", "abcdefghij3x"}) ==
             "abcdefghi1 abcdefghij2 abcdefghij3 ");
  BOOST_TEST(prefixes({"same-same-same", "same-same-same"}) == "same-same-same same-same-same ");
  BOOST_TEST(prefixes({"", ""}) == "  ");
  BOOST_TEST(prefixes({}) == "");
}

BOOST_AUTO_TEST_SUITE_END()
