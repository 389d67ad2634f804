#include <sealonce/config/load.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

using namespace sealonce;

BOOST_AUTO_TEST_SUITE(load)

namespace {

constexpr std::string_view file = "/tmp/sealonce-none/x.toml";

config::settings_ptr made(std::string_view text) {
  auto got = config::parse(text, file);
  if (const auto* wrong = std::get_if<config::errors>(&got))
    for (const std::string& line : wrong->lines)
      BOOST_ERROR(line);
  BOOST_TEST_REQUIRE(std::holds_alternative<config::settings_ptr>(got));
  return std::get<config::settings_ptr>(got);
}

/// The errors without the file's name.
std::vector<std::string> wrong(std::string_view text) {
  const auto got = config::parse(text, file);
  BOOST_TEST_REQUIRE(std::holds_alternative<config::errors>(got));
  std::vector<std::string> lines;
  for (const std::string& line : std::get<config::errors>(got).lines) {
    BOOST_TEST(line.starts_with(std::string(file) + ":"));
    lines.push_back(line.substr(file.size() + 1));
  }
  return lines;
}

void expect(std::string_view text, const std::vector<std::string>& lines) {
  const auto got = wrong(text);
  BOOST_TEST(got == lines, boost::test_tools::per_element());
}

/// A relay with these lines besides what it needs.
std::string relay(const std::string& more) {
  return "[[relay]]\nname = \"r\"\nlisten = \"127.0.0.1:1\"\nnext_hop = \"127.0.0.1:2\"\n" + more;
}

} // namespace

BOOST_AUTO_TEST_CASE(an_empty_file_is_the_built_in_default) {
  const auto s = made("");
  BOOST_TEST_REQUIRE(s->relays.size() == 1u);
  BOOST_TEST(s->relays[0].name == "outbound");
  BOOST_TEST(s->relays[0].listen.at(0).text == "127.0.0.1:10027");
  BOOST_TEST(s->relays[0].next_hop.at(0).text == "127.0.0.1:10028");
  BOOST_TEST(s->relays[0].allow.size() == 2u);
  BOOST_TEST(s->domains.empty());
  BOOST_TEST(s->message.max_size == 50u << 20);
  BOOST_TEST(s->server.threads == 1u);
  BOOST_TEST(s->server.user == "sealonce");
  BOOST_TEST(!s->server.user_given);
  BOOST_TEST(!s->server.hostname.empty());
  BOOST_TEST((s->dns.timeout == std::chrono::seconds(5)));
  BOOST_TEST(s->warnings.size() == 1u);
}

BOOST_AUTO_TEST_CASE(every_key_of_this_version_is_read) {
  const auto s = made(R"(
[[relay]]
name = "in"
listen = ["127.0.0.1:1", "unix:/run/x.sock"]
next_hop = ["127.0.0.1:2", "mail.example.com:25"]
listen_protocol = "smtp"
next_hop_protocol = "smtp"
chunking = true
mode = "pass"
allow = ["127.0.0.1", "192.0.2.0/24"]
[signing]
canonicalization = "simple/relaxed"
headers = ["*", "+X-Mine"]
oversign = ["*"]
lifetime = "7d"
on_error = "unsigned"
[once]
broken = "keep"
foreign = "remove"
max_signatures = 2
[message]
max_size = "10MB"
memory_limit = "2MiB"
memory_budget = "64MiB"
spill_directory = "/"
stray_cr_lf = "reject"
long_lines = "sign"
[dns]
servers = ["127.0.0.1:5353", "[::1]"]
timeout = "2s"
trust_anchor_file = "/etc/root.key"
[server]
hostname = "Mail.example.com"
threads = 4
max_connections = 50
user = "postman"
[log]
target = "syslog"
format = "json"
level = "debug"
[metrics]
listen = "127.0.0.1:9000"
)");
  const auto& r = s->relays.at(0);
  BOOST_TEST(r.listen.size() == 2u);
  BOOST_TEST((r.next_hop.at(1).what == config::endpoint::kind::name));
  BOOST_TEST((r.mode == config::relay_mode::pass));
  BOOST_TEST(r.chunking);
  BOOST_TEST(r.allow.size() == 2u);
  BOOST_TEST((s->signing.canonical.header == dkim::canonicalization::simple));
  BOOST_TEST((s->signing.canonical.body == dkim::canonicalization::relaxed));
  BOOST_TEST((s->signing.lifetime == std::chrono::seconds(604800)));
  BOOST_TEST((s->signing.on_error == config::error_action::unsigned_));
  BOOST_TEST((s->once.broken == config::broken_signature::keep));
  BOOST_TEST((s->once.foreign == config::foreign_signature::remove));
  BOOST_TEST((s->once.max_signatures == 2u));
  BOOST_TEST(s->message.max_size == 10'000'000u);
  BOOST_TEST(s->message.memory_limit == 2u << 20);
  BOOST_TEST(s->message.memory_ample == 0u); // what was set is meant
  BOOST_TEST(s->message.memory_budget == 64u << 20);
  BOOST_TEST(s->message.spill_directory == "/");
  BOOST_TEST((s->message.stray == config::stray_cr_lf::reject));
  BOOST_TEST((s->message.lines == config::long_lines::sign));
  BOOST_TEST(s->dns.servers.at(1).port == 53);
  BOOST_TEST((s->dns.timeout == std::chrono::seconds(2)));
  BOOST_TEST(s->dns.trust_anchor_file == "/etc/root.key");
  BOOST_TEST(made("[dns]\ntrust_anchor_file = \"../root.key\"\n")->dns.trust_anchor_file ==
             "/tmp/root.key");
  BOOST_TEST(s->server.hostname == "mail.example.com");
  BOOST_TEST(s->server.threads == 4u);
  BOOST_TEST(s->server.max_connections == 50u);
  BOOST_TEST(s->server.user == "postman");
  BOOST_TEST(s->server.user_given);
  BOOST_TEST((s->log.target == config::log_target::syslog));
  BOOST_TEST((s->log.format == config::log_format::json));
  BOOST_TEST((s->log.level == config::log_level::debug));
  BOOST_TEST(s->metrics.listen.value().port == 9000);
}

