#pragma once

#include "asio_types.hpp"
#include <sealonce/config/settings.hpp>

#include <array>
#include <span>
#include <string>

namespace sealonce::net {

/// Who is at the other end.
struct peer_address {
  std::string text;                       ///< "192.0.2.1", "2001:db8::1", "unix"
  std::array<unsigned char, 16> octets{}; ///< IPv4 as IPv4-mapped IPv6; of unix ::1
  bool unix_domain = false;

  /// One of `networks` has this address. A peer of a unix-domain socket counts as loopback.
  [[nodiscard]] bool in(std::span<const config::network> networks) const;
};

/// The peer of a connected socket.
[[nodiscard]] peer_address address_of(int socket);

/// The address of these octets (IPv4 as IPv4-mapped IPv6).
[[nodiscard]] peer_address peer_of(const std::array<unsigned char, 16>& octets);

} // namespace sealonce::net
