#include <sealonce/smtp/command.hpp>
#include <sealonce/smtp/text.hpp>

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

using namespace sealonce;
using namespace std::string_view_literals;
using smtp::verb;

namespace {

smtp::extensions offer(unsigned set) {
  smtp::extensions e;
  e.set = set;
  return e;
}

constexpr unsigned all = smtp::eight_bit_mime | smtp::smtp_utf8 | smtp::dsn | smtp::message_size |
                         smtp::require_tls | smtp::pipelining | smtp::deliver_by |
                         smtp::future_release | smtp::mt_priority | smtp::rrvs | smtp::tracking |
                         smtp::no_soliciting;

/// The beginning of the refusal, or of path and parameters as they go on.
std::string outcome(const smtp::envelope_parse& parsed) {
  BOOST_TEST(parsed.command.has_value() == (parsed.refusal.code() == 0));
  if (!parsed.command)
    return parsed.refusal.wire().substr(0, "555 5.5.4"sv.size());
  return parsed.command->path + parsed.command->parameters;
}

} // namespace

BOOST_AUTO_TEST_SUITE(command)

BOOST_AUTO_TEST_CASE(verbs_and_arguments) {
  struct {
    std::string_view line;
    verb what;
    std::string_view argument;
  } const cases[] = {
      {"EHLO a.b", verb::ehlo, "a.b"},
      {"ehlo a.b", verb::ehlo, "a.b"},
      {"HeLo a.b", verb::helo, "a.b"},
      {"MAIL FROM:<a@b>", verb::mail, "FROM:<a@b>"},
      {"RCPT   TO:<a@b>  X=1  ", verb::rcpt, "TO:<a@b>  X=1"},
      {"DATA", verb::data, ""},
      {"DATA ", verb::data, ""},
      {" RSET", verb::rset, ""},
      {"NOOP x y", verb::noop, "x y"},
      {"VRFY x", verb::vrfy, "x"},
      {"HELP", verb::help, ""},
      {"QUIT", verb::quit, ""},
      {"XFORWARD NAME=x", verb::xforward, "NAME=x"},
      {"EXPN x", verb::expn, "x"},
      {"STARTTLS", verb::starttls, ""},
      {"BDAT 5 LAST", verb::bdat, "5 LAST"},
      {"GET / HTTP/1.1", verb::http, "/ HTTP/1.1"},
      {"POST / HTTP/1.1", verb::http, "/ HTTP/1.1"},
      {"", verb::unknown, ""},
      {"   ", verb::unknown, ""},
      {"DATAX", verb::unknown, ""},
      {"DAT", verb::unknown, ""},
      {"DATA\t", verb::unknown, ""},
      {"MA\xc4\xb0L x", verb::unknown, "x"},
      {"MAIL\0 x"sv, verb::unknown, "x"},
  };
  for (const auto& c : cases) {
    const auto got = smtp::parse_command(c.line);
    BOOST_TEST((got.what == c.what), "verb of " << c.line);
    BOOST_TEST(got.argument == c.argument);
  }
}

BOOST_AUTO_TEST_CASE(paths_go_through_exactly_as_they_are) {
  for (const auto path : {"<>"sv,
                          "<a@b>"sv,
                          "<a@[192.0.2.1]>"sv,
                          "<a@[IPv6:2001:db8::1]>"sv,
                          "<@x,@y:a@b>"sv,
                          "<\"a b\"@c>"sv,
                          "<\"a>b\"@c>"sv,
                          "<\"a<b\"@c>"sv,
                          "<\"a\\\"> b\"@c>"sv,
                          "<\"\\\\\"@c>"sv,
                          "<\"\"@c>"sv,
                          "<a\"b c\"d@e>"sv,
                          "<A.B+c=d/e@F.Example>"sv,
                          "<postmaster>"sv,
                          "<Postmaster>"sv,
                          "<a..b@c>"sv,
                          "<.a@b>"sv,
                          "<a@b@c>"sv,
                          "<a@>"sv,
                          "<@b>"sv,
                          "<a!b%c@d>"sv,
                          "<(x)a@b>"sv,
                          "<a,b@c>"sv,
                          "<a\\@b>"sv}) {
    BOOST_TEST(outcome(smtp::parse_mail("FROM:" + std::string(path), offer(0))) == path);
    BOOST_TEST(outcome(smtp::parse_mail("from: " + std::string(path) + "  ", offer(0))) == path);
    BOOST_TEST(outcome(smtp::parse_rcpt("TO:" + std::string(path), offer(0), false)) ==
               (path == "<>" ? "501 5.1.3" : path));
  }
}

