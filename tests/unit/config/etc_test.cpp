// etc/sealonce.toml is documentation that nobody may doubt: it parses as it is, it parses with
// every key commented in, it names every key of this version and shows its default.

#include "certificates.hpp"
#include <sealonce/config/load.hpp>
#include <sealonce/limits.hpp>
#include <sealonce/policy/signing_tables.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <unistd.h>
#include <vector>

using namespace sealonce;

BOOST_AUTO_TEST_SUITE(etc)

namespace {

std::vector<std::string> shipped_lines(const std::string& file = "sealonce.toml") {
  std::ifstream in(SEALONCE_TEST_DATA "/../../etc/" + file);
  BOOST_TEST_REQUIRE(in.good());
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);)
    lines.push_back(line);
  return lines;
}

/// Made by the first who asks, for this process alone.
const std::filesystem::path& password_file() {
  static const struct file {
    file() {
      std::ofstream(path) << "secret\n";
      std::filesystem::permissions(path, std::filesystem::perms::owner_read);
    }
    ~file() { std::filesystem::remove(path); }
    std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("sealonce-etc-" + std::to_string(::getpid()));
  } made;
  return made.path;
}

/// A key or a section behind a "#" without a blank.
bool is_commented_out(const std::string& line) {
  return line.size() > 1 && line[0] == '#' &&
         (line[1] == '[' || std::islower(static_cast<unsigned char>(line[1])) != 0);
}

void replace_all(std::string& in, const std::string& what, const std::string& by) {
  for (auto at = in.find(what); at != std::string::npos; at = in.find(what, at + by.size()))
    in.replace(at, what.size(), by);
}

/// A directory with the certificates that the file names.
const std::string& tls_files() {
  static const test::scratch_directory directory;
  static const std::string path = [] {
    const test::certificate one;
    directory.write("ca.pem", one.pem());
    directory.write("mail.example.com.pem", one.pem());
    directory.write("mail.example.com.key", one.key_pem());
    return directory.path().string();
  }();
  return path;
}

std::string text(bool all_keys, const std::string& file = "sealonce.toml") {
  std::string out;
  for (const std::string& line : shipped_lines(file))
    out += (all_keys && is_commented_out(line) ? line.substr(1) : line) + "\n";
  replace_all(out, "/etc/opendkim/", SEALONCE_TEST_DATA "/tables/"); // must be there, as these:
  replace_all(out, "/etc/sealonce/tls/", tls_files() + "/");
  if (all_keys)
    replace_all(out, "/etc/sealonce/smarthost.password", password_file().string());
  return out;
}

config::settings_ptr made(const std::string& toml) {
  const auto got = config::parse(toml, "/nowhere/sealonce.toml");
  if (const auto* wrong = std::get_if<config::errors>(&got))
    for (const std::string& line : wrong->lines)
      BOOST_ERROR(line);
  BOOST_TEST_REQUIRE(std::holds_alternative<config::settings_ptr>(got));
  return std::get<config::settings_ptr>(got);
}

/// "section.key" of every line with all keys commented in.
std::set<std::string> shown_keys() {
  std::set<std::string> keys;
  std::string section;
  std::istringstream in(text(true));
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with('[')) {
      const std::size_t begin = line.find_first_not_of('[');
      section = line.substr(begin, line.find(']') - begin);
    } else if (!line.empty() && line[0] != '#') {
      keys.insert(section + "." + line.substr(0, line.find(' ')));
    }
  }
  return keys;
}

} // namespace

