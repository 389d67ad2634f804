// The rows of decide that do not look at signatures, and their order.
#include "deciding.hpp"
#include <sealonce/limits.hpp>

namespace {

using namespace sealonce;
using namespace std::string_literals;
using config::relay_mode;
using policy::action;
using test::situation;
namespace reason = policy::reason;

const std::string from = "From: Alice <alice@example.com>\r\n";
const std::string a996(996, 'a');

struct row {
  const char* what;
  std::string header;
  action expected;
  std::string_view reason;
};

const row rows[] = {
    {"nothing odd", from, action::sign, reason::keys_signed},
    {"behind an mbox line", "From alice Mon\r\n" + from, action::sign, reason::keys_signed},
    {"eight bits", from + "Subject: \xc3\xbc\r\n", action::sign, reason::keys_signed},
    {"NUL", from + "X: \0\r\n"s, action::pass_unsigned, reason::nul},
    {"malformed line", from + "hello\r\n", action::pass_unsigned, reason::malformed_header},
    {"signed line over 998", from + "Subject: " + a996 + "\r\n", action::pass_unsigned,
     reason::long_header_line},
    {"folded signed line over 998", from + "Subject: x\r\n " + a996 + "aa\r\n y\r\n",
     action::pass_unsigned, reason::long_header_line},
    {"long signed field in short lines", from + "Subject: x\r\n " + a996 + "\r\n " + a996 + "\r\n",
     action::sign, reason::keys_signed},
    {"unsigned line over 998", from + "X-Report: " + a996 + "\r\n", action::sign,
     reason::keys_signed},
    {"NUL before malformed", from + "hello\0\r\n"s, action::pass_unsigned, reason::nul},
    {"malformed before long", from + "hello\r\nSubject: " + a996 + "\r\n", action::pass_unsigned,
     reason::malformed_header},
};

BOOST_AUTO_TEST_SUITE(decide_test)

BOOST_AUTO_TEST_CASE(every_row) {
  for (const auto& r : rows) {
    BOOST_TEST_CONTEXT(r.what) {
      situation s;
      s.header = r.header + "\r\n";
      const auto d = s.decide("");
      BOOST_TEST(d.made.what == r.expected);
      BOOST_TEST(d.made.reason == r.reason);
      BOOST_TEST(d.made.detail.empty() == (r.expected == action::sign));
      BOOST_TEST(d.signers == (r.expected == action::sign ? "RE" : ""));
    }
  }
}

BOOST_AUTO_TEST_CASE(only_two_modes_sign) {
  for (const auto mode : {relay_mode::sign, relay_mode::both}) {
    situation s;
    s.mode = mode;
    BOOST_TEST(policy::signs(mode));
    BOOST_TEST(s.decide("").made.what == action::sign);
  }
  for (const auto mode : {relay_mode::pass, relay_mode::verify}) {
    situation s;
    s.mode = mode;
    s.header = "\0"s + from;
    s.longest_line = 5000;
    s.trouble = true;
    const auto d = s.decide("R! Rf R+ R+ F");
    BOOST_TEST(!policy::signs(mode));
    BOOST_TEST(d.made.what == action::pass_unsigned);
    BOOST_TEST(d.made.reason == reason::mode);
    BOOST_TEST(d.left == "R! Rf R+ R+ F");
  }
}

BOOST_AUTO_TEST_CASE(who_may_not_be_signed_for_is_left_as_it_is) {
  situation s;
  s.keys = "";
  s.settings.once.foreign = config::foreign_signature::remove;
  s.settings.once.max_signatures = 1;
  for (const char* header : {"", "hello\r\n"}) {
    s.header = header + from;
    s.longest_line = 5000;
    const auto d = s.decide("R! Rf R+ R+ F");
    BOOST_TEST(d.made.what == action::pass_unsigned);
    BOOST_TEST(d.made.reason == reason::no_domain);
    BOOST_TEST(d.made.detail == "no key");
    BOOST_TEST(d.left == "R! Rf R+ R+ F");
  }
}

BOOST_AUTO_TEST_CASE(a_header_over_its_limit_cannot_be_judged) {
  situation s;
  s.header = from + "X:" + std::string(limits::header, 'x') + "\r\n";
  const auto d = s.decide("R! R+ R+");
  BOOST_TEST(d.made.what == action::pass_unsigned);
  BOOST_TEST(d.made.reason == reason::header_limit);
  BOOST_TEST(d.left == "R! R+ R+");
}

BOOST_AUTO_TEST_CASE(long_lines_as_configured) {
  struct {
    config::long_lines setting;
    action expected;
  } const settings[] = {{config::long_lines::unsigned_, action::pass_unsigned},
                        {config::long_lines::refuse, action::refuse},
                        {config::long_lines::sign, action::sign}};
  for (const auto& [setting, expected] : settings) {
    situation s;
    s.settings.message.lines = setting;
    const bool sign = expected == action::sign;
    s.longest_line = 999;
    auto d = s.decide("");
    BOOST_TEST(d.made.what == expected);
    BOOST_TEST(d.made.reason == (sign ? reason::keys_signed : reason::long_lines));
    s.header = from + "Subject: " + a996 + "\r\n";
    BOOST_TEST(s.decide("").made.reason == (sign ? reason::keys_signed : reason::long_lines));
    s.longest_line = 998;
    d = s.decide("");
    BOOST_TEST(d.made.what == expected);
    BOOST_TEST(d.made.reason == (sign ? reason::keys_signed : reason::long_header_line));
    // What needs no new signature is not held up by what one would suffer from.
    s.longest_line = 5000;
    BOOST_TEST(s.decide("R+ E+").made.what == action::already_signed);
    BOOST_TEST(s.decide("R+ E!").made.what == (sign ? action::replace
                                               : expected == action::refuse
                                                   ? action::refuse
                                                   : action::already_signed));
    // What is not ours to sign is not ours to refuse.
    s.keys = "";
    BOOST_TEST(s.decide("").made.what == action::pass_unsigned);
  }
}

BOOST_AUTO_TEST_CASE(unusable_keys_defer) {
  for (const char* keys : {"", "R", "RE"}) {
    situation s;
    s.keys = keys;
    s.trouble = true;
    for (const char* signatures : {"", "R+ E+", "R! F"}) {
      const auto d = s.decide(signatures);
      BOOST_TEST(d.made.what == action::defer);
      BOOST_TEST(d.made.reason == reason::key_unusable);
      BOOST_TEST(d.made.detail == "no such file");
      BOOST_TEST(d.left == signatures);
    }
    // What would not be signed anyway is never deferred.
    s.longest_line = 5000;
    BOOST_TEST(s.decide("").made.what == action::pass_unsigned);
    BOOST_TEST(s.decide("").made.reason == reason::long_lines);
  }
}

BOOST_AUTO_TEST_CASE(unusable_keys_with_on_error_unsigned) {
  situation s;
  s.trouble = true;
  s.settings.signing.on_error = config::error_action::unsigned_;
  s.keys = "";
  auto d = s.decide("R!");
  BOOST_TEST(d.made.what == action::pass_unsigned);
  BOOST_TEST(d.made.reason == reason::key_unusable);
  BOOST_TEST(d.left == "R!");
  s.keys = "R";
  d = s.decide("");
  BOOST_TEST(d.made.what == action::sign);
  BOOST_TEST(d.made.reason == reason::keys_signed);
  BOOST_TEST(d.made.detail == "no such file");
  BOOST_TEST(d.left == "R+");
  d = s.decide("R+");
  BOOST_TEST(d.made.what == action::already_signed);
  BOOST_TEST(d.made.detail == "no such file");
}

BOOST_AUTO_TEST_CASE(blanks_before_a_colon_break_simple_only) {
  situation s;
  s.header = "To: x@y\r\nFrom : alice@example.com\r\n";
  BOOST_TEST(s.decide("").made.what == action::sign);
  s.settings.signing.canonical.header = dkim::canonicalization::simple;
  BOOST_TEST(s.decide("").made.reason == reason::blank_before_colon);
  s.header = from + "X-Other : y\r\n";
  BOOST_TEST(s.decide("").made.what == action::sign);
  s.header = from;
  BOOST_TEST(s.decide("").made.what == action::sign);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
