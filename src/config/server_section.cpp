// NAME
//   server_section - [server], [log], [dns], [metrics]: the process and what is around it

#include "draft_detail.hpp"
#include <sealonce/config/endpoint.hpp>
#include <sealonce/config/names.hpp>
#include <sealonce/config/quantity.hpp>
#include <sealonce/limits.hpp>

#include <array>

namespace sealonce::config {

namespace {

constexpr std::uint16_t dns_port = 53;

void read_user(const value& v, server_settings& s) {
  const auto name = v.text();
  if (!name)
    return;
  if (*name == "root")
    return v.error("sealonce does not run as root; name an account without rights");
  if (name->find('\0') != std::string::npos || !account_of(*name))
    v.warning("this machine has no account of this name");
  s.user = *name;
  s.user_given = true;
}

constexpr std::array<row<server_settings>, 4> server_rows{{
    {"hostname",
     [](const value& v, server_settings& s) {
       s.hostname = v.parsed<std::string>(parse_host_name).value_or("");
     }},
    {"threads",
     [](const value& v, server_settings& s) {
       s.threads = static_cast<unsigned>(v.number(1, limits::threads).value_or(s.threads));
     }},
    {"max_connections",
     [](const value& v, server_settings& s) {
       s.max_connections = v.number(1, limits::connections).value_or(s.max_connections);
     }},
    {"user", read_user},
}};

constexpr std::array<row<log_settings>, 3> log_rows{{
    {"target",
     [](const value& v, log_settings& s) {
       v.choice(s.target, {{"stderr", log_target::standard_error},
                           {"syslog", log_target::syslog},
                           {"journal", log_target::journal}});
     }},
    {"format",
     [](const value& v, log_settings& s) {
       v.choice(s.format, {{"text", log_format::text}, {"json", log_format::json}});
     }},
    {"level",
     [](const value& v, log_settings& s) {
       v.choice(s.level, {{"error", log_level::error},
                          {"warning", log_level::warning},
                          {"info", log_level::info},
                          {"debug", log_level::debug}});
     }},
}};

void read_dns_servers(const value& v, dns_settings& s) {
  endpoint_rules rules;
  rules.unix_sockets = false;
  rules.default_port = dns_port;
  for (const value& one : v.strings())
    if (const auto written = one.text())
      if (auto e = one.taken(parse_endpoint(*written, rules)))
        s.servers.push_back(std::move(*e));
}

void read_dns_timeout(const value& v, dns_settings& s) {
  const auto timeout = v.parsed<std::chrono::seconds>(parse_duration);
  if (timeout && timeout->count() == 0)
    return v.error("at least \"1s\" is expected");
  s.timeout = timeout.value_or(s.timeout);
}

constexpr std::array<row<dns_settings>, 3> dns_rows{{
    {"servers", read_dns_servers},
    {"timeout", read_dns_timeout},
    {"trust_anchor_file",
     [](const value& v, dns_settings& s) { s.trust_anchor_file = v.text().value_or(""); }},
}};

void read_metrics_listen(const value& v, metrics_settings& s) {
  const auto written = v.text();
  if (!written)
    return;
  s.listen = v.taken(parse_endpoint(*written, {}));
  if (s.listen && !is_local(*s.listen))
    v.warning("counters can be read from the network");
}

constexpr std::array<row<metrics_settings>, 1> metrics_rows{{
    {"listen", read_metrics_listen, support::no_effect_yet},
}};

} // namespace

std::vector<std::string_view> server_names() {
  return taken_names<server_settings>(server_rows);
}
std::vector<std::string_view> log_names() {
  return taken_names<log_settings>(log_rows);
}
std::vector<std::string_view> dns_names() {
  return taken_names<dns_settings>(dns_rows);
}
std::vector<std::string_view> metrics_names() {
  return taken_names<metrics_settings>(metrics_rows);
}

void read_server(const value& v, draft& d) {
  if (const toml::table* table = single_table(v))
    read_section<server_settings>(*table, "server", server_rows, d.made.server, v.errors());
}

void read_log(const value& v, draft& d) {
  if (const toml::table* table = single_table(v))
    read_section<log_settings>(*table, "log", log_rows, d.made.log, v.errors());
}

void read_dns(const value& v, draft& d) {
  if (const toml::table* table = single_table(v))
    read_section<dns_settings>(*table, "dns", dns_rows, d.made.dns, v.errors());
}

void read_metrics(const value& v, draft& d) {
  if (const toml::table* table = single_table(v))
    read_section<metrics_settings>(*table, "metrics", metrics_rows, d.made.metrics, v.errors());
}

} // namespace sealonce::config
