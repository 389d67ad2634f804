// NAME
//   tls_section - [relay.tls] and [relay.next_hop_tls]: certificates, keys, and whom to trust
//
// DESCRIPTION
//   Reads both tables, and loads certificates and keys once the rest of the file is known. What
//   cannot be loaded is an error: without its certificate a relay would be deaf, or talk in
//   plaintext. At a reload a relay whose files cannot be read now keeps what it had.
//
// DIAGNOSTICS
//   Warnings of a certificate that has expired, or soon will.

#include "draft_detail.hpp"
#include <sealonce/config/names.hpp>
#include <sealonce/crypto/tls_context.hpp>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cctype>

namespace sealonce::config {
namespace {

constexpr std::size_t sha256_digits = 64;

void read_path(const value& v, std::string& out) {
  out = v.text().value_or("");
  if (out.find('\0') != std::string::npos)
    v.error("a NUL octet stands in the path");
}

void read_server_name(const value& v, std::string& out) {
  const auto written = v.text();
  if (!written)
    return;
  std::array<unsigned char, sizeof(in6_addr)> address{};
  if (::inet_pton(AF_INET, written->c_str(), address.data()) == 1 ||
      ::inet_pton(AF_INET6, written->c_str(), address.data()) == 1)
    out = *written;
  else
    out = v.taken(parse_host_name(*written)).value_or("");
}

/// 64 hexadecimal digits, in any case, with or without colons between them.
result<std::string> parse_fingerprint(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c == ':')
      continue;
    if (std::isxdigit(static_cast<unsigned char>(c)) == 0)
      digits.assign(sha256_digits + 1, '?');
    else
      digits += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  if (digits.size() != sha256_digits)
    return failure("a SHA-256 fingerprint of 64 hexadecimal digits is expected, such as "
                   "\"openssl x509 -noout -fingerprint -sha256\" prints");
  return digits;
}

void read_fingerprints(const value& v, next_hop_tls_settings& t) {
  for (const value& one : v.strings())
    t.fingerprints.push_back(one.parsed<std::string>(parse_fingerprint).value_or(""));
}

constexpr std::array<row<tls_settings>, 3> tls_rows{{
    {"mode",
     [](const value& v, tls_settings& t) {
       v.choice(t.mode, {{"starttls", tls_mode::starttls},
                         {"required", tls_mode::required},
                         {"implicit", tls_mode::implicit}});
     }},
    {"certificate", [](const value& v, tls_settings& t) { read_path(v, t.certificate); }},
    {"key", [](const value& v, tls_settings& t) { read_path(v, t.key); }},
}};

constexpr std::array<row<next_hop_tls_settings>, 7> next_hop_rows{{
    {"level",
     [](const value& v, next_hop_tls_settings& t) {
       v.choice(t.level, {{"may", tls_level::may},
                          {"encrypt", tls_level::encrypt},
                          {"verify", tls_level::verify},
                          {"fingerprint", tls_level::fingerprint}});
     }},
    {"implicit",
     [](const value& v, next_hop_tls_settings& t) { t.implicit = v.flag().value_or(false); }},
    {"name", [](const value& v, next_hop_tls_settings& t) { read_server_name(v, t.name); }},
    {"ca_file", [](const value& v, next_hop_tls_settings& t) { read_path(v, t.ca_file); }},
    {"fingerprints", read_fingerprints},
    {"certificate", [](const value& v, next_hop_tls_settings& t) { read_path(v, t.certificate); }},
    {"key", [](const value& v, next_hop_tls_settings& t) { read_path(v, t.key); }},
}};

void make_absolute(std::string& file, const std::filesystem::path& beside) {
  if (!file.empty())
    file = (beside / file).lexically_normal().string();
}

using loaded = result<std::shared_ptr<const crypto::tls_context>>;

loaded make_context(const tls_settings& t, const std::optional<crypto::key_account>& later) {
  return crypto::tls_context::for_server({t.certificate, t.key}, later);
}

loaded make_context(const next_hop_tls_settings& t,
                    const std::optional<crypto::key_account>& later) {
  crypto::tls_client_rules rules;
  if (t.level == tls_level::may || t.level == tls_level::encrypt)
    rules.trust = crypto::tls_trust::anybody;
  if (t.level == tls_level::fingerprint)
    rules.trust = crypto::tls_trust::fingerprint;
  rules.ca_file = t.ca_file;
  rules.fingerprints = t.fingerprints;
  if (!t.certificate.empty())
    rules.identity = crypto::tls_identity{t.certificate, t.key};
  return crypto::tls_context::for_client(rules, later);
}

/// What was loaded from the same files for the same purpose serves on.
bool serves_for(const tls_settings& old, const tls_settings& now) {
  return old.certificate == now.certificate && old.key == now.key;
}

bool serves_for(const next_hop_tls_settings& old, const next_hop_tls_settings& now) {
  return old.level == now.level && old.ca_file == now.ca_file &&
         old.fingerprints == now.fingerprints && old.certificate == now.certificate &&
         old.key == now.key;
}

/// Where a table stands, and what was there before a reload.
template <class T> // tls_settings and next_hop_tls_settings
struct table_place {
  const std::optional<T>* before;
  place at;
  std::string_view key;
};

template <class T> // as table_place
void load_table(T& now, const std::string& relay, const table_place<T>& where, draft& d,
                report& r) {
  auto made = make_context(now, later_account(d.made.server));
  if (made) {
    now.context = std::move(made).value();
    if (const std::string warning = now.context->warning(); !warning.empty())
      r.warning(where.at, where.key, warning);
    return;
  }
  const std::string& why = made.error().what;
  if (where.before == nullptr || !*where.before || !serves_for(**where.before, now))
    return r.error(where.at, where.key, why);
  now.context = (*where.before)->context;
  d.made.kept.push_back(r.where(where.at) + ": relay " + relay + ": " + why +
                        "; the relay goes on with what it had read before");
}

const relay_settings* find_relay(const settings* all, const std::string& name) {
  if (all == nullptr)
    return nullptr;
  const auto found = std::find_if(all->relays.begin(), all->relays.end(),
                                  [&name](const relay_settings& r) { return r.name == name; });
  return found == all->relays.end() ? nullptr : &*found;
}

void check_trust(const next_hop_tls_settings& t, const relay_draft& d, report& r) {
  const auto wrong = [&](std::string_view sentence) {
    r.error(d.next_hop_tls_at, "relay.next_hop_tls", sentence);
  };
  if (t.level == tls_level::fingerprint && t.fingerprints.empty())
    wrong("level = \"fingerprint\" needs fingerprints");
  if (t.level != tls_level::fingerprint && !t.fingerprints.empty())
    r.warning(d.next_hop_tls_at, "relay.next_hop_tls",
              "fingerprints count only with level = \"fingerprint\"");
  if (t.level != tls_level::verify && !t.ca_file.empty())
    r.warning(d.next_hop_tls_at, "relay.next_hop_tls",
              "ca_file counts only with level = \"verify\"");
  if (t.implicit && t.level == tls_level::may)
    wrong("with implicit = true there is no plaintext to fall back to: the level must be "
          "\"encrypt\", \"verify\" or \"fingerprint\"");
  if (t.certificate.empty() != t.key.empty())
    wrong("certificate and key belong together: one of them is missing");
  const bool nameless =
      std::any_of(d.relay.next_hop.begin(), d.relay.next_hop.end(),
                  [](const endpoint& e) { return e.what == endpoint::kind::unix_socket; });
  if (t.level == tls_level::verify && t.name.empty() && nameless)
    wrong("a unix-domain next hop has no host name that a certificate could be for: set name");
}

} // namespace

