// Every row of decide, and the order of the rows.
#include <sealonce/limits.hpp>
#include <sealonce/message/scanner.hpp>
#include <sealonce/policy/decide.hpp>
#include <sealonce/policy/reason.hpp>

#include <boost/test/unit_test.hpp>

#include <string>

namespace sealonce::policy {

std::ostream& boost_test_print_type(std::ostream& out, action a) {
  const char* names[] = {"sign", "already_signed", "replace", "pass_unsigned", "refuse", "defer"};
  return out << names[static_cast<int>(a)];
}

} // namespace sealonce::policy

namespace {

using namespace sealonce;
using namespace std::string_literals;
using config::relay_mode;
using policy::action;
namespace reason = policy::reason;

struct no_body final : message::body_sink {
  void header_complete(const message::header&) override {}
  void body(std::span<const char>) override {}
};

config::domain_settings domain(const std::string& name, int keys, int unusable) {
  config::domain_settings d;
  d.name = name;
  for (int i = 0; i < keys; ++i) {
    d.keys.push_back({name, "s" + std::to_string(i), nullptr});
  }
  for (int i = 0; i < unusable; ++i) {
    d.unusable.push_back({"u" + std::to_string(i), "no such file", {}, {}});
  }
  return d;
}

config::settings test_settings() {
  config::settings s;
  for (const auto& d : {domain("example.com", 2, 0), domain("half.example", 1, 1),
                        domain("none.example", 0, 1), domain("empty.example", 0, 0)}) {
    s.domains.emplace(d.name, d);
  }
  return s;
}

policy::decision decide(const std::string& header, const config::settings& s,
                        std::uint64_t longest = 0, relay_mode mode = relay_mode::sign) {
  no_body sink;
  message::scanner scanner(sink);
  scanner.content(std::span(header), 0);
  scanner.finish();
  const auto author = message::find_author(scanner.head());
  return policy::decide({&scanner.head(), &author, longest}, mode, s);
}

const std::string from = "From: Alice <alice@example.com>\r\n";
const std::string a996(996, 'a');

struct row {
  const char* what;
  std::string header;
  action expected;
  std::string_view reason;
};

const row rows[] = {
    {"a domain of ours", from, action::sign, reason::keys_signed},
    {"behind an mbox line", "From alice Mon\r\n" + from, action::sign, reason::keys_signed},
    {"eight bits", from + "Subject: \xc3\xbc\r\n", action::sign, reason::keys_signed},
    {"U-label and case", "From: a@EXAMPLE.com\r\n", action::sign, reason::keys_signed},
    {"a subdomain", "From: a@mail.example.com\r\n", action::pass_unsigned, reason::no_domain},
    {"the parent", "From: a@com\r\n", action::pass_unsigned, reason::no_domain},
    {"foreign", "From: a@other.example\r\n", action::pass_unsigned, reason::no_domain},
    {"empty header", "", action::pass_unsigned, reason::no_from},
    {"no From", "To: a@example.com\r\n", action::pass_unsigned, reason::no_from},
    {"two From", from + from, action::pass_unsigned, reason::several_from},
    {"two authors", "From: a@example.com, b@example.com\r\n", action::pass_unsigned,
     reason::several_authors},
    {"empty group", "From: nobody:;\r\n", action::pass_unsigned, reason::empty_group},
    {"malformed From", "From: alice\r\n", action::pass_unsigned, reason::malformed_from},
    {"empty From", "From:\r\n", action::pass_unsigned, reason::malformed_from},
    {"domain literal", "From: a@[192.0.2.1]\r\n", action::pass_unsigned, reason::domain_literal},
    {"disputed From", "From: <\"a<b\"@example.com>\r\n", action::pass_unsigned,
     reason::disputed_from},
    {"NUL", from + "X: \0\r\n"s, action::pass_unsigned, reason::nul},
    {"malformed line", from + "hello\r\n", action::pass_unsigned, reason::malformed_header},
    {"no key", "From: a@empty.example\r\n", action::defer, reason::key_unusable},
    {"an unusable key", "From: a@none.example\r\n", action::defer, reason::key_unusable},
    {"one of two unusable", "From: a@half.example\r\n", action::defer, reason::key_unusable},
    {"signed line over 998", from + "Subject: " + a996 + "\r\n", action::pass_unsigned,
     reason::long_header_line},
    {"folded signed line over 998", from + "Subject: x\r\n " + a996 + "aa\r\n y\r\n",
     action::pass_unsigned, reason::long_header_line},
    {"long signed field in short lines", from + "Subject: x\r\n " + a996 + "\r\n " + a996 + "\r\n",
     action::sign, reason::keys_signed},
    {"unsigned line over 998", from + "X-Report: " + a996 + "\r\n", action::sign,
     reason::keys_signed},
    // the order of the rows
    {"NUL before all of the header", "\0\r\n"s + from, action::pass_unsigned, reason::nul},
    {"a malformed line before From", from + from + "hello\r\n", action::pass_unsigned,
     reason::malformed_header},
    {"foreign before long", "From: a@other.example\r\nSubject: " + a996 + "\r\n",
     action::pass_unsigned, reason::no_domain},
    {"long before the key", "From: a@none.example\r\nSubject: " + a996 + "\r\n",
     action::pass_unsigned, reason::long_header_line},
};

BOOST_AUTO_TEST_SUITE(decide_test)

BOOST_AUTO_TEST_CASE(every_row) {
  const auto s = test_settings();
  for (const auto& r : rows) {
    BOOST_TEST_CONTEXT(r.what) {
      const auto d = decide(r.header + "\r\n", s);
      BOOST_TEST(d.what == r.expected);
      BOOST_TEST(d.reason == r.reason);
      BOOST_TEST(d.detail.empty() == (r.expected == action::sign));
      BOOST_TEST(d.keys.size() == (r.expected == action::sign ? 2u : 0u));
    }
  }
}

BOOST_AUTO_TEST_CASE(only_two_modes_sign) {
  const auto s = test_settings();
  for (const auto mode : {relay_mode::sign, relay_mode::both}) {
    BOOST_TEST(decide(from, s, 0, mode).what == action::sign);
  }
  for (const auto mode : {relay_mode::pass, relay_mode::verify}) {
    const auto d = decide("\0"s + from, s, 5000, mode);
    BOOST_TEST(d.what == action::pass_unsigned);
    BOOST_TEST(d.reason == reason::mode);
  }
}

BOOST_AUTO_TEST_CASE(keys_of_the_domain_in_their_order) {
  const auto s = test_settings();
  const auto d = decide(from, s);
  BOOST_TEST_REQUIRE(d.keys.size() == 2u);
  BOOST_TEST(d.keys.data() == s.domains.at("example.com").keys.data());
}

BOOST_AUTO_TEST_CASE(long_lines_as_configured) {
  auto s = test_settings();
  const std::string long_field = from + "Subject: " + a996 + "\r\n";
  struct {
    config::long_lines setting;
    action expected;
  } const settings[] = {{config::long_lines::unsigned_, action::pass_unsigned},
                        {config::long_lines::refuse, action::refuse},
                        {config::long_lines::sign, action::sign}};
  for (const auto& [setting, expected] : settings) {
    s.message.lines = setting;
    const bool sign = expected == action::sign;
    const auto body = decide(from, s, 999);
    BOOST_TEST(body.what == expected);
    BOOST_TEST(body.reason == (sign ? reason::keys_signed : reason::long_lines));
    const auto head = decide(long_field, s);
    BOOST_TEST(head.what == expected);
    BOOST_TEST(head.reason == (sign ? reason::keys_signed : reason::long_header_line));
    BOOST_TEST(decide(long_field, s, 999).reason ==
               (sign ? reason::keys_signed : reason::long_lines));
    BOOST_TEST(decide(from, s, 998).what == action::sign);
    // What is not ours to sign is not ours to refuse.
    BOOST_TEST(decide("From: a@other.example\r\n", s, 999).what == action::pass_unsigned);
  }
}

BOOST_AUTO_TEST_CASE(unusable_keys_with_on_error_unsigned) {
  auto s = test_settings();
  s.signing.on_error = config::error_action::unsigned_;
  for (const std::string name : {"none.example", "empty.example"}) {
    const auto d = decide("From: a@" + name + "\r\n", s);
    BOOST_TEST(d.what == action::pass_unsigned);
    BOOST_TEST(d.reason == reason::key_unusable);
    BOOST_TEST((d.detail.find(name) != std::string::npos), d.detail);
  }
  const auto half = decide("From: a@half.example\r\n", s);
  BOOST_TEST(half.what == action::sign);
  BOOST_TEST(half.reason == reason::keys_signed);
  BOOST_TEST(half.keys.size() == 1u);
  BOOST_TEST((half.detail.find("half.example/u0") != std::string::npos), half.detail);
}

BOOST_AUTO_TEST_CASE(the_sentence_names_the_key_and_why) {
  const auto d = decide("From: a@half.example\r\n", test_settings());
  BOOST_TEST(d.detail == "key half.example/u0 cannot be used: no such file");
}

BOOST_AUTO_TEST_CASE(header_over_its_limit) {
  const auto d = decide(from + "X:" + std::string(limits::header, 'x') + "\r\n", test_settings());
  BOOST_TEST(d.what == action::pass_unsigned);
  BOOST_TEST(d.reason == reason::header_limit);
}

BOOST_AUTO_TEST_CASE(blanks_before_a_colon_break_simple_only) {
  auto s = test_settings();
  const std::string spaced = "From : alice@example.com\r\n";
  BOOST_TEST(decide("To: x@y\r\n" + spaced, s).what == action::sign);
  s.signing.canonical.header = dkim::canonicalization::simple;
  BOOST_TEST(decide("To: x@y\r\n" + spaced, s).reason == reason::blank_before_colon);
  BOOST_TEST(decide(from + "X-Other : y\r\n", s).what == action::sign);
  BOOST_TEST(decide(from, s).what == action::sign);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
