#pragma once

#include <sealonce/config/settings.hpp>
#include <sealonce/result.hpp>

#include <optional>
#include <string_view>

namespace sealonce::config {

/// What an endpoint may be at the place where it is written.
struct endpoint_rules {
  bool names = false;                        ///< host names, for next hops
  bool unix_sockets = true;                  ///< "unix:/path"
  std::optional<std::uint16_t> default_port; ///< where the port may be left out
};

/// "127.0.0.1:10027", "[::1]:10027", "mail.example.com:25", "unix:/run/x.sock". The host of an IP
/// endpoint comes out in its canonical form (inet_ntop), a name in lower case. Fails with a
/// sentence that shows the right form.
[[nodiscard]] result<endpoint> parse_endpoint(std::string_view text, const endpoint_rules& rules);

/// 127.0.0.0/8, ::1 and Unix sockets: nobody on the network can reach it.
[[nodiscard]] bool is_local(const endpoint& e);

/// The same place, however it was written.
[[nodiscard]] bool same_place(const endpoint& a, const endpoint& b);

/// "192.0.2.0/24", "2001:db8::/32", or an address alone. Fails also where bits beyond the prefix
/// are set, naming the network that was probably meant.
[[nodiscard]] result<network> parse_network(std::string_view text);

/// 127.0.0.0/8 and ::1.
[[nodiscard]] std::vector<network> loopback_networks();

} // namespace sealonce::config