BOOST_AUTO_TEST_CASE(paths_that_could_become_something_else_are_refused) {
  for (const auto path : {""sv,          " "sv,          "a@b"sv,          "<a@b"sv,
                          "a@b>"sv,      "<a b@c>"sv,    "<a@b>x"sv,       "<a@b><c@d>"sv,
                          "<<a@b>>"sv,   "<a<b@c>"sv,    "<\"a@b>"sv,      "<\"a\\\"@b>"sv,
                          "<\"a\\"sv,    "<a\tb@c>"sv,   "<\"a\tb\"@c>"sv, "<\"a\\\tb\"@c>"sv,
                          "<a\x7f@b>"sv, "<a@b>\tX=1"sv, "< a@b>"sv,       "<a@b >"sv,
                          "<a\\>b@c>"sv, "Name <a@b>"sv, "\"<a@b>\""sv}) {
    BOOST_TEST_CONTEXT("path " << path) {
      BOOST_TEST(outcome(smtp::parse_mail("FROM:" + std::string(path), offer(all))) == "501 5.1.7");
      BOOST_TEST(outcome(smtp::parse_rcpt("TO:" + std::string(path), offer(all), true)) ==
                 "501 5.1.3");
    }
  }
  for (const auto argument :
       {""sv, "FROM"sv, "FROM <a@b>"sv, "<a@b>"sv, "TO:<a@b>"sv, "FROM :<a@b>"sv})
    BOOST_TEST(outcome(smtp::parse_mail(argument, offer(all))) == "501 5.5.4");
  BOOST_TEST(outcome(smtp::parse_rcpt("FROM:<a@b>", offer(all), false)) == "501 5.5.4");
}

BOOST_AUTO_TEST_CASE(parameters_of_mail) {
  struct {
    std::string_view written;
    std::string_view outcome; ///< behind the path; or the refusal
    unsigned needs;
  } const cases[] = {
      {"", "", 0},
      {"BODY=8BITMIME", " BODY=8BITMIME", smtp::eight_bit_mime},
      {"body=7bit", " body=7bit", smtp::eight_bit_mime},
      {"BODY=BINARYMIME", "555 5.5.4", 0},
      {"BODY=9BIT", "501 5.5.4", 0},
      {"BODY", "501 5.5.4", 0},
      {"SMTPUTF8", " SMTPUTF8", smtp::smtp_utf8},
      {"SMTPUTF8=yes", "501 5.5.4", 0},
      {"RET=HDRS  ENVID=QQ+2B1", " RET=HDRS ENVID=QQ+2B1", smtp::dsn},
      {"ENVID=a=b", " ENVID=a=b", smtp::dsn},
      {"REQUIRETLS BODY=7BIT", " REQUIRETLS BODY=7BIT", smtp::require_tls | smtp::eight_bit_mime},
      {"SIZE=1 RET=FULL", " RET=FULL", smtp::dsn},
      {"BY=120;RT", " BY=120;RT", smtp::deliver_by},
      {"by=-30;N", " by=-30;N", smtp::deliver_by},
      {"MT-PRIORITY=-3", " MT-PRIORITY=-3", smtp::mt_priority},
      {"HOLDFOR=86400 BY=1;N", " HOLDFOR=86400 BY=1;N", smtp::future_release | smtp::deliver_by},
      {"HOLDUNTIL=2027-01-01T00:00:00Z", " HOLDUNTIL=2027-01-01T00:00:00Z", smtp::future_release},
      {"MTRK=c2VhbG9uY2U=:86400", " MTRK=c2VhbG9uY2U=:86400", smtp::tracking},
      {"SOLICIT=net.example:ADV", " SOLICIT=net.example:ADV", smtp::no_soliciting},
      {"BY", "501 5.5.4", 0},
      {"HOLDFOR", "501 5.5.4", 0},
      {"RRVS=2014-04-03T23:01:00Z", "555 5.5.4", 0},
      {"AUTH=<>", "555 5.5.4", 0},
      {"NOTIFY=NEVER", "555 5.5.4", 0},
      {"X-UNKNOWN", "555 5.5.4", 0},
      {"RET=", "501 5.5.4", 0},
      {"=x", "501 5.5.4", 0},
      {"-A=x", "501 5.5.4", 0},
      {"A_B=x", "501 5.5.4", 0},
      {"RET=FULL\tENVID=x", "501 5.5.4", 0},
      {"RET=a\x7f", "501 5.5.4", 0},
      {"ENVID=\xc3\xbc", "553 5.6.7", 0},
      {"ENVID=\xc3\xbc SMTPUTF8", " ENVID=\xc3\xbc SMTPUTF8", smtp::dsn | smtp::smtp_utf8},
  };
  for (const auto& c : cases) {
    BOOST_TEST_CONTEXT("parameters " << c.written) {
      const auto parsed = smtp::parse_mail("FROM:<a@b> " + std::string(c.written), offer(all));
      const auto got = outcome(parsed);
      BOOST_TEST(got == (parsed.command ? "<a@b>" + std::string(c.outcome) : c.outcome));
      if (parsed.command)
        BOOST_TEST(parsed.command->needs == c.needs);
    }
  }
}

