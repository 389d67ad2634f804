// NAME
//   relay_section - [[relay]]: where mail comes in and where it goes
//
// DESCRIPTION
//   Reads each relay and then looks at all of them together: names and places to listen are there
//   once, nobody sends to himself, and a door to the network has a list of who may come in.

#include "draft_detail.hpp"
#include <sealonce/config/endpoint.hpp>
#include <sealonce/config/quantity.hpp>
#include <sealonce/limits.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <grp.h>

namespace sealonce::config {

namespace {

std::optional<endpoint> read_endpoint(const value& v, const endpoint_rules& rules) {
  const auto written = v.text();
  if (!written)
    return std::nullopt;
  return v.taken(parse_endpoint(*written, rules));
}

void read_name(const value& v, relay_draft& d) {
  const auto written = v.text();
  if (!written)
    return;
  constexpr std::size_t longest = 64;
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789._-";
  if (written->size() > longest || written->find_first_not_of(allowed) != std::string::npos)
    return v.error("letters, digits, dots, hyphens and underscores are expected, at most 64");
  d.relay.name = *written;
  d.name_at = v.at();
}

void read_listen(const value& v, relay_draft& d) {
  for (const value& one : v.strings()) {
    auto e = read_endpoint(one, {});
    if (!e)
      continue;
    d.relay.listen.push_back(std::move(*e));
    d.listen_at.push_back(one.at());
  }
}

void read_next_hop(const value& v, relay_draft& d) {
  endpoint_rules rules;
  rules.names = true;
  for (const value& one : v.strings()) {
    auto e = read_endpoint(one, rules);
    if (!e)
      continue;
    const auto& known = d.relay.next_hop;
    if (std::any_of(known.begin(), known.end(),
                    [&e](const endpoint& o) { return same_place(*e, o); }))
      one.error(in_quotes(e->text) + " is there twice");
    d.relay.next_hop.push_back(std::move(*e));
  }
}

void read_protocol(const value& v, protocol& out) {
  v.choice(out, {{"smtp", protocol::smtp}, {"lmtp", protocol::lmtp}});
}

void read_count(const value& v, std::uint64_t least, std::uint64_t most, unsigned& out) {
  if (const auto n = v.number(least, most))
    out = static_cast<unsigned>(*n);
}

void read_mode(const value& v, relay_draft& d) {
  v.choice(d.relay.mode, {{"sign", relay_mode::sign},
                          {"verify", relay_mode::verify},
                          {"both", relay_mode::both},
                          {"pass", relay_mode::pass}});
  if (d.relay.mode == relay_mode::verify || d.relay.mode == relay_mode::both)
    v.error("\"verify\" and \"both\" are not supported by this version");
}

bool is_everybody(const network& n) {
  constexpr unsigned all_of_ipv4 = 96;
  return n.prefix == 0 || n.prefix == all_of_ipv4;
}

void read_allow(const value& v, relay_draft& d) {
  d.allow_given = true;
  for (const value& one : v.strings()) {
    const auto n = one.parsed<network>(parse_network);
    if (!n)
      continue;
    if (is_everybody(*n))
      one.warning("everybody may connect, and have mail signed");
    d.relay.allow.push_back(*n);
  }
}

std::vector<network> read_networks(const value& v) {
  std::vector<network> networks;
  for (const value& one : v.strings(true))
    if (const auto n = one.parsed<network>(parse_network))
      networks.push_back(*n);
  return networks;
}

void read_xclient_from(const value& v, relay_draft& d) {
  d.relay.xclient_from = read_networks(v);
  for (const network& n : d.relay.xclient_from)
    if (is_everybody(n))
      v.warning("everybody may claim to be another client, and so pass allow");
}

void read_internal_hosts(const value& v, relay_draft& d) {
  d.relay.internal_hosts = read_networks(v);
}

/// Octal digits, as chmod(1) takes them.
void read_socket_mode(const value& v, relay_draft& d) {
  const auto written = v.text();
  if (!written)
    return;
  constexpr int octal = 8;
  unsigned mode = 0;
  const char* end = written->data() + written->size();
  const auto [rest, error] = std::from_chars(written->data(), end, mode, octal);
  if (error != std::errc() || rest != end || mode > 0777)
    return v.error("octal digits up to \"0777\" are expected, in quotes");
  d.relay.socket_mode = mode;
}

void read_socket_owner(const value& v, relay_draft& d) {
  const auto name = v.text();
  const auto account = name ? account_of(*name) : std::nullopt;
  if (account)
    d.relay.socket_owner = account->user;
  else if (name)
    v.error("there is no account " + in_quotes(*name));
}

void read_socket_group(const value& v, relay_draft& d) {
  const auto name = v.text();
  const group* found = name ? ::getgrnam(name->c_str()) : nullptr;
  if (found != nullptr)
    d.relay.socket_group = found->gr_gid;
  else if (name)
    v.error("there is no group " + in_quotes(*name));
}

constexpr auto rows = std::to_array<row<relay_draft>>({
    {"name", read_name},
    {"listen", read_listen},
    {"next_hop", read_next_hop},
    {"listen_protocol",
     [](const value& v, relay_draft& d) { read_protocol(v, d.relay.listen_protocol); }},
    {"next_hop_protocol",
     [](const value& v, relay_draft& d) {
       d.next_hop_protocol_at = v.at();
       read_protocol(v, d.relay.next_hop_protocol);
     }},
    {"chunking",
     [](const value& v, relay_draft& d) { d.relay.chunking = v.flag().value_or(false); }},
    {"mode", read_mode},
    {"allow", read_allow},
    {"internal_hosts", read_internal_hosts},
    {"xforward_from",
     [](const value& v, relay_draft& d) { d.relay.xforward_from = read_networks(v); }},
    {"next_hop_idle",
     [](const value& v, relay_draft& d) {
       if (const auto time = v.parsed<std::chrono::seconds>(parse_duration))
         d.relay.next_hop_idle = *time;
     }},
    {"next_hop_max_use",
     [](const value& v, relay_draft& d) {
       read_count(v, 1, limits::next_hop_uses, d.relay.next_hop_max_use);
     }},
    {"next_hop_max_idle",
     [](const value& v, relay_draft& d) {
       read_count(v, 0, limits::connections, d.relay.next_hop_max_idle);
     }},
    {"received",
     [](const value& v, relay_draft& d) { d.relay.received = v.flag().value_or(false); }},
    {"max_hops",
     [](const value& v, relay_draft& d) { read_count(v, 1, limits::hops, d.relay.max_hops); }},
    {"socket_mode", read_socket_mode},
    {"socket_owner", read_socket_owner},
    {"socket_group", read_socket_group},
    {"xclient_from", read_xclient_from},
    {"proxy_protocol_from",
     [](const value& v, relay_draft& d) { d.relay.proxy_protocol_from = read_networks(v); }},
    {"max_connections_per_client",
     [](const value& v, relay_draft& d) {
       d.relay.max_connections_per_client = v.number(1, limits::connections).value_or(0);
     }},
    {"message_rate",
     [](const value& v, relay_draft& d) {
       d.relay.message_rate = v.number(1, limits::message_rate).value_or(0);
     }},
    {"max_recipients",
     [](const value& v, relay_draft& d) {
       d.relay.max_recipients = v.number(1, limits::recipients).value_or(limits::recipients);
     }},
    {"timeouts", read_timeouts},
    {"tls", read_tls},
    {"next_hop_tls", read_next_hop_tls},
    {"next_hop_auth", read_next_hop_auth},
});

/// An LMTP next hop answers for each recipient, an SMTP upstream takes one answer: it is given one
/// recipient at a time.
void check_protocols(const relay_draft& d, report& r) {
  if (d.relay.next_hop_protocol == protocol::lmtp && d.relay.listen_protocol == protocol::smtp)
    r.warning(d.next_hop_protocol_at, "relay.next_hop_protocol",
              "SMTP in and LMTP out takes one recipient in each transaction: let the upstream send "
              "no more, in Postfix with TRANSPORT_destination_recipient_limit=1, or listen in LMTP "
              "too");
}

void check_doors(relay_draft& d, report& r) {
  for (std::size_t i = 0; i < d.relay.listen.size(); ++i) {
    const endpoint& e = d.relay.listen[i];
    if (!is_local(e) && !d.allow_given)
      r.error(d.listen_at[i], "relay.listen",
              in_quotes(e.text) + " can be reached from the network: say who may connect, such as "
                                  "allow = [\"192.0.2.0/24\"]");
    for (const endpoint& to : d.relay.next_hop)
      if (same_place(e, to))
        r.error(d.listen_at[i], "relay.listen",
                in_quotes(e.text) + " is also this relay's next_hop: mail would go round for ever");
  }
  if (!d.allow_given)
    d.relay.allow = loopback_networks();
}

void check_duplicates(const std::vector<relay_draft>& all, const relay_draft& d, report& r) {
  for (std::size_t i = 0; i < d.relay.listen.size(); ++i) {
    const endpoint& e = d.relay.listen[i];
    const auto begin = d.relay.listen.begin();
    bool twice = std::any_of(begin, begin + static_cast<std::ptrdiff_t>(i),
                             [&](const endpoint& o) { return same_place(e, o); });
    for (const relay_draft& other : all)
      twice = twice || std::any_of(other.relay.listen.begin(), other.relay.listen.end(),
                                   [&](const endpoint& o) { return same_place(e, o); });
    if (twice)
      r.error(d.listen_at[i], "relay.listen", in_quotes(e.text) + " is there twice");
  }
  for (const relay_draft& other : all)
    if (!d.relay.name.empty() && other.relay.name == d.relay.name)
      r.error(d.name_at, "relay.name", in_quotes(d.relay.name) + " is the name of another relay");
}

} // namespace

std::vector<std::string_view> relay_names() {
  return taken_names<relay_draft>(rows);
}

relay_settings default_relay() {
  relay_settings relay;
  relay.name = "outbound";
  relay.listen.push_back(parse_endpoint("127.0.0.1:10027", {}).value());
  relay.next_hop.push_back(parse_endpoint("127.0.0.1:10028", {}).value());
  relay.allow = relay.xforward_from = loopback_networks();
  return relay;
}

void read_relays(const value& v, draft& d) {
  std::vector<relay_draft> all;
  for (const toml::table* table : tables(v)) {
    relay_draft one;
    one.relay.xforward_from = loopback_networks();
    read_section<relay_draft>(*table, "relay", rows, one, v.errors());
    require(*table, "relay", {"name", "listen", "next_hop"}, v.errors());
    check_doors(one, v.errors());
    check_protocols(one, v.errors());
    check_duplicates(all, one, v.errors());
    check_tls(one, v.errors());
    all.push_back(std::move(one));
  }
  d.relays = std::move(all);
}

} // namespace sealonce::config