std::vector<std::string_view> tls_names() {
  return taken_names<tls_settings>(tls_rows);
}
std::vector<std::string_view> next_hop_tls_names() {
  return taken_names<next_hop_tls_settings>(next_hop_rows);
}

void read_tls(const value& v, relay_draft& d) {
  const toml::table* table = single_table(v);
  if (table == nullptr)
    return;
  d.tls_at = v.at();
  read_section<tls_settings>(*table, v.key(), tls_rows, d.relay.tls.emplace(), v.errors());
  require(*table, v.key(), {"certificate", "key"}, v.errors());
}

void read_next_hop_tls(const value& v, relay_draft& d) {
  const toml::table* table = single_table(v);
  if (table == nullptr)
    return;
  d.next_hop_tls_at = v.at();
  read_section<next_hop_tls_settings>(*table, v.key(), next_hop_rows,
                                      d.relay.next_hop_tls.emplace(), v.errors());
}

void check_tls(const relay_draft& d, report& r) {
  if (d.relay.next_hop_tls)
    check_trust(*d.relay.next_hop_tls, d, r);
}

void load_tls(draft& d, const std::filesystem::path& beside, const settings* before, report& r) {
  for (relay_draft& one : d.relays) {
    relay_settings& relay = one.relay;
    const relay_settings* old = find_relay(before, relay.name);
    if (relay.tls) {
      make_absolute(relay.tls->certificate, beside);
      make_absolute(relay.tls->key, beside);
      load_table<tls_settings>(*relay.tls, relay.name,
                               {old ? &old->tls : nullptr, one.tls_at, "relay.tls"}, d, r);
    }
    if (relay.next_hop_tls) {
      make_absolute(relay.next_hop_tls->ca_file, beside);
      make_absolute(relay.next_hop_tls->certificate, beside);
      make_absolute(relay.next_hop_tls->key, beside);
      load_table<next_hop_tls_settings>(
          *relay.next_hop_tls, relay.name,
          {old ? &old->next_hop_tls : nullptr, one.next_hop_tls_at, "relay.next_hop_tls"}, d, r);
    }
  }
}

} // namespace sealonce::config