BOOST_AUTO_TEST_CASE(parameters_of_extensions_that_are_not_offered) {
  struct {
    std::string_view written;
    unsigned extension;
  } const cases[] = {
      {"SIZE=1", smtp::message_size},
      {"BODY=8BITMIME", smtp::eight_bit_mime},
      {"SMTPUTF8", smtp::smtp_utf8},
      {"RET=FULL", smtp::dsn},
      {"ENVID=x", smtp::dsn},
      {"REQUIRETLS", smtp::require_tls},
      {"BY=1;R", smtp::deliver_by},
      {"HOLDFOR=1", smtp::future_release},
      {"MT-PRIORITY=1", smtp::mt_priority},
      {"MTRK=x", smtp::tracking},
      {"SOLICIT=x", smtp::no_soliciting},
  };
  for (const auto& c : cases) {
    const auto argument = "FROM:<a@b> " + std::string(c.written);
    BOOST_TEST(outcome(smtp::parse_mail(argument, offer(all & ~c.extension))) == "555 5.5.4");
    BOOST_TEST(smtp::parse_mail(argument, offer(c.extension)).command.has_value());
  }
  for (const auto written : {"NOTIFY=NEVER"sv, "ORCPT=rfc822;x@y"sv}) {
    const auto argument = "TO:<a@b> " + std::string(written);
    BOOST_TEST(outcome(smtp::parse_rcpt(argument, offer(all & ~smtp::dsn), false)) == "555 5.5.4");
    BOOST_TEST(outcome(smtp::parse_rcpt(argument, offer(smtp::dsn), false)) ==
               "<a@b> " + std::string(written));
  }
  BOOST_TEST(outcome(smtp::parse_rcpt("TO:<a@b> RRVS=x", offer(all & ~smtp::rrvs), false)) ==
             "555 5.5.4");
  BOOST_TEST(outcome(smtp::parse_rcpt("TO:<a@b> RRVS=x;C", offer(smtp::rrvs), false)) ==
             "<a@b> RRVS=x;C");
  const auto overlong = smtp::parse_mail("FROM:<> " + std::string(2000, 'X'), offer(all));
  BOOST_TEST(outcome(overlong) == "555 5.5.4");
  BOOST_TEST(overlong.refusal.wire().size() <= 512u); // RFC 5321 §4.5.3.1.5
  BOOST_TEST(outcome(smtp::parse_rcpt("TO:<a@b> SIZE=1", offer(all), false)) == "555 5.5.4");
}

