// NAME
//   resolve - addresses of the next hops
//
// DIAGNOSTICS
//   A name that cannot be resolved is a sentence that names the relay: at start the process does
//   not start, at reload the old configuration stays; later, the old addresses stay.

#include "resolve.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <algorithm>
#include <netdb.h>

namespace sealonce::net {
namespace {

using tcp = asio::ip::tcp;
using addresses = std::vector<hop_address>;

bool same_endpoint(const hop_address& a, const hop_address& b) {
  return a.endpoint == b.endpoint;
}

bool same_set(const addresses& a, const addresses& b) {
  return std::is_permutation(a.begin(), a.end(), b.begin(), b.end(), same_endpoint);
}

/// "192.0.2.1, 2001:db8::1".
std::string shown(const addresses& all) {
  std::string out;
  for (const auto& one : all) {
    tcp::endpoint ip;
    ip.resize(one.endpoint.size());
    const auto* octets = reinterpret_cast<const char*>(one.endpoint.data());
    std::copy(octets, octets + one.endpoint.size(), reinterpret_cast<char*>(ip.data()));
    out += (out.empty() ? "" : ", ") + ip.address().to_string();
  }
  return out;
}

result<addresses> look_up(const config::endpoint& to) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const auto port = std::to_string(to.port);
  const int error = ::getaddrinfo(to.host.c_str(), port.c_str(), &hints, &found);
  if (error != 0)
    return failure("next_hop " + to.text + ": " + ::gai_strerror(error));
  addresses out;
  for (const addrinfo* a = found; a != nullptr; a = a->ai_next) {
    hop_address address;
    address.endpoint = asio::generic::stream_protocol::endpoint(a->ai_addr, a->ai_addrlen);
    address.text = to.text;
    address.name = to.host;
    const auto same = [&address](const hop_address& o) { return same_endpoint(address, o); };
    if (std::none_of(out.begin(), out.end(), same))
      out.push_back(std::move(address));
  }
  ::freeaddrinfo(found);
  return out;
}

result<addresses> addresses_of(const config::endpoint& to) {
  if (to.what == config::endpoint::kind::name)
    return look_up(to);
  hop_address address;
  address.text = to.text;
  if (to.what == config::endpoint::kind::unix_socket) {
    address.endpoint = asio::local::stream_protocol::endpoint(to.host);
    return addresses{std::move(address)};
  }
  error_code error;
  const auto ip = asio::ip::make_address(to.host, error);
  if (error)
    return failure("next_hop " + to.text + ": not an address");
  address.endpoint = tcp::endpoint(ip, to.port);
  address.name = to.host;
  return addresses{std::move(address)};
}

void append(const addresses& more, addresses& to) {
  to.insert(to.end(), more.begin(), more.end());
}

/// Those that this endpoint has in a snapshot.
addresses known_addresses(const snapshot& s, const std::string& relay, const std::string& text) {
  addresses out;
  for (const auto& one : s.next_hops.at(relay))
    if (one.text == text)
      out.push_back(one);
  return out;
}

} // namespace

result<snapshot_ptr> resolve(config::settings_ptr settings) {
  auto made = std::make_shared<snapshot>();
  for (const auto& relay : settings->relays)
    for (const auto& to : relay.next_hop) {
      const auto found = addresses_of(to);
      if (!found)
        return failure("relay " + relay.name + ": " + found.error().what);
      append(found.value(), made->next_hops[relay.name]);
    }
  made->settings = std::move(settings);
  return snapshot_ptr(std::move(made));
}

bool has_names(const config::settings& settings) {
  return std::any_of(settings.relays.begin(), settings.relays.end(), [](const auto& relay) {
    return std::any_of(relay.next_hop.begin(), relay.next_hop.end(),
                       [](const auto& to) { return to.what == config::endpoint::kind::name; });
  });
}

renewed_addresses resolve_again(const snapshot& before, name_complaints& complained) {
  renewed_addresses out;
  auto made = std::make_shared<snapshot>();
  made->settings = before.settings;
  bool changed = false;
  for (const auto& relay : before.settings->relays)
    for (const auto& to : relay.next_hop) {
      const auto known = known_addresses(before, relay.name, to.text);
      auto& next = made->next_hops[relay.name];
      if (to.what != config::endpoint::kind::name) {
        append(known, next);
        continue;
      }
      const auto found = look_up(to);
      if (!found && complained.insert(to.text).second)
        out.lines.emplace_back(config::log_level::warning,
                               "relay " + relay.name + ": " + found.error().what +
                                   "; the addresses that it had stay: " + shown(known));
      if (found)
        complained.erase(to.text);
      if (!found || same_set(found.value(), known)) {
        append(known, next);
        continue;
      }
      changed = true;
      append(found.value(), next);
      out.lines.emplace_back(config::log_level::info,
                             "relay " + relay.name + ": next_hop " + to.text + " is now " +
                                 shown(found.value()) + ", was " + shown(known));
    }
  if (changed)
    out.made = std::move(made);
  return out;
}

} // namespace sealonce::net
