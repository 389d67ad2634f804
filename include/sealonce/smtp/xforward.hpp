#pragma once

#include <sealonce/smtp/extensions.hpp>
#include <sealonce/smtp/reply.hpp>

#include <string>
#include <string_view>

namespace sealonce::smtp {

/// What the upstream told of the original client (Postfix, XFORWARD_README). Values are decoded
/// xtext (RFC 3461 §4) without control octets, at most limits::xforward_value octets each; those
/// over 127 may occur (SMTPUTF8). Empty = not told, "[UNAVAILABLE]" or "[TEMPUNAVAIL]".
struct original_client {
  std::string name;
  std::string addr; ///< "192.0.2.1" or "IPV6:2001:db8::1"
  std::string port;
  std::string proto;
  std::string helo;
  std::string ident;  ///< the upstream's queue id
  std::string source; ///< "LOCAL" or "REMOTE"
};

/// One XFORWARD command.
struct xforward_command {
  unsigned attributes = 0; ///< those that it sets
  std::string parameters;  ///< " NAME=value …" exactly as written, only those in `carried`
  reply refusal;           ///< code() != 0: nothing was taken
};

/// Parses the argument of XFORWARD, notes the values in `client` and keeps for the next hop those
/// attributes that it has (`carried`, bits of xforward_attribute). 501 5.5.4 names what is wrong;
/// then `client` is as it was.
[[nodiscard]] xforward_command parse_xforward(std::string_view argument, unsigned carried,
                                              original_client& client);

} // namespace sealonce::smtp