BOOST_AUTO_TEST_CASE(unknown_names_get_the_nearest) {
  expect("[servr]\n[server]\nthread = 1\nmax_size = \"1MiB\"\nfrobnicate = 1\n",
         {"1:2: servr: unknown section or key; the nearest known name is \"server\"",
          "3:1: server.thread: unknown key; the nearest known name is \"threads\"",
          "4:1: server.max_size: unknown key; a key of this name belongs in [message]",
          "5:1: server.frobnicate: unknown key"});
  expect(relay("lisetn = \"127.0.0.1:9\"\n"),
         {"5:1: relay.lisetn: unknown key; the nearest known name is \"listen\""});
}

BOOST_AUTO_TEST_CASE(names_of_the_file_do_not_reach_the_terminal_raw) {
  expect("\"a\\u001b[2J\" = 1\n", {"1:1: \"a\\x1b[2J\": unknown section or key"});
  expect("[log]\nlevel = \"\\u001b\"\n",
         {"2:9: log.level: \"\\x1b\": \"error\", \"warning\", \"info\" or \"debug\" is expected"});
}

BOOST_AUTO_TEST_CASE(all_errors_in_the_order_of_the_file) {
  expect(
      R"([server]
threads = "two"
[log]
level = "loud"
[[relay]]
name = "a b"
listen = [ "127.0.0.1:1",
           "nowhere:2" ]
next_hop = 25
[message]
max_size = "big"
)",
      {"2:11: server.threads: a whole number from 1 to 256 is expected, not a string",
       "4:9: log.level: \"loud\": \"error\", \"warning\", \"info\" or \"debug\" is expected",
       "6:8: relay.name: letters, digits, dots, hyphens and underscores are expected, at most 64",
       "8:12: relay.listen: \"nowhere:2\": an address is expected, not a name: "
       "\"127.0.0.1:10027\", \"[::1]:10027\" or \"unix:/path\"",
       "9:12: relay.next_hop: a string or a list of strings is expected, not a whole number",
       "11:12: message.max_size: \"big\": a size is expected: a whole number and B, KB, MB, GB, "
       "KiB, MiB or GiB, such as \"50MiB\""});
}

BOOST_AUTO_TEST_CASE(wrong_types_are_not_bent) {
  expect("[server]\nthreads = 1.0\nmax_connections = true\nuser = 7\nhostname = \"\"\n",
         {"2:11: server.threads: a whole number from 1 to 256 is expected, not a number with a "
          "fraction",
          "3:19: server.max_connections: a whole number from 1 to 100000 is expected, not true or "
          "false",
          "4:8: server.user: a string in quotes is expected, not a whole number",
          "5:12: server.hostname: it must not be empty"});
  expect("[server]\nthreads = 257\nmax_connections = -1\n",
         {"2:11: server.threads: a whole number from 1 to 256 is expected, not 257",
          "3:19: server.max_connections: a whole number from 1 to 100000 is expected, not -1"});
}

BOOST_AUTO_TEST_CASE(brackets) {
  expect("[relay]\nname = \"x\"\n",
         {"1:1: relay: it may stand several times: write [[relay]] with two brackets"});
  expect("[[log]]\nlevel = \"info\"\n",
         {"1:1: log: a table is expected: write [log] and its keys below, not an array of tables"});
  expect("relay = [ 1 ]\n", {"1:11: relay: a table is expected, not a whole number"});
}

