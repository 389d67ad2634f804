// Which keys sign: every rule of a configuration, and the order of the rules.

#include "table_files.hpp"
#include <sealonce/config/load.hpp>
#include <sealonce/message/scanner.hpp>
#include <sealonce/policy/key_selection.hpp>
#include <sealonce/policy/reason.hpp>

#include <optional>

using namespace sealonce;
namespace reason = policy::reason;

namespace {

struct no_body final : message::body_sink {
  void header_complete(const message::header&) override {}
  void body(std::span<const char>) override {}
};

struct heard final : policy::selection_trace {
  void looked_at(std::string sentence) override { text += sentence + "\n"; }
  std::string text;
};

/// A message and where it comes from.
struct mail {
  std::string header;
  std::vector<std::string> recipients;
  policy::message_origin origin;
};

class fixture : public test::table_directory {
public:
  fixture() {
    (void)write("k", crypto::private_key::generate(crypto::key_type::ed25519, 0).value()->to_pem());
    (void)write("KeyTable", "t t.example:tab:" + test::key_in_a_row() + "\n");
  }

  void configure(const std::string& text) {
    auto got = config::parse(text, path / "sealonce.toml");
    if (const auto* wrong = std::get_if<config::errors>(&got)) {
      BOOST_FAIL(wrong->lines.front());
    }
    settings = std::get<config::settings_ptr>(got);
  }
  void tables(const std::string& rows, const std::string& more = "") {
    configure("[signing]\nkey_table = \"file:KeyTable\"\nsigning_table = \"file:" +
              write("SigningTable", rows) + "\"\n" + more);
  }

  policy::selection select(const mail& m, std::string* told = nullptr) const {
    no_body sink;
    message::scanner scanner(sink);
    const std::string text = m.header + "\r\n";
    scanner.content(std::span(text), 0);
    scanner.finish();
    const auto author = message::find_author(scanner.head());
    policy::author_query q;
    q.author = &author;
    q.head = &scanner.head();
    q.recipients = m.recipients;
    q.origin = m.origin;
    q.relay = settings->relays.at(0).name;
    heard trace;
    auto out = policy::select_keys(q, *settings, &trace);
    const auto again = policy::select_keys(q, *settings);
    BOOST_TEST(test::described(out) == test::described(again));
    BOOST_TEST(out.reason == again.reason);
    BOOST_TEST(out.detail == again.detail);
    BOOST_TEST(out.reason.empty() == out.detail.empty());
    BOOST_TEST((!out.keys.empty() || !out.reason.empty()));
    if (told != nullptr) {
      *told = trace.text;
    }
    return out;
  }
  /// The keys, or "reason: sentence".
  std::string answer(const mail& m) const {
    const auto s = select(m);
    return s.keys.empty() && !s.key_trouble ? std::string(s.reason) + ": " + s.detail
                                            : test::described(s);
  }
  std::string answer(const std::string& from) const {
    return answer(mail{"From: " + from + "\r\n", {}, {}});
  }

  config::settings_ptr settings;
};

std::string domain(const std::string& name, const std::string& more = "",
                   const std::string& selector = "s") {
  return "[[domain]]\nname = \"" + name + "\"\n" + more + "[[domain.key]]\nselector = \"" +
         selector + "\"\nfile = \"k\"\n";
}

const std::string relay = "[[relay]]\nname = \"r\"\nlisten = \"127.0.0.1:1\"\n"
                          "next_hop = \"127.0.0.1:2\"\n";

} // namespace

BOOST_FIXTURE_TEST_SUITE(key_selection, fixture)

BOOST_AUTO_TEST_CASE(own_domains_and_their_parents) {
  configure(domain("example.com") + domain("sub.example.com", "subdomains = false\n", "t") +
            domain("b.example", "subdomains = false\n"));
  BOOST_TEST(answer("a@example.com") == "example.com/s");
  BOOST_TEST(answer("a@EXAMPLE.com") == "example.com/s");
  BOOST_TEST(answer("a@x.example.com") == "example.com/s i=@x.example.com");
  BOOST_TEST(answer("a@y.x.example.com") == "example.com/s i=@y.x.example.com");
  BOOST_TEST(answer("a@sub.example.com") == "sub.example.com/t");
  const std::string none = "no-domain: no key is configured for domain ";
  BOOST_TEST(answer("a@x.sub.example.com") == none + "x.sub.example.com");
  BOOST_TEST(answer("a@x.b.example") == none + "x.b.example");
  BOOST_TEST(answer("a@xexample.com") == none + "xexample.com");
  BOOST_TEST(answer("a@com") == none + "com");
}