BOOST_AUTO_TEST_CASE(as_shipped_it_is_the_built_in_default) {
  const auto s = made(text(false));
  BOOST_TEST_REQUIRE(s->relays.size() == 1u);
  BOOST_TEST(s->relays[0].name == "outbound");
  BOOST_TEST(s->relays[0].listen.at(0).text == "127.0.0.1:10027");
  BOOST_TEST(s->relays[0].next_hop.at(0).text == "127.0.0.1:10028");
  const std::vector<std::string> expected{"no [[domain]]: nothing will be signed"};
  BOOST_TEST(s->warnings == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(it_shows_every_key_and_no_other) {
  const auto known = config::known_keys();
  const std::set<std::string> expected(known.begin(), known.end());
  const auto shown = shown_keys();
  BOOST_TEST(shown == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(with_every_key_commented_in_it_parses_and_shows_the_defaults) {
  const auto shown = made(text(true));
  const auto unset = made("");
  BOOST_TEST((shown->relays[0].mode == unset->relays[0].mode));
  BOOST_TEST((shown->relays[0].tls->mode == config::tls_settings().mode));
  BOOST_TEST((shown->relays[0].next_hop_tls->level == config::next_hop_tls_settings().level));
  BOOST_TEST(shown->relays[0].next_hop_tls->implicit == config::next_hop_tls_settings().implicit);
  BOOST_TEST(shown->relays[0].allow.size() == unset->relays[0].allow.size());
  BOOST_TEST(shown->relays[0].max_recipients == unset->relays[0].max_recipients);
  const auto& timeouts = shown->relays[0].timeouts;
  const config::relay_timeouts usual;
  BOOST_TEST((timeouts.command == usual.command && timeouts.data == usual.data));
  BOOST_TEST((timeouts.next_hop_connect == usual.next_hop_connect));
  BOOST_TEST((timeouts.next_hop_hello == usual.next_hop_hello));
  BOOST_TEST((timeouts.next_hop_reply == usual.next_hop_reply));
  BOOST_TEST((timeouts.next_hop_transfer == usual.next_hop_transfer));
  BOOST_TEST((timeouts.next_hop_data_done == usual.next_hop_data_done));
  BOOST_TEST(shown->relays[0].xforward_from.size() == unset->relays[0].xforward_from.size());
  BOOST_TEST(shown->relays[0].received == unset->relays[0].received);
  BOOST_TEST(shown->relays[0].max_hops == unset->relays[0].max_hops);
  BOOST_TEST(shown->relays[0].socket_mode == unset->relays[0].socket_mode);
  BOOST_TEST(shown->relays[0].next_hop_idle.count() == unset->relays[0].next_hop_idle.count());
  BOOST_TEST(shown->relays[0].next_hop_max_use == unset->relays[0].next_hop_max_use);
  BOOST_TEST(shown->relays[0].next_hop_max_idle == unset->relays[0].next_hop_max_idle);
  BOOST_TEST_REQUIRE(shown->relays[0].next_hop_auth != nullptr);
  BOOST_TEST(shown->relays[0].next_hop_auth->password->view() == "secret");
  BOOST_TEST(!shown->relays[0].next_hop_auth->plaintext);
  BOOST_TEST(shown->relays[0].next_hop_auth->mechanisms.size() == 3u);
  BOOST_TEST(shown->domains.size() == 3u); // with two aliases
  BOOST_TEST(shown->signing.tables->signing_rows() == 2u);
  BOOST_TEST(shown->signing.author_headers == unset->signing.author_headers,
             boost::test_tools::per_element());
  BOOST_TEST(shown->signing.multiple_signatures == unset->signing.multiple_signatures);
  BOOST_TEST((shown->signing.canonical.header == unset->signing.canonical.header));
  BOOST_TEST((shown->signing.canonical.body == unset->signing.canonical.body));
  BOOST_TEST(shown->signing.headers.signed_names() == unset->signing.headers.signed_names(),
             boost::test_tools::per_element());
  BOOST_TEST(shown->signing.headers.oversigned_names() == unset->signing.headers.oversigned_names(),
             boost::test_tools::per_element());
  BOOST_TEST((shown->signing.on_error == unset->signing.on_error));
  BOOST_TEST((shown->once.broken == unset->once.broken));
  BOOST_TEST((shown->once.foreign == unset->once.foreign));
  BOOST_TEST(shown->message.max_size == unset->message.max_size);
  BOOST_TEST(shown->message.memory_limit == unset->message.memory_limit);
  BOOST_TEST(unset->message.memory_ample == limits::memory_ample);
  BOOST_TEST(shown->message.memory_budget == unset->message.memory_budget);
  BOOST_TEST(shown->message.spill_directory == unset->message.spill_directory);
  BOOST_TEST((shown->message.stray == unset->message.stray));
  BOOST_TEST((shown->message.lines == unset->message.lines));
  BOOST_TEST((shown->dns.timeout == unset->dns.timeout));
  BOOST_TEST(shown->server.threads == unset->server.threads);
  BOOST_TEST(shown->server.max_connections == unset->server.max_connections);
  BOOST_TEST(shown->server.user == unset->server.user);
  BOOST_TEST((shown->log.target == unset->log.target));
  BOOST_TEST((shown->log.format == unset->log.format));
  BOOST_TEST((shown->log.level == unset->log.level));
}

// All but the domain's key is as it would be on that machine.
BOOST_AUTO_TEST_CASE(the_example_for_a_smarthost_is_taken_without_a_warning) {
  const auto s = made(text(true, "sealonce-smarthost.toml"));
  BOOST_TEST_REQUIRE(s->relays.size() == 1u);
  const auto& relay = s->relays[0];
  BOOST_TEST(relay.received);
  BOOST_TEST((relay.tls->mode == config::tls_mode::required));
  BOOST_TEST((relay.next_hop_tls->level == config::tls_level::verify));
  BOOST_TEST_REQUIRE(relay.next_hop_auth != nullptr);
  BOOST_TEST(!relay.next_hop_auth->plaintext);
  BOOST_TEST(relay.allow.size() == 2u);
  BOOST_TEST(s->warnings.empty());
  for (const std::string& line : s->warnings)
    BOOST_TEST_MESSAGE(line);
}

BOOST_AUTO_TEST_CASE(it_tells_the_oversigned_fields) {
  std::string words;
  for (const std::string& line : shipped_lines())
    if (line.starts_with("# "))
      words += line.substr(1);
  const dkim::header_list by_default;
  for (const std::string& name : by_default.oversigned_names())
    BOOST_TEST(words.find(" " + name) != std::string::npos, name);
}

BOOST_AUTO_TEST_SUITE_END()
