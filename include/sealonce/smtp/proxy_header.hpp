#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sealonce::smtp {

/// For whom a proxy says that it opened the connection.
struct proxied_client {
  /// It speaks for itself (v2 LOCAL), or cannot say for whom (v1 UNKNOWN, v2 without an address of
  /// IPv4 or IPv6): then the connection's own address counts.
  bool own = false;
  std::array<unsigned char, 16> address{}; ///< IPv4 as IPv4-mapped IPv6
  std::uint16_t port = 0;
};

/// The header of the PROXY protocol, versions 1 and 2 (haproxy.org, proxy-protocol.txt), which
/// stands in front of everything else on a connection. Takes no octet behind it: what follows is
/// SMTP or TLS. Never throws on what the peer says, keeps no clock.
class proxy_header_parser {
public:
  enum class status {
    need_more, ///< wanted() octets more, or fewer
    complete,  ///< client() is known; the next octet is the client's
    malformed, ///< not a header, or one that cannot be understood; close the connection
  };

  /// How many octets may be read without reading past the header; 0 once it is over.
  [[nodiscard]] std::size_t wanted() const;
  /// The next octets, no more than wanted().
  [[nodiscard]] status feed(std::span<const char> bytes);
  [[nodiscard]] const proxied_client& client() const { return client_; }
  /// Octets have come.
  [[nodiscard]] bool begun() const { return !seen_.empty(); }

private:
  [[nodiscard]] bool binary() const;
  [[nodiscard]] status finish_text();
  [[nodiscard]] status finish_binary();

  std::string seen_;
  status status_ = status::need_more;
  proxied_client client_;
};

} // namespace sealonce::smtp
