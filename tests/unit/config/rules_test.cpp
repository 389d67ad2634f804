// The keys that say whose mail is signed: what they become, and what is wrong with them.

#include <sealonce/config/load.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace sealonce;

namespace {

config::settings_ptr made(std::string_view text) {
  const auto got = config::parse(text, "/nowhere/x.toml");
  if (const auto* wrong = std::get_if<config::errors>(&got))
    for (const std::string& line : wrong->lines)
      BOOST_ERROR(line);
  BOOST_TEST_REQUIRE(std::holds_alternative<config::settings_ptr>(got));
  return std::get<config::settings_ptr>(got);
}

void expect(std::string_view text, const std::vector<std::string>& expected) {
  const auto got = config::parse(text, "/nowhere/x.toml");
  BOOST_TEST_REQUIRE(std::holds_alternative<config::errors>(got), text);
  std::vector<std::string> lines;
  for (const std::string& line : std::get<config::errors>(got).lines)
    lines.push_back(line.substr(std::string_view("/nowhere/x.toml:").size()));
  BOOST_TEST(lines == expected, boost::test_tools::per_element());
}

const std::string domain = "[[domain]]\nname = \"example.com\"\n";
const std::string key = "[[domain.key]]\nselector = \"s\"\nfile = \"gone\"\n";
const std::string relay = "[[relay]]\nname = \"r\"\nlisten = \"127.0.0.1:1\"\n"
                          "next_hop = \"127.0.0.1:2\"\n";

} // namespace

BOOST_AUTO_TEST_SUITE(rules)

BOOST_AUTO_TEST_CASE(defaults) {
  const auto s = made(relay + domain + key);
  const auto& d = s->domains.at("example.com");
  BOOST_TEST(d.sign);
  BOOST_TEST(d.subdomains);
  BOOST_TEST(d.exclude.recipients.empty());
  BOOST_TEST(d.exclude.headers.empty());
  BOOST_TEST(s->lists.empty());
  BOOST_TEST(!s->relays[0].internal_hosts.has_value());
  BOOST_TEST(s->signing.default_domain.empty());
  BOOST_TEST(s->signing.author_headers.size() == 1u);
  BOOST_TEST((s->signing.tables == nullptr));
}

BOOST_AUTO_TEST_CASE(everything_of_a_domain) {
  const auto s = made(domain +
                      "aliases = [\"B.example\", \"m\xc3\xbcnchen.example\"]\n"
                      "subdomains = false\n"
                      "lists = [\"*.Lists.example.com\", \"announce.example.com\"]\n"
                      "exclude_recipients = \"*@Internal.example\"\n"
                      "exclude_headers = [\"X-Spam-Flag: YES\", \"X-Draft\", \"X-Odd:\"]\n" +
                      key + "[signing]\ndefault_domain = \"b.example\"\n");
  BOOST_TEST(s->domains.size() == 3u);
  for (const char* name : {"example.com", "b.example", "xn--mnchen-3ya.example"}) {
    const auto& d = s->domains.at(name);
    BOOST_TEST(d.name == name);
    BOOST_TEST(!d.subdomains);
    BOOST_TEST(d.unusable.size() == 1u);
    BOOST_TEST_REQUIRE(d.exclude.recipients.size() == 1u);
    BOOST_TEST(d.exclude.recipients[0] == "*@internal.example");
    BOOST_TEST_REQUIRE(d.exclude.headers.size() == 3u);
    BOOST_TEST(d.exclude.headers[0].name == "X-Spam-Flag");
    BOOST_TEST(d.exclude.headers[0].value == "yes");
    BOOST_TEST(d.exclude.headers[1].value == "");
    BOOST_TEST(d.exclude.headers[2].name == "X-Odd");
    BOOST_TEST(d.exclude.headers[2].value == "");
  }
  BOOST_TEST_REQUIRE(s->lists.size() == 2u);
  BOOST_TEST(s->lists[0].list_id == "*.lists.example.com");
  BOOST_TEST(s->lists[1].domain == "example.com");
  BOOST_TEST(s->signing.default_domain == "b.example");
}

BOOST_AUTO_TEST_CASE(a_domain_that_does_not_sign_needs_no_key) {
  BOOST_TEST(!made(domain + "sign = false\n")->domains.at("example.com").sign);
  expect(domain, {"1:1: domain.key: missing: below [[domain]] at least one [[domain.key]] with "
                  "selector and file is needed, or sign = false"});
}