BOOST_AUTO_TEST_CASE(aliases_sign_as_themselves) {
  configure(domain("example.com", "aliases = [\"b.example\", \"m\xc3\xbcnchen.example\"]\n"));
  BOOST_TEST(answer("a@b.example") == "b.example/s");
  BOOST_TEST(answer("a@x.b.example") == "b.example/s i=@x.b.example");
  BOOST_TEST(answer("a@xn--mnchen-3ya.example") == "xn--mnchen-3ya.example/s");
  BOOST_TEST((policy::held_key("B.example", "S", *settings) != nullptr));
  BOOST_TEST(policy::holds_key("B.example", "S", *settings));
  BOOST_TEST(!policy::holds_key("B.example", "other", *settings));
}

BOOST_AUTO_TEST_CASE(all_keys_of_a_domain) {
  configure(domain("example.com") + "[[domain.key]]\nselector = \"u\"\nfile = \"k\"\n");
  BOOST_TEST(answer("a@x.example.com") ==
             "example.com/s i=@x.example.com example.com/u i=@x.example.com");
}

BOOST_AUTO_TEST_CASE(keys_that_cannot_be_used) {
  configure(domain("example.com") + "[[domain.key]]\nselector = \"u\"\nfile = \"gone\"\n" +
            domain("b.example"));
  const auto s = select({"From: a@example.com\r\n", {}, {}});
  BOOST_TEST(s.keys.size() == 1u);
  BOOST_TEST(s.key_trouble);
  BOOST_TEST(s.reason == reason::key_unusable);
  BOOST_TEST(s.detail.starts_with("key example.com/u cannot be used: "));
  BOOST_TEST(answer("a@b.example") == "b.example/s");
  BOOST_TEST((policy::held_key("example.com", "u", *settings) == nullptr));
}

BOOST_AUTO_TEST_CASE(a_domain_that_is_switched_off) {
  configure(domain("example.com") + "[[domain]]\nname = \"off.example.com\"\nsign = false\n");
  const std::string off = "excluded: [[domain]] off.example.com: sign = false";
  BOOST_TEST(answer("a@off.example.com") == off);
  BOOST_TEST(answer("a@x.off.example.com") == off);
  BOOST_TEST(answer("a@example.com") == "example.com/s");
  tables("* t\n", "default_domain = \"d.example\"\n[[domain]]\nname = \"off.example.com\"\n"
                  "sign = false\n" +
                      domain("d.example"));
  BOOST_TEST(answer("a@off.example.com") == off);
  BOOST_TEST(answer("a@other.example.com") == "t.example/tab");
}

BOOST_AUTO_TEST_CASE(authors_that_are_none) {
  configure(domain("example.com") + "[signing]\ndefault_domain = \"example.com\"\n");
  struct {
    std::string header;
    std::string_view expected;
  } const rows[] = {
      {"To: a@example.com\r\n", reason::no_from},
      {"From: a@example.com\r\nFrom: a@example.com\r\n", reason::several_from},
      {"From: a@example.com, b@example.com\r\n", reason::several_authors},
      {"From: nobody:;\r\n", reason::empty_group},
      {"From: a\r\n", reason::malformed_from},
      {"From: a@[192.0.2.1]\r\n", reason::domain_literal},
      {"From: <\"a<b\"@example.com>\r\n", reason::disputed_from},
  };
  for (const auto& r : rows) {
    const auto s = select({r.header, {}, {}});
    BOOST_TEST(s.reason == r.expected);
    BOOST_TEST(s.keys.empty());
    BOOST_TEST(!s.key_trouble);
  }
}

BOOST_AUTO_TEST_CASE(tables_stand_behind_own_domains) {
  tables("example.com t\n.example.com t\nb.example t\n", domain("example.com"));
  BOOST_TEST(answer("a@example.com") == "example.com/s");
  BOOST_TEST(answer("a@x.example.com") == "example.com/s i=@x.example.com");
  BOOST_TEST(answer("a@b.example") == "t.example/tab");
  BOOST_TEST(answer("a@x.b.example").starts_with("no-domain"));
  BOOST_TEST((policy::held_key("t.example", "tab", *settings) != nullptr));
  BOOST_TEST((policy::held_key("T.example", "TAB", *settings) != nullptr));
  BOOST_TEST(policy::holds_key("T.example", "TAB", *settings));
  BOOST_TEST((policy::held_key("b.example", "tab", *settings) == nullptr));
}

BOOST_AUTO_TEST_CASE(a_default_for_all_others) {
  tables("b.example t\nbad.example nobody\n",
         "default_domain = \"example.com\"\n" + domain("example.com"));
  BOOST_TEST(answer("a@customer.example") == "example.com/s");
  BOOST_TEST(answer("a@b.example") == "t.example/tab");
  BOOST_TEST(answer("a@bad.example").starts_with("trouble: "));
}

