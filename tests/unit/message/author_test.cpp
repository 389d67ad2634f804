// What find_author makes of From fields: the table is the specification.
#include "scanned.hpp"
#include <sealonce/limits.hpp>
#include <sealonce/message/author.hpp>

#include <boost/test/unit_test.hpp>

#include <string>

namespace sealonce::message {

std::ostream& boost_test_print_type(std::ostream& out, author_status s) {
  const char* names[] = {"found",       "no_from",   "several_from",   "several_mailboxes",
                         "empty_group", "malformed", "domain_literal", "disputed"};
  return out << names[static_cast<int>(s)];
}

} // namespace sealonce::message

namespace {

using namespace sealonce;
using sealonce::test::random_numbers;
using namespace std::string_literals;
using message::author_status;

struct example {
  std::string value;
  std::string local;
  std::string domain;
};

const example understood[] = {
    // plain forms
    {"alice@example.com", "alice", "example.com"},
    {" alice@example.com\r\n", "alice", "example.com"},
    {"<alice@example.com>", "alice", "example.com"},
    {"Alice <alice@example.com>", "alice", "example.com"},
    {"Alice<alice@example.com>", "alice", "example.com"},
    {"Alice Example <alice@example.com>\r\n", "alice", "example.com"},
    {"\tAlice\t<alice@example.com>\t\r\n", "alice", "example.com"},
    {"ALICE@EXAMPLE.COM", "ALICE", "example.com"},
    {"a.b.c+tag@mail.example.com", "a.b.c+tag", "mail.example.com"},
    {"!#$%&'*+-/=?^_`{|}~@example.com", "!#$%&'*+-/=?^_`{|}~", "example.com"},
    {"root@localhost", "root", "localhost"},
    {"a@1.2.3.4", "a", "1.2.3.4"},
    {"a@xn--mnchen-3ya.example", "a", "xn--mnchen-3ya.example"},
    {"a@XN--Mnchen-3ya.example", "a", "xn--mnchen-3ya.example"},
    // display names
    {"John Q. Public <john@example.com>", "john", "example.com"},
    {"J.R. <john@example.com>", "john", "example.com"},
    {"\"Example, Alice\" <alice@example.com>", "alice", "example.com"},
    {"\"Alice\" Example <alice@example.com>", "alice", "example.com"},
    {"\"Alice\"\"Example\"<alice@example.com>", "alice", "example.com"},
    {"\"\" <alice@example.com>", "alice", "example.com"},
    {"\"eve@evil.example\" <alice@example.com>", "alice", "example.com"},
    {"\"<eve@evil.example>\" <alice@example.com>", "alice", "example.com"},
    {"\"a \\\"b\\\" c\" <alice@example.com>", "alice", "example.com"},
    {"\"a\\\\\" <alice@example.com>", "alice", "example.com"},
    {"\"(no comment\" <alice@example.com>", "alice", "example.com"},
    {"\"; : , <\" <alice@example.com>", "alice", "example.com"},
    {"=?UTF-8?Q?J=C3=BCrgen?= <j@example.com>", "j", "example.com"},
    {"=?UTF-8?B?SsO8cmdlbg==?=\r\n =?UTF-8?Q?_M?= <j@example.com>", "j", "example.com"},
    {"=?UTF-8?Q?eve=40evil.example?= <j@example.com>", "j", "example.com"},
    {"\"=?UTF-8?Q?J=C3=BCrgen?=\" <j@example.com>", "j", "example.com"},
    {"J\xc3\xbcrgen <j@example.com>", "j", "example.com"},
    {"\"J\xc3\xbcrgen, M\" <j@example.com>", "j", "example.com"},
    {"J\xfcrgen <j@example.com>", "j", "example.com"},
    {"alice@example.com <alice@example.com>", "alice", "example.com"},
    {"alice@EXAMPLE.com <alice@example.com>", "alice", "example.com"},
    // comments, RFC 5322 §3.2.2
    {"alice@example.com (Alice)", "alice", "example.com"},
    {"Alice <alice@example.com> (comment)", "alice", "example.com"},
    {"(comment) alice@example.com", "alice", "example.com"},
    {"(a)Alice(b)<(c)alice(d)@(e)example(f).(g)com(h)>(i)", "alice", "example.com"},
    {"(a (b (c) d) e) alice@example.com", "alice", "example.com"},
    {"(a \\) b \\( c) alice@example.com", "alice", "example.com"},
    {"(eve@evil.example) alice@example.com", "alice", "example.com"},
    {"(\") alice@example.com", "alice", "example.com"},
    {"() alice@example.com", "alice", "example.com"},
    {"(\xc3\xbc) alice@example.com", "alice", "example.com"},
    // folds and obsolete white space, §4.4
    {"Alice\r\n <alice@example.com>\r\n", "alice", "example.com"},
    {"\r\n alice@example.com\r\n", "alice", "example.com"},
    {"\"Alice\r\n Example\" <alice@example.com>", "alice", "example.com"},
    {"(a\r\n b) alice@example.com", "alice", "example.com"},
    {"alice @ example . com", "alice", "example.com"},
    {"< alice@example.com >", "alice", "example.com"},
    {"a . b @\r\n example.com", "a.b", "example.com"},
    {"<alice@example.com\r\n >", "alice", "example.com"},
    // quoted local parts
    {"\"alice\"@example.com", "alice", "example.com"},
    {"\"alice example\"@example.com", "alice example", "example.com"},
    {"<\"a@b\"@example.com>", "a@b", "example.com"},
    {"Alice <\"al\\\"ice\"@example.com>", "al\"ice", "example.com"},
    {"\"a\".b.\"c d\"@example.com", "a.b.c d", "example.com"},
    {"\"a(b\"@example.com", "a(b", "example.com"},
    {"<\"\"@example.com>", "", "example.com"},
    // lists and groups with one mailbox
    {",alice@example.com", "alice", "example.com"},
    {"alice@example.com, ,", "alice", "example.com"},
    {"Group: alice@example.com;", "alice", "example.com"},
    {"\"My Group\": Alice <alice@example.com>,;", "alice", "example.com"},
    {"Empty:;, alice@example.com", "alice", "example.com"},
    {"alice@example.com, Empty: (nobody) ;", "alice", "example.com"},
    // internationalized addresses, RFC 6532, RFC 5890
    {"a@m\xc3\xbcnchen.example", "a", "xn--mnchen-3ya.example"},
    {"a@M\xc3\x9cNCHEN.example", "a", "xn--mnchen-3ya.example"},
    {"a@mu\xcc\x88nchen.example", "a", "xn--mnchen-3ya.example"},
    {"\xc3\xbc@m\xc3\xbcnchen.example", "\xc3\xbc", "xn--mnchen-3ya.example"},
    {"a@fa\xc3\x9f.example", "a", "xn--fa-hia.example"},
    {"a@\xe4\xbe\x8b\xe3\x80\x82\xe4\xbe\x8b", "a", "xn--fsq.xn--fsq"},
    // a dot at the end of the domain
    {"alice@example.com.", "alice", "example.com"},
    {"Alice <alice@example.com.>", "alice", "example.com"},
};

struct refusal {
  std::string value;
  author_status status;
  std::string why; ///< a part of it
};

const std::string not_closed = "not closed";
const auto malformed = author_status::malformed;

const refusal refused[] = {
    {"", malformed, "empty"},
    {"\r\n", malformed, "empty"},
    {" , ,", malformed, "empty"},
    {"(only a comment)", malformed, "empty"},
    {"undisclosed-senders:;", author_status::empty_group, "group"},
    {"A:;, B: ,;", author_status::empty_group, "group"},
    {"a@example.com, b@example.com", author_status::several_mailboxes, "several"},
    {"a@example.com, b@evil.example", author_status::several_mailboxes, "several"},
    {"A <a@example.com>, a@example.com", author_status::several_mailboxes, "several"},
    {"G: a@example.com, b@example.com;", author_status::several_mailboxes, "several"},
    {"G: a@example.com;, b@example.com", author_status::several_mailboxes, "several"},
    {"a@[192.0.2.1]", author_status::domain_literal, "literal"},
    {"Alice <a@[IPv6:2001:db8::1]>", author_status::domain_literal, "literal"},
    // words without an address
    {"root", malformed, "without an address"},
    {"Alice", malformed, "without an address"},
    {"<alice>", malformed, "no domain"},
    {"Alice Example alice@example.com", malformed, "local part"},
    {"\"Alice\" alice@example.com", malformed, "local part"},
    {"Example, Alice <alice@example.com>", malformed, "without an address"},
    {"<>", malformed, "no domain"},
    {"Alice <>", malformed, "no domain"},
    // two addresses in one place
    {"eve@evil.example <alice@example.com>", malformed, "two different"},
    {"alice@evil.example <alice@example.com>", malformed, "two different"},
    {"ALICE@example.com <alice@example.com>", malformed, "two different"},
    {"Alice <a@example.com> <e@evil.example>", malformed, "without a comma"},
    {"Alice <a@example.com> Example", malformed, "without a comma"},
    {"a@example.com b@example.com", malformed, "without a comma"},
    {"a@example.com \"b\"", malformed, "without a comma"},
    {"a@b@example.com", malformed, "without a comma"},
    {"<a@b@example.com>", malformed, not_closed},
    {"<alice@example.com", malformed, not_closed},
    {"alice@example.com>", malformed, "without a comma"},
    {"<<alice@example.com>>", malformed, "no domain"},
    {"Alice <Alice <alice@example.com>>", malformed, "no domain"},
    // routes
    {"<@relay.example:alice@example.com>", malformed, "route"},
    {"Alice <@a,@b:alice@example.com>", malformed, "route"},
    {"<,alice@example.com>", malformed, "route"},
    // parts that are not well formed
    {"@example.com", malformed, "no local part"},
    {"<@example.com>", malformed, "route"},
    {"alice@", malformed, "no domain"},
    {"alice@.", malformed, "no domain"},
    {"alice@.example.com", malformed, "no domain"},
    {"alice@example..com", malformed, "without a comma"},
    {"alice@example.com..", malformed, "without a comma"},
    {".alice@example.com", malformed, "local part"},
    {"alice.@example.com", malformed, "local part"},
    {"al..ice@example.com", malformed, "local part"},
    {".Alice <alice@example.com>", malformed, "begins with a dot"},
    {"alice@\"example.com\"", malformed, "no domain"},
    {"alice@exa mple.com", malformed, "without a comma"},
    {"alice@exa_mple.com", malformed, "no domain name"},
    {"alice@-example.com", malformed, "no domain name"},
    {"alice@example-.com", malformed, "no domain name"},
    {"alice@exa$mple.com", malformed, "no domain name"},
    {"alice@" + std::string(64, 'a') + ".com", malformed, "no domain name"},
    {"a@\xff.example", malformed, "no domain name"},
    {"a@\xe2\x80\x8b.example", malformed, "no domain name"},
    {"a@evil\xef\xbc\xa0.example", malformed, "no domain name"},
    {"a@evil\xef\xbc\x8f.example", malformed, "no domain name"},
    // quotes, brackets and comments that do not end
    {"\"Alice <alice@example.com>", malformed, not_closed},
    {"\"Alice\\\" <alice@example.com>", malformed, not_closed},
    {"(Alice alice@example.com", malformed, not_closed},
    {"((a) alice@example.com", malformed, not_closed},
    {"(a\\", malformed, "quoted pair"},
    {"\"a\\", malformed, "quoted pair"},
    {"a) alice@example.com", malformed, "stands where none may"},
    {"a@[192.0.2.1", malformed, not_closed},
    {"al\\ice@example.com", malformed, "stands where none may"},
    {"[a]@example.com", malformed, "without an address"},
    // groups
    {":a@example.com;", malformed, "group"},
    {"G: a@example.com", malformed, "group is not closed"},
    {"G: H: a@example.com;;", malformed, "group"},
    {"a@example.com;", malformed, "without a comma"},
    {";", malformed, "without an address"},
    {"G:; a@example.com", malformed, "without a comma"},
    // control characters, line ends that are none
    {"alice\x01@example.com", malformed, "control"},
    {"\"a\x7f\" <alice@example.com>", malformed, "control"},
    {"(\x1b$B) alice@example.com", malformed, "control"},
    {"alice@example.com\0"s, malformed, "control"},
    {"\"\0\" <alice@example.com>"s, malformed, "control"},
    {"alice\r@example.com", malformed, "control"},
    {"alice@example.com\r\nX: y\r\n", malformed, "control"},
    {"\"a\\\r\n b\" <alice@example.com>", malformed, "control"},
    // readers differ: mimetic takes the second "<" of this local part for the beginning
    {"<\"a<b\"@example.com>", author_status::disputed, "different addresses"},
};

BOOST_AUTO_TEST_SUITE(author_test)

BOOST_AUTO_TEST_CASE(addresses_that_are_clear) {
  for (const auto& e : understood) {
    BOOST_TEST_CONTEXT(e.value) {
      const auto a = message::parse_author(e.value);
      BOOST_TEST(a.status == author_status::found);
      BOOST_TEST(a.local_part == e.local);
      BOOST_TEST(a.domain == e.domain);
      BOOST_TEST(a.why == "");
    }
  }
}

BOOST_AUTO_TEST_CASE(addresses_that_are_not) {
  for (const auto& r : refused) {
    BOOST_TEST_CONTEXT(r.value) {
      const auto a = message::parse_author(r.value);
      BOOST_TEST(a.status == r.status);
      BOOST_TEST(a.domain == "");
      BOOST_TEST(a.local_part == "");
      BOOST_TEST((a.why.find(r.why) != std::string::npos), a.why);
    }
  }
}

BOOST_AUTO_TEST_CASE(lengths_at_their_limits) {
  const std::string label(63, 'a');
  const auto longest = label + "." + label + "." + label + "." + std::string(61, 'b');
  BOOST_TEST(message::parse_author("x@" + longest).domain == longest);
  BOOST_TEST(message::parse_author("x@" + longest + "b").status == malformed);
  const std::string address = "alice@example.com";
  const std::string blanks(limits::from_value - address.size(), ' ');
  BOOST_TEST(message::parse_author(blanks + address).status == author_status::found);
  BOOST_TEST(message::parse_author(blanks + " " + address).status == malformed);
  const std::string deep(limits::from_value / 2 - 10, '(');
  const std::string shut(limits::from_value / 2 - 10, ')');
  BOOST_TEST(message::parse_author(deep + shut + address).status == author_status::found);
}

message::author author_of(const std::string& header_text) {
  test::scanned s;
  test::feed_pieces(s, header_text + "\r\n", 1000);
  return message::find_author(test::finish(s).scanner.head());
}

BOOST_AUTO_TEST_CASE(the_from_field_of_a_header) {
  BOOST_TEST(author_of("To: a@b\r\nfrom : Alice\r\n <alice@example.com>\r\n").domain ==
             "example.com");
  BOOST_TEST(author_of("To: a@b\r\nX-From: c@d\r\n").status == author_status::no_from);
  BOOST_TEST(author_of("").status == author_status::no_from);
  BOOST_TEST(author_of("From: a@b\r\nFROM: a@b\r\n").status == author_status::several_from);
  BOOST_TEST(author_of("From:\r\n").status == malformed);
  BOOST_TEST(author_of("From: a@b\r\nResent-From: c@d\r\n").domain == "b");
}

// Random texts of what matters to the lexer: no crash, and a domain where and only where one was
// found.
BOOST_AUTO_TEST_CASE(random_texts) {
  random_numbers random(42);
  const std::string words[] = {"a",        "@", "b.c", "<",    ">",  "\"",    "\\",    "(",
                               ")",        ",", ";",   ":",    " ",  "\r\n ", "[",     "]",
                               "\xc3\xbc", ".", "\0"s, "\xff", "=?", "d.e",   "a@b.c", "<a@b.c>"};
  std::size_t found = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string value;
    for (auto n = random(14); n > 0; --n) {
      value += random(20) == 0 ? std::string(1, static_cast<char>(random(256)))
                               : words[random(std::size(words))];
    }
    const auto a = message::parse_author(value);
    BOOST_TEST(a.domain.empty() == (a.status != author_status::found));
    BOOST_TEST(a.why.empty() == (a.status == author_status::found));
    found += a.status == author_status::found;
  }
  BOOST_TEST(found > 50u);
}

// mimetic must not dispute what is well formed: any display name in quotes is clear.
BOOST_AUTO_TEST_CASE(quoted_display_names_are_not_disputed) {
  random_numbers random(99);
  for (int i = 0; i < 5000; ++i) {
    std::string name = random(4) == 0 ? "Alice \"" : "\"";
    for (auto n = random(12); n > 0; --n) {
      const char c =
          random(3) == 0 ? "\\\"<>@,;:()[]"[random(12)] : static_cast<char>(' ' + random(95));
      name += c == '"' || c == '\\' || random(9) == 0 ? std::string("\\") + c : std::string(1, c);
    }
    const auto a = message::parse_author(name + "\" <alice.b@example.com>");
    BOOST_TEST(a.status == author_status::found, name << ": " << a.why);
    BOOST_TEST(a.local_part == "alice.b");
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
