// NAME
//   peer_address - the other end of a connection, and in which networks it is
//
// DESCRIPTION
//   An IPv4-mapped IPv6 address is the IPv4 address: what a rule says of one holds for the other.

#include "peer_address.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>

namespace sealonce::net {
namespace {

constexpr std::array<unsigned char, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::array<unsigned char, 16> loopback_v6{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
constexpr std::array<unsigned char, 16> loopback_v4{0, 0, 0,    0,    0,   0, 0, 0,
                                                    0, 0, 0xff, 0xff, 127, 0, 0, 1};

bool any_has(std::span<const config::network> networks,
             const std::array<unsigned char, 16>& address) {
  return std::any_of(networks.begin(), networks.end(),
                     [&address](const config::network& n) { return n.contains(address); });
}

} // namespace

bool peer_address::in(std::span<const config::network> networks) const {
  return unix_domain ? any_has(networks, loopback_v4) || any_has(networks, loopback_v6)
                     : any_has(networks, octets);
}

peer_address peer_of(const std::array<unsigned char, 16>& octets) {
  peer_address peer;
  peer.octets = octets;
  std::array<char, INET6_ADDRSTRLEN> text{};
  const bool v4 = std::equal(mapped.begin(), mapped.end(), octets.begin());
  ::inet_ntop(v4 ? AF_INET : AF_INET6, octets.data() + (v4 ? mapped.size() : 0), text.data(),
              text.size());
  peer.text = text.data();
  return peer;
}

peer_address address_of(int socket) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  ::getpeername(socket, reinterpret_cast<sockaddr*>(&storage), &length);
  std::array<unsigned char, 16> octets{};
  if (storage.ss_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&storage);
    std::copy(mapped.begin(), mapped.end(), octets.begin());
    std::memcpy(octets.data() + mapped.size(), &v4->sin_addr, sizeof v4->sin_addr);
    return peer_of(octets);
  }
  if (storage.ss_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&storage);
    std::memcpy(octets.data(), &v6->sin6_addr, sizeof v6->sin6_addr);
    return peer_of(octets);
  }
  peer_address peer;
  peer.unix_domain = storage.ss_family == AF_UNIX;
  peer.text = peer.unix_domain ? "unix" : "unknown"; // unknown: it is gone already
  if (peer.unix_domain)
    peer.octets = loopback_v6;
  return peer;
}

} // namespace sealonce::net
