#pragma once

#include <sealonce/smtp/reply.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace sealonce::smtp {

/// What a proxy claims of its client by XCLIENT (Postfix, XCLIENT_README). Values are decoded xtext
/// without control octets; empty = not told, "[UNAVAILABLE]" or "[TEMPUNAVAIL]".
struct claimed_client {
  std::string name;
  std::string helo;
  std::string proto; ///< "SMTP" or "ESMTP"
  std::string login;
  bool address_told = false; ///< ADDR was there, perhaps as "[UNAVAILABLE]"
  std::optional<std::array<unsigned char, 16>> address; ///< IPv4 as IPv4-mapped IPv6
};

/// What EHLO announces behind the word.
inline constexpr std::string_view xclient_attributes =
    "NAME ADDR PROTO HELO REVERSE_NAME PORT LOGIN DESTADDR DESTPORT";

/// Parses the argument of XCLIENT into `client`: what was told before and is not told anew stays.
/// Code 0 = done; else 501 5.5.4 names what is wrong, and `client` is as it was. PORT, DESTADDR,
/// DESTPORT and REVERSE_NAME are checked and not kept.
[[nodiscard]] reply parse_xclient(std::string_view argument, claimed_client& client);

} // namespace sealonce::smtp