BOOST_AUTO_TEST_CASE(internal_hosts) {
  const auto some = made(relay + "internal_hosts = [\"192.0.2.0/24\", \"::1\"]\n");
  BOOST_TEST(some->relays[0].internal_hosts->size() == 2u);
  const auto none = made(relay + "internal_hosts = []\n");
  BOOST_TEST_REQUIRE(none->relays[0].internal_hosts.has_value());
  BOOST_TEST(none->relays[0].internal_hosts->empty());
  expect(relay + "internal_hosts = [\"192.0.2.1/24\", 3]\n",
         {"5:19: relay.internal_hosts: \"192.0.2.1/24\": the address has bits beyond its prefix; "
          "perhaps 192.0.2.0/24 is meant",
          "5:35: relay.internal_hosts: a string in quotes is expected, not a whole number"});
}

BOOST_AUTO_TEST_CASE(a_name_is_there_once) {
  expect(domain + "aliases = [\"example.com\", \"b.example\", \"b.example\"]\n" + key +
             "[[domain]]\nname = \"b.example\"\nsign = false\n",
         {"3:12: domain.aliases: \"example.com\" is there twice",
          "3:40: domain.aliases: \"b.example\" is there twice",
          "8:8: domain.name: \"b.example\" is there twice"});
}

BOOST_AUTO_TEST_CASE(bad_values_of_a_domain) {
  expect(domain +
             "aliases = [\"com\"]\nsubdomains = \"no\"\nsign = 1\n"
             "exclude_recipients = [\"example.com\"]\nexclude_headers = [\"a b: c\", \": c\"]\n" +
             key,
         {"3:12: domain.aliases: \"com\": a domain with at least one dot is expected, such as "
          "\"example.com\"",
          "4:14: domain.subdomains: true or false is expected, without quotes, not a string",
          "5:8: domain.sign: true or false is expected, without quotes, not a whole number",
          "6:23: domain.exclude_recipients: \"example.com\": an address is expected, or a pattern "
          "such as \"*@example.com\"",
          "7:20: domain.exclude_headers: \"a b: c\": a header field is expected, \"Name\" or "
          "\"Name: value\", such as \"X-Spam-Flag: YES\"",
          "7:30: domain.exclude_headers: \": c\": a header field is expected, \"Name\" or "
          "\"Name: value\", such as \"X-Spam-Flag: YES\""});
}

BOOST_AUTO_TEST_CASE(bad_values_of_signing) {
  expect("[signing]\ndefault_domain = \"other.example\"\n",
         {"2:18: signing.default_domain: there is no [[domain]] \"other.example\" that signs"});
  expect(domain + "sign = false\n[signing]\ndefault_domain = \"example.com\"\n",
         {"5:18: signing.default_domain: there is no [[domain]] \"example.com\" that signs"});
  expect("[signing]\nauthor_headers = [\"From:\", \"Resent-From\"]\n",
         {"2:19: signing.author_headers: \"From:\": the name of a header field is expected, "
          "without a colon"});
}

BOOST_AUTO_TEST_CASE(tables_are_there_both_and_can_be_read) {
  expect("[signing]\nsigning_table = \"csl:a=b\"\n",
         {"2:17: signing.signing_table: key_table and signing_table are needed together"});
  expect("[signing]\nkey_table = \"dsn:mysql://x\"\nsigning_table = \"x\"\n",
         {"2:13: signing.key_table: \"dsn:mysql://x\": tables of the kind \"dsn:\" are not "
          "supported: export it to a file, and write \"file:/path\"",
          "3:17: signing.signing_table: \"x\": \"file:/path\", \"refile:/path\" or "
          "\"csl:NAME=VALUE,…\" is expected"});
  expect("[signing]\nkey_table = \"file:keys\"\nsigning_table = \"csl:a=b\"\n",
         {"2:13: signing.key_table: /nowhere/keys: the table cannot be opened: No such file or "
          "directory"});
  expect("[signing]\nkey_table = \"csl:a=b\"\nsigning_table = \"file:rules\"\n",
         {"3:17: signing.signing_table: /nowhere/rules: the table cannot be opened: No such file "
          "or directory"});
}

BOOST_AUTO_TEST_CASE(a_bad_row_is_a_warning) {
  const auto s = made("[signing]\nkey_table = \"csl:a=b\"\nsigning_table = \"csl:x.org=c\"\n");
  BOOST_TEST_REQUIRE(s->warnings.size() == 2u);
  BOOST_TEST(s->warnings[0].starts_with("csl:1: NAME DOMAIN:SELECTOR:KEY is expected"));
  BOOST_TEST(s->warnings[1] == "csl:1: the key table has no key \"c\"");
  BOOST_TEST((s->signing.tables != nullptr));
}

BOOST_AUTO_TEST_SUITE_END()