BOOST_AUTO_TEST_CASE(what_is_missing) {
  expect("[[relay]]\n[[domain]]\n",
         {"1:1: relay.name: missing", "1:1: relay.listen: missing", "1:1: relay.next_hop: missing",
          "2:1: domain.name: missing",
          "2:1: domain.key: missing: below [[domain]] at least one [[domain.key]] with selector "
          "and file is needed, or sign = false"});
  expect("[[domain]]\nname = \"example.com\"\n  [[domain.key]]\n",
         {"3:3: domain.key.selector: missing", "3:3: domain.key.file: missing"});
  expect("[[relay]]\nname = \"r\"\nlisten = []\nnext_hop = []\n",
         {"3:10: relay.listen: the list is empty", "4:12: relay.next_hop: the list is empty"});
}

BOOST_AUTO_TEST_CASE(an_open_door_needs_a_list) {
  expect("[[relay]]\nname = \"r\"\nlisten = \"0.0.0.0:25\"\nnext_hop = \"127.0.0.1:2\"\n",
         {"3:10: relay.listen: \"0.0.0.0:25\" can be reached from the network: say who may "
          "connect, such as allow = [\"192.0.2.0/24\"]"});
  const auto s = made("[[relay]]\nname = \"r\"\nlisten = \"0.0.0.0:25\"\n"
                      "next_hop = \"127.0.0.1:2\"\nallow = \"0.0.0.0/0\"\n");
  BOOST_TEST_REQUIRE(s->warnings.size() == 2u);
  BOOST_TEST(s->warnings[1].find(":5:9: relay.allow: everybody may connect") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(protocols) {
  const auto warnings = [](const std::string& keys) { return made(relay(keys))->warnings; };
  const auto s = made(relay("listen_protocol = \"lmtp\"\nnext_hop_protocol = \"lmtp\"\n"));
  BOOST_TEST((s->relays[0].listen_protocol == config::protocol::lmtp));
  BOOST_TEST((s->relays[0].next_hop_protocol == config::protocol::lmtp));
  const auto none = s->warnings.size(); // that there is no key
  BOOST_TEST(warnings("listen_protocol = \"lmtp\"\n").size() == none);
  const auto mixed = warnings("next_hop_protocol = \"lmtp\"\n");
  BOOST_TEST_REQUIRE(mixed.size() == none + 1);
  const auto at = std::find_if(mixed.begin(), mixed.end(), [](const std::string& w) {
    return w.find(":5:21: relay.next_hop_protocol: SMTP in and LMTP out") != std::string::npos;
  });
  BOOST_TEST((at != mixed.end()));
  expect(relay("listen_protocol = \"uucp\"\n"),
         {"5:19: relay.listen_protocol: \"uucp\": \"smtp\" or \"lmtp\" is expected"});
}

BOOST_AUTO_TEST_CASE(what_may_be_there_once) {
  expect(relay("") + relay(""), {"6:8: relay.name: \"r\" is the name of another relay",
                                 "7:10: relay.listen: \"127.0.0.1:1\" is there twice"});
  expect("[[relay]]\nname = \"r\"\nlisten = [\"[::1]:1\", \"[0::1]:1\"]\nnext_hop = \"[::1]:2\"\n",
         {"3:22: relay.listen: \"[0::1]:1\" is there twice"});
  expect("[[relay]]\nname = \"r\"\nlisten = \"[::1]:1\"\n"
         "next_hop = [\"mx:25\", \"[::1]:2\", \"mx:25\"]\n",
         {"4:33: relay.next_hop: \"mx:25\" is there twice"});
  expect("[[domain]]\nname = \"example.com\"\n[[domain.key]]\nselector = \"a\"\nfile = \"f\"\n"
         "[[domain.key]]\nselector = \"A\"\nfile = \"g\"\n"
         "[[domain]]\nname = \"EXAMPLE.com\"\n[[domain.key]]\nselector = \"a\"\nfile = \"f\"\n",
         {"7:12: domain.key.selector: \"a\" is the selector of another key of this domain",
          "10:8: domain.name: \"example.com\" is there twice"});
}

BOOST_AUTO_TEST_CASE(a_relay_does_not_send_to_itself) {
  expect("[[relay]]\nname = \"r\"\nlisten = \"127.0.0.1:1\"\nnext_hop = \"127.0.0.1:1\"\n",
         {"3:10: relay.listen: \"127.0.0.1:1\" is also this relay's next_hop: mail would go round "
          "for ever"});
}

BOOST_AUTO_TEST_CASE(what_a_later_version_has) {
  expect(relay("mode = \"both\"\n[signing]\nkey_table = \"file:/x\"\n"),
         {"5:8: relay.mode: \"verify\" and \"both\" are not supported by this version",
          "7:13: signing.key_table: key_table and signing_table are needed together"});
}

BOOST_AUTO_TEST_CASE(header_lists_blame_the_right_key) {
  const auto headers = wrong("[signing]\nheaders = [\"*\", \"Received\"]\n");
  BOOST_TEST_REQUIRE(headers.size() == 1u);
  BOOST_TEST(headers[0].starts_with("2:11: signing.headers: "));
  const auto oversign = wrong("[signing]\nheaders = [\"*\"]\noversign = [\"+Received\"]\n");
  BOOST_TEST_REQUIRE(oversign.size() == 1u);
  BOOST_TEST(oversign[0].starts_with("3:12: signing.oversign: "));
}

BOOST_AUTO_TEST_CASE(bad_values_of_signing) {
  const auto lines = wrong("[signing]\nlifetime = \"0s\"\non_error = \"panic\"\n"
                           "canonicalization = \"strict\"\n");
  BOOST_TEST_REQUIRE(lines.size() == 3u);
  BOOST_TEST(lines[0].starts_with("2:12: signing.lifetime: "));
  BOOST_TEST(lines[1].starts_with("3:12: signing.on_error: "));
  BOOST_TEST(lines[2].starts_with("4:20: signing.canonicalization: "));
}

BOOST_AUTO_TEST_CASE(syntax_errors_have_a_place_and_a_remedy) {
  const auto address = wrong("[[relay]]\nname = \"r\"\nlisten = 127.0.0.1:10027\n");
  BOOST_TEST_REQUIRE(address.size() == 1u);
  BOOST_TEST(address[0].starts_with("3:"));
  BOOST_TEST(address[0].ends_with("; text stands in quotes: listen = \"127.0.0.1:10027\""));
  BOOST_TEST(address[0].find(": listen: not TOML: ") != std::string::npos);
  const auto list = wrong("listen = [127.0.0.1:1,\n\"b\"]\n");
  BOOST_TEST(list.at(0).ends_with("each piece by itself: [\"a\", \"b\"]"));
  const auto header = wrong("[[relay]\n");
  BOOST_TEST(header.at(0).find("quotes") == std::string::npos);
  const auto word = wrong("[log]\nlevel = info # as usual\n");
  BOOST_TEST(word.at(0).ends_with("; text stands in quotes: level = \"info\""));
  const auto nothing = wrong("[log]\nlevel =\n");
  BOOST_TEST(nothing.at(0).ends_with("; a value is missing after \"=\""));
  const auto open = wrong("[log]\nlevel = \"info\n");
  BOOST_TEST(open.at(0).find("text stands in quotes") == std::string::npos);
  const auto twice = wrong("[log]\nlevel = \"info\"\nlevel = \"info\"\n");
  BOOST_TEST(twice.at(0).starts_with("3:"));
}

BOOST_AUTO_TEST_CASE(the_account_to_become) {
  expect("[server]\nuser = \"root\"\n",
         {"2:8: server.user: sealonce does not run as root; name an account without rights"});
  const auto s = made("[server]\nuser = \"no-such-account\"\n");
  BOOST_TEST_REQUIRE(s->warnings.size() == 2u);
  BOOST_TEST(s->warnings[1].find(":2:8: server.user: this machine has no account") !=
             std::string::npos);
  BOOST_TEST(made("[server]\nuser = \"nobody\"\n")->warnings.size() == 1u);
}

BOOST_AUTO_TEST_CASE(no_text_makes_it_throw) {
  std::string text = relay("[[domain]]\nname = \"example.com\"\n[[domain.key]]\nselector = \"s\"\n"
                           "file = \"k\"\n");
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (const char c : {'\0', '"', '[', '=', '\n', '\x80', '\r', '{', '9'}) {
      std::string changed = text;
      changed[i] = c;
      BOOST_CHECK_NO_THROW((void)config::parse(changed, file));
    }
    BOOST_CHECK_NO_THROW((void)config::parse(text.substr(0, i), file));
  }
  BOOST_CHECK_NO_THROW((void)config::parse("x = " + std::string(5000, '['), file));
}

BOOST_AUTO_TEST_CASE(files_that_are_none) {
  const auto line = [](const std::filesystem::path& p) {
    const auto got = config::load(p);
    BOOST_TEST_REQUIRE(std::holds_alternative<config::errors>(got));
    return std::get<config::errors>(got).lines.at(0);
  };
  BOOST_TEST(line("/tmp") == "/tmp: is not a regular file");
  BOOST_TEST(line("/tmp/sealonce-none/x") ==
             "/tmp/sealonce-none/x: cannot be opened: No such file or directory");
  BOOST_TEST(line("/dev/null") == "/dev/null: is not a regular file");
}

BOOST_AUTO_TEST_SUITE_END()