BOOST_AUTO_TEST_CASE(sizes) {
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  struct {
    std::string_view written;
    std::optional<std::uint64_t> size; ///< none = refused
  } const cases[] = {
      {"SIZE=0", 0},
      {"SIZE=1048576", 1048576},
      {"size=00000000000000000001", 1},
      {"SIZE=18446744073709551615", most},
      {"SIZE=18446744073709551616", most},
      {"SIZE=99999999999999999999", most},
      {"SIZE=", {}},
      {"SIZE", {}},
      {"SIZE=-1", {}},
      {"SIZE=+1", {}},
      {"SIZE=1k", {}},
      {"SIZE=0x10", {}},
      {"SIZE=99999999999999999999x", {}},
  };
  for (const auto& c : cases) {
    BOOST_TEST_CONTEXT(c.written) {
      const auto parsed = smtp::parse_mail("FROM:<> " + std::string(c.written), offer(all));
      BOOST_TEST(outcome(parsed) == (c.size ? "<>" : "501 5.5.4"));
      BOOST_TEST((!parsed.command || parsed.command->size == c.size));
    }
  }
  BOOST_TEST(!smtp::parse_mail("FROM:<>", offer(all)).command->size.has_value());
}

BOOST_AUTO_TEST_CASE(well_formed_utf8) {
  for (const auto good :
       {""sv, "abc"sv, "\xc2\x80"sv, "\xdf\xbf"sv, "\xe0\xa0\x80"sv, "\xed\x9f\xbf"sv,
        "\xef\xbf\xbf"sv, "a\xf0\x90\x80\x80"sv, "\xf4\x8f\xbf\xbfz"sv})
    BOOST_TEST(smtp::is_utf8(good), good);
  for (const auto bad :
       {"\x80"sv, "\xbf"sv, "\xc0\xaf"sv, "\xc1\xbf"sv, "\xc3"sv, "\xc3x"sv, "\xe0\x9f\xbf"sv,
        "\xed\xa0\x80"sv, "\xe7\x94"sv, "\xf0\x8f\xbf\xbf"sv, "\xf4\x90\x80\x80"sv,
        "\xf8\x88\x80\x80\x80"sv, "\xff"sv, "\xf0\x90\x80"sv})
    BOOST_TEST(!smtp::is_utf8(bad), bad);
}

BOOST_AUTO_TEST_CASE(an_address_in_utf8_is_well_formed) {
  BOOST_TEST(smtp::parse_mail("FROM:<\xc3@b> SMTPUTF8", offer(all)).refusal.wire() ==
             "553 5.6.7 An address is not well-formed UTF-8\r\n");
}

BOOST_AUTO_TEST_CASE(octets_over_127_need_smtputf8) {
  const std::string path = "<\xc3\xbc@m\xc3\xbcnchen.example>";
  BOOST_TEST(outcome(smtp::parse_mail("FROM:" + path, offer(all))) == "553 5.6.7");
  const auto mail = smtp::parse_mail("FROM:" + path + " SMTPUTF8", offer(all));
  BOOST_TEST(outcome(mail) == path + " SMTPUTF8");
  BOOST_TEST(mail.command->utf8);
  BOOST_TEST(outcome(smtp::parse_mail("FROM:" + path + " SMTPUTF8", offer(0))) == "555 5.5.4");
  BOOST_TEST(outcome(smtp::parse_rcpt("TO:" + path, offer(all), false)) == "553 5.6.7");
  BOOST_TEST(outcome(smtp::parse_rcpt("TO:" + path, offer(all), true)) == path);
}

BOOST_AUTO_TEST_CASE(text_helpers) {
  BOOST_TEST(smtp::equal_no_case("aZ09-", "Az09-"));
  BOOST_TEST(!smtp::equal_no_case("a", "ab"));
  BOOST_TEST(!smtp::equal_no_case("@", "`")); // as far apart as a letter and its other case
  BOOST_TEST(!smtp::equal_no_case("\xe4", "\xc4"));
  std::string_view rest = "  a  bc ";
  BOOST_TEST(smtp::next_word(rest) == "a");
  BOOST_TEST(smtp::next_word(rest) == "bc");
  BOOST_TEST(smtp::next_word(rest) == "");
  BOOST_TEST(smtp::printable("a\r\nb\t\x7f\xc3~") == "a??b???~");
  BOOST_TEST(smtp::printable(std::string(1000, 'x')).size() == 400u);
}

BOOST_AUTO_TEST_SUITE_END()
