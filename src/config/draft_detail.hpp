#pragma once

#include "section_detail.hpp"
#include <sealonce/config/settings.hpp>
#include <sealonce/policy/table_source.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace sealonce::config {

/// next_hop_auth while it is read; the password comes from its file later.
struct auth_draft {
  smtp::credentials made;
  std::string file; ///< as written
  place at;
  place file_at;
};

/// A [[relay]] while it is read: the settings, and where their parts stand.
struct relay_draft {
  relay_settings relay;
  place name_at;
  place next_hop_protocol_at;
  std::vector<place> listen_at; ///< of each endpoint of relay.listen
  bool allow_given = false;
  std::optional<auth_draft> auth;
  place tls_at;
  place next_hop_tls_at;
};

struct key_draft {
  std::string selector;
  std::string file; ///< as written
  place selector_at;
  place file_at;
};

/// A name or pattern, and where it stands.
struct placed_text {
  std::string text;
  place at;
};

struct domain_draft {
  std::string name;
  place name_at;
  std::vector<placed_text> aliases;
  std::vector<placed_text> lists; ///< patterns of list_rule
  std::vector<key_draft> keys;
  domain_settings made; ///< all but its name and keys
};

/// The tables of OpenDKIM, read once the rest of the file is known.
struct tables_draft {
  std::optional<policy::table_source> keys;
  std::optional<policy::table_source> signing;
  place keys_at;
  place signing_at;
};

/// The whole file while it is read.
struct draft {
  settings made;
  std::vector<domain_draft> domains;
  std::vector<relay_draft> relays;
  tables_draft tables;
  place default_domain_at;
};

// One function for each section: reads it into the draft.
void read_relays(const value& v, draft& d);
void read_domains(const value& v, draft& d);
void read_signing(const value& v, draft& d);
void read_once(const value& v, draft& d);
void read_message(const value& v, draft& d);
void read_dns(const value& v, draft& d);
void read_server(const value& v, draft& d);
void read_log(const value& v, draft& d);
void read_metrics(const value& v, draft& d);

// The tables in a relay.
void read_tls(const value& v, relay_draft& d);
void read_next_hop_tls(const value& v, relay_draft& d);
/// What must hold between the keys of these tables and the relay.
void check_tls(const relay_draft& d, report& r);
/// [relay.timeouts] of a relay.
void read_timeouts(const value& v, relay_draft& d);

// The names of their keys that this version takes.
[[nodiscard]] std::vector<std::string_view> relay_names();
[[nodiscard]] std::vector<std::string_view> next_hop_auth_names();
[[nodiscard]] std::vector<std::string_view> tls_names();
[[nodiscard]] std::vector<std::string_view> next_hop_tls_names();
[[nodiscard]] std::vector<std::string_view> timeouts_names();
[[nodiscard]] std::vector<std::string_view> domain_names();
[[nodiscard]] std::vector<std::string_view> domain_key_names();
[[nodiscard]] std::vector<std::string_view> signing_names();
[[nodiscard]] std::vector<std::string_view> once_names();
[[nodiscard]] std::vector<std::string_view> message_names();
[[nodiscard]] std::vector<std::string_view> dns_names();
[[nodiscard]] std::vector<std::string_view> server_names();
[[nodiscard]] std::vector<std::string_view> log_names();
[[nodiscard]] std::vector<std::string_view> metrics_names();

/// The relay of a configuration without any [[relay]].
[[nodiscard]] relay_settings default_relay();

/// Reads the key files of the domains and makes made.domains. `beside` is where relative files
/// are looked for; `before` as in load().
void load_keys(draft& d, const std::filesystem::path& beside, const settings* before, report& r);

/// next_hop_auth of [[relay]].
void read_next_hop_auth(const value& v, relay_draft& d);
/// Reads the password files of the relays, and makes made.relays. One that cannot be used is an
/// error (a relay that cannot log in would only refuse), but at a reload the old one stays.
void load_passwords(draft& d, const std::filesystem::path& beside, const settings* before,
                    report& r);
/// Loads the relays' certificates, keys and authorities, as load_keys(), while the relays are
/// drafts.
void load_tls(draft& d, const std::filesystem::path& beside, const settings* before, report& r);

/// The account, where the machine has it.
[[nodiscard]] std::optional<crypto::key_account> account_of(const std::string& user);
/// The account that a process becomes that was started as root.
[[nodiscard]] std::optional<crypto::key_account> later_account(const server_settings& s);

/// The key that is set in a line of the file; empty where none is.
[[nodiscard]] std::string_view key_of_line(std::string_view line);
/// Reads OpenDKIM's tables and the key files that they name. A table that cannot be read is an
/// error; a row or a key that cannot be used is a warning.
void load_tables(draft& d, const std::filesystem::path& beside, const settings* before, report& r);

/// exclude_recipients and exclude_headers, of [signing] and of [[domain]].
void read_excluded_recipients(const value& v, exclusions& e);
void read_excluded_headers(const value& v, exclusions& e);

/// RFC 5322 §3.6.8.
[[nodiscard]] bool is_field_name(std::string_view text);

/// What toml++ says of a text that is not TOML, with the remedy where the line shows it.
[[nodiscard]] std::string syntax_error(std::string_view description, std::string_view line);

} // namespace sealonce::config