BOOST_AUTO_TEST_CASE(lists_sign_besides_the_author) {
  configure(domain("example.com") +
            domain("lists.example.org", "lists = [\"*.lists.example.org\", \"x.example\"]\n"
                                        "exclude_headers = [\"X-Off\"]\n") +
            "[signing]\ndefault_domain = \"example.com\"\n");
  const std::string ours = "From: a@example.com\r\n";
  const std::string foreign = "From: a@foreign.example\r\n";
  struct {
    std::string header;
    const char* expected;
  } const rows[] = {
      {foreign + "List-Id: Friends <friends.lists.example.org>\r\n", "lists.example.org/s"},
      {foreign + "List-ID:\r\n \"A <b>\" <FRIENDS.Lists.example.org>\r\n", "lists.example.org/s"},
      {foreign + "List-Id: x.example\r\n", "lists.example.org/s"},
      {ours + "List-Id: <x.example>\r\n", "example.com/s lists.example.org/s"},
      {"From: a@lists.example.org\r\nList-Id: <x.example>\r\n", "lists.example.org/s"},
      {foreign + "List-Id: <lists.example.org>\r\n", "example.com/s"}, // the default
      {foreign + "List-Id: <x.example>\r\nX-Off: 1\r\n", "example.com/s"},
      {ours + "List-Id: <x.example>\r\nX-Off: 1\r\n", "example.com/s"},
      {ours + "List-Id:\r\n", "example.com/s"},
  };
  for (const auto& r : rows) {
    BOOST_TEST(answer(mail{r.header, {}, {}}) == r.expected, r.header);
  }
}

BOOST_AUTO_TEST_CASE(mail_that_is_sent_on) {
  configure(domain("example.com") + "[signing]\nauthor_headers = [\"Resent-From\", \"From\"]\n");
  const std::string foreign = "From: a@foreign.example\r\n";
  BOOST_TEST(answer(mail{foreign + "Resent-From: b@example.com\r\n", {}, {}}) == "example.com/s");
  BOOST_TEST(answer("a@example.com") == "example.com/s");
  BOOST_TEST(answer(mail{"From: a@example.com\r\nResent-From: b@foreign.example\r\n", {}, {}})
                 .starts_with("no-domain"));
  const std::string two = "Resent-From: b@example.com\r\nResent-From: c@foreign.example\r\n";
  BOOST_TEST(answer(mail{two + foreign, {}, {}}) == "example.com/s"); // the latest is on top
  BOOST_TEST(answer(mail{foreign + "Resent-From: b\r\n", {}, {}}).starts_with("malformed-from"));
  BOOST_TEST(answer(mail{"Resent-From: b@example.com\r\n", {}, {}}).starts_with("no-from"));
}

BOOST_AUTO_TEST_CASE(excluded_recipients) {
  configure(domain("example.com", "exclude_recipients = [\"*@internal.example\", \"x@y.org\"]\n") +
            domain("b.example"));
  const std::string header = "From: a@example.com\r\n";
  struct {
    std::vector<std::string> recipients;
    bool excluded;
  } const rows[] = {
      {{"a@internal.example"}, true},
      {{"<a@INTERNAL.example>", "X@y.org"}, true},
      {{"a@internal.example", "a@foreign.example"}, false}, // one outside needs it
      {{"a@foreign.example"}, false},
      {{}, false},
      {{"<>"}, false},
  };
  for (const auto& r : rows) {
    const auto s = select({header, r.recipients, {}});
    BOOST_TEST(s.keys.empty() == r.excluded);
    BOOST_TEST((s.reason == reason::excluded) == r.excluded);
    BOOST_TEST(select({"From: a@b.example\r\n", r.recipients, {}}).keys.size() == 1u);
  }
  configure(domain("b.example") + "[signing]\nexclude_recipients = [\"*\"]\n");
  BOOST_TEST(answer(mail{"From: a@b.example\r\n", {"c@d.example"}, {}}) ==
             "excluded: [signing]: every recipient is in exclude_recipients");
}

