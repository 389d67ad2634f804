#pragma once

#include <sealonce/smtp/extensions.hpp>
#include <sealonce/smtp/reply.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sealonce::smtp {

/// Attributes of XFORWARD that there are.
inline constexpr std::size_t xforward_attribute_count = 7;

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
  /// "NAME=value" as the upstream wrote it, by the number of the attribute's bit; empty = not told.
  std::array<std::string, xforward_attribute_count> written;

  /// Bits of xforward_attribute that were told, "[UNAVAILABLE]" or not.
  [[nodiscard]] unsigned told() const;
};

/// A value in xtext, RFC 3461 §4: "+" and two upper case hexadecimal digits stand for one octet,
/// any other octet is printable US-ASCII and stands for itself. Nothing for an empty value, one
/// over limits::xforward_value octets, and one that holds, or hides, a control octet.
[[nodiscard]] std::optional<std::string> decode_xtext(std::string_view text);
/// "[UNAVAILABLE]" or "[TEMPUNAVAIL]".
[[nodiscard]] bool is_unavailable(std::string_view value);

/// Parses the argument of XFORWARD and notes the values in `client`: what was told before and is
/// not told anew stays. Code 0 = done; else 501 5.5.4 names what is wrong, and `client` is as it
/// was.
[[nodiscard]] reply parse_xforward(std::string_view argument, original_client& client);

/// The commands, without CRLF and no longer than limits::command_line with it, that tell a next hop
/// what it has names for (`attributes`, bits of xforward_attribute), each value exactly as the
/// upstream wrote it.
[[nodiscard]] std::vector<std::string> xforward_lines(const original_client& client,
                                                      unsigned attributes);

} // namespace sealonce::smtp
