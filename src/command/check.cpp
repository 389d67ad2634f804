// NAME
//   check - reads configuration and keys as serve would
//
// DESCRIPTION
//   Prints what serve would run with: relays, domains, keys, tables. Keys of tables, which serve
//   parses when mail needs them, are parsed here. Warnings, errors and keys that cannot be used go
//   to standard error, each with its place in the file.
//
// DIAGNOSTICS
//   Exit status 78 where anything is wrong, a single key included; 0 with warnings alone.

#include <sealonce/command/options.hpp>
#include <sealonce/config/load.hpp>
#include <sealonce/policy/signing_tables.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <utility>

namespace sealonce::command {

namespace {

constexpr std::array<option, 1> arguments_of_check{{
    {"config", "FILE", "the configuration (default: /etc/sealonce/sealonce.toml)"},
}};

constexpr usage check_usage{
    "check", "[--config FILE]",
    "Reads the configuration and the keys as serve would and says what is wrong, all at once.\n"
    "Exit status: 0 all is well, warnings apart; 78 something is wrong.\n",
    arguments_of_check};

/// More domains than these are counted, not listed.
constexpr std::size_t domains_shown = 50;

std::string mode_name(config::relay_mode mode) {
  switch (mode) {
  case config::relay_mode::sign:
    return "sign";
  case config::relay_mode::verify:
    return "verify";
  case config::relay_mode::both:
    return "both";
  case config::relay_mode::pass:
    break;
  }
  return "pass";
}

std::string joined(const std::vector<config::endpoint>& endpoints) {
  std::string out;
  for (const auto& e : endpoints)
    out.append(out.empty() ? "" : ", ").append(e.text);
  return out;
}

std::string key_name(const dkim::signing_key& key) {
  const bool rsa = key.key->type() == crypto::key_type::rsa;
  return key.selector + " (" + (rsa ? "rsa " + std::to_string(key.key->bits()) : "ed25519") + ")";
}

std::string domain_line(const config::domain_settings& domain) {
  std::string keys;
  for (const auto& key : domain.keys)
    keys.append(keys.empty() ? "" : ", ").append(key_name(key));
  for (const auto& bad : domain.unusable)
    keys.append(keys.empty() ? "" : ", ").append(bad.selector).append(" (cannot be used)");
  if (!domain.sign)
    keys = "does not sign";
  return "domain " + domain.name + ": " + keys + "\n";
}

void print_summary(const config::settings& s) {
  std::string out;
  for (const auto& relay : s.relays)
    out += "relay " + relay.name + ": " + joined(relay.listen) + " -> " + joined(relay.next_hop) +
           " (" + mode_name(relay.mode) + ")\n";
  std::vector<const config::domain_settings*> domains;
  for (const auto& named : s.domains)
    domains.push_back(&named.second);
  std::sort(domains.begin(), domains.end(),
            [](const auto* a, const auto* b) { return a->name < b->name; });
  const std::size_t shown = std::min(domains.size(), domains_shown);
  for (std::size_t i = 0; i < shown; ++i)
    out += domain_line(*domains[i]);
  if (shown < domains.size())
    out += "and " + std::to_string(domains.size() - shown) + " more domains\n";
  if (const auto& tables = s.signing.tables)
    out += "key_table: " + std::to_string(tables->key_rows()) +
           " rows, signing_table: " + std::to_string(tables->signing_rows()) + " rows\n";
  std::fputs(out.c_str(), stdout);
}

/// The keys and rows that cannot be used, each with its place.
std::vector<std::string> unusable(const config::settings& s) {
  std::vector<std::string> lines;
  for (const auto& [name, domain] : s.domains)
    for (const auto& bad : domain.unusable)
      lines.push_back(bad.where + ": domain.key.file: key " + name + "/" + bad.selector +
                      " cannot be used: " + bad.why);
  std::sort(lines.begin(), lines.end());
  if (s.signing.tables)
    for (std::string& line : s.signing.tables->unusable())
      lines.push_back(std::move(line));
  return lines;
}

/// What is wrong, and what follows from it.
void report(const config::settings& s, const std::vector<std::string>& bad) {
  for (const std::string& line : s.warnings)
    if (std::find(bad.begin(), bad.end(), line) == bad.end())
      say(check_usage, "warning: " + line);
  for (const std::string& line : bad)
    say(check_usage, line);
  if (!bad.empty())
    say(check_usage, s.signing.on_error == config::error_action::tempfail
                         ? "mail that these keys are for would be deferred with 451 4.7.5"
                         : "mail that these keys are for would pass unsigned");
}

} // namespace

int check(std::span<char* const> arguments) {
  const auto read = read_options(check_usage, arguments);
  if (const auto* status = std::get_if<exit_status>(&read))
    return *status;
  const std::string file(std::get<options>(read).value("config", config::default_file));
  const auto loaded = config::load(file);
  if (const auto* errors = std::get_if<config::errors>(&loaded)) {
    for (const std::string& line : errors->lines)
      say(check_usage, line);
    return bad_configuration;
  }
  const auto& s = *std::get<config::settings_ptr>(loaded);
  const auto bad = unusable(s);
  report(s, bad);
  print_summary(s);
  return bad.empty() ? done : bad_configuration;
}

} // namespace sealonce::command