BOOST_AUTO_TEST_CASE(excluded_by_a_field) {
  configure(domain("example.com", "exclude_headers = [\"X-Spam-Flag: YES\", \"X-Off\", "
                                  "\"Precedence: b*k\"]\n"));
  const std::string header = "From: a@example.com\r\n";
  struct {
    const char* field;
    bool excluded;
  } const rows[] = {
      {"X-Spam-Flag: YES\r\n", true},
      {"x-spam-flag:yes\r\n", true},
      {"X-Spam-Flag:\r\n Yes\r\n", true},
      {"X-Spam-Flag: NO\r\n", false},
      {"X-Spam-Flag: YES!\r\n", false},
      {"X-Spam: YES\r\n", false},
      {"X-Off:\r\n", true},
      {"X-Offer: 1\r\n", false},
      {"Precedence: bulk\r\n", true},
      {"Precedence: list\r\n", false},
      {"X-Spam-Flag: NO\r\nX-Spam-Flag: YES\r\n", true},
  };
  for (const auto& r : rows) {
    BOOST_TEST(answer(mail{header + r.field, {}, {}}).starts_with("excluded: ") == r.excluded,
               r.field);
  }
}

BOOST_AUTO_TEST_CASE(only_internal_hosts) {
  configure(relay + "internal_hosts = [\"192.0.2.0/24\", \"2001:db8::/32\"]\n" +
            domain("example.com"));
  struct {
    policy::message_origin origin;
    bool ours;
  } const rows[] = {
      {{"192.0.2.7", "", ""}, true},
      {{"192.0.3.7", "", ""}, false},
      {{"2001:db8::1", "", ""}, true},
      {{"127.0.0.1", "", ""}, false},
      {{"unix", "", ""}, true},
      {{"", "", ""}, false},
      {{"127.0.0.1", "192.0.2.7", ""}, true},
      {{"127.0.0.1", "192.0.2.7", "REMOTE"}, true},
      {{"192.0.2.1", "198.51.100.1", "REMOTE"}, false},
      {{"unix", "198.51.100.1", "REMOTE"}, false},
      {{"192.0.2.1", "198.51.100.1", "LOCAL"}, true},
      {{"127.0.0.1", "", "LOCAL"}, true},
      {{"127.0.0.1", "", "local"}, true},
      {{"192.0.2.1", "", "REMOTE"}, false},
      {{"127.0.0.1", "IPV6:2001:db8::1", "REMOTE"}, true},
      {{"127.0.0.1", "ipv6:2001:db9::1", "REMOTE"}, false},
      {{"127.0.0.1", "IPV6:::ffff:192.0.2.1", "REMOTE"}, true},
      {{"127.0.0.1", "192.0.2.7.evil", "REMOTE"}, false},
      {{"127.0.0.1", "unix", "REMOTE"}, false},
      {{"127.0.0.1", "unknown", "REMOTE"}, false},
  };
  for (const auto& r : rows) {
    BOOST_TEST_CONTEXT(r.origin.peer << " " << r.origin.original_client << " " << r.origin.source) {
      const auto s = select({"From: a@example.com\r\n", {}, r.origin});
      BOOST_TEST(s.keys.size() == (r.ours ? 1u : 0u));
      BOOST_TEST((s.reason == reason::not_internal) == !r.ours);
    }
  }
  configure(relay + domain("example.com"));
  BOOST_TEST(select({"From: a@example.com\r\n", {}, {"127.0.0.1", "198.51.100.1", "REMOTE"}})
                 .keys.size() == 1u);
  configure(relay + "internal_hosts = []\n" + domain("example.com"));
  BOOST_TEST(select({"From: a@example.com\r\n", {}, {"127.0.0.1", "", ""}}).keys.empty());
}

BOOST_AUTO_TEST_CASE(the_trace_tells_each_rule_in_its_order) {
  tables("other.example t\n*\tt\n", "default_domain = \"d.example\"\n" + domain("d.example") +
                                        domain("lists.example", "lists = [\"l.example\"]\n"));
  std::string told;
  (void)select({"From: a@x.foreign.example\r\nList-Id: <l.example>\r\n", {}, {}}, &told);
  BOOST_TEST(told == "internal_hosts: not set, all mail of this relay is ours\n"
                     "[[domain]] x.foreign.example: none\n"
                     "[[domain]] foreign.example: none\n"
                     "signing_table: \"a@x.foreign.example\": no row\n"
                     "signing_table: \"x.foreign.example\": no row\n"
                     "signing_table: \"a@.foreign.example\": no row\n"
                     "signing_table: \".foreign.example\": no row\n"
                     "signing_table: \"a@.example\": no row\n"
                     "signing_table: \".example\": no row\n"
                     "signing_table: \"a@*\": no row\n"
                     "signing_table: \"*\": the row " +
                         (path / "SigningTable").string() +
                         ":2\n"
                         "key_table: the row " +
                         (path / "KeyTable").string() +
                         ":1: d=t.example s=tab\n"
                         "lists: [[domain]] lists.example\n");
}

BOOST_AUTO_TEST_SUITE_END()
