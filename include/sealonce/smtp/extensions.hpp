#pragma once

#include <sealonce/smtp/reply.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sealonce::smtp {

/// What we understand of service extensions, as bits of a set.
enum extension : unsigned {
  pipelining = 1u << 0,      ///< RFC 2920
  eight_bit_mime = 1u << 1,  ///< RFC 6152
  smtp_utf8 = 1u << 2,       ///< RFC 6531
  dsn = 1u << 3,             ///< RFC 3461
  enhanced_status = 1u << 4, ///< RFC 2034
  message_size = 1u << 5,    ///< RFC 1870
  xforward = 1u << 6,        ///< Postfix's XFORWARD_README
  require_tls = 1u << 7,     ///< RFC 8689
  chunking = 1u << 8,        ///< RFC 3030
  // These add parameters of MAIL or RCPT and nothing else, so they are carried as they are.
  deliver_by = 1u << 9,      ///< RFC 2852, BY= of MAIL
  future_release = 1u << 10, ///< RFC 4865, HOLDFOR= and HOLDUNTIL= of MAIL
  mt_priority = 1u << 11,    ///< RFC 6710, MT-PRIORITY= of MAIL
  rrvs = 1u << 12,           ///< RFC 7293, RRVS= of RCPT
  tracking = 1u << 13,       ///< RFC 3885, MTRK= of MAIL
  no_soliciting = 1u << 14,  ///< RFC 3865, SOLICIT= of MAIL
  xclient = 1u << 16,        ///< Postfix's XCLIENT_README; ours to offer, never the next hop's
};

/// Attributes of XFORWARD, as bits of a set.
enum xforward_attribute : unsigned {
  xforward_name = 1u << 0,
  xforward_addr = 1u << 1,
  xforward_port = 1u << 2,
  xforward_proto = 1u << 3,
  xforward_helo = 1u << 4,
  xforward_ident = 1u << 5,
  xforward_source = 1u << 6,
};

/// The attribute with this name (ASCII case folded), or 0.
[[nodiscard]] unsigned xforward_attribute_named(std::string_view name);

/// What a server offers.
struct extensions {
  unsigned set = 0;                  ///< of `extension`
  unsigned xforward_attributes = 0;  ///< of `xforward_attribute`
  unsigned mechanisms = 0;           ///< of `mechanism` (authentication.hpp); never announced
  std::optional<std::uint64_t> size; ///< octets; absent or 0 = no fixed limit (RFC 1870 §3)
  bool starttls = false;             ///< RFC 3207; a matter of one hop, never mirrored
  /// What stands behind those keywords whose parameters are carried as they are (deliver_by, …): a
  /// keyword's bit, and its words, a blank before each.
  std::vector<std::pair<unsigned, std::string>> words;

  [[nodiscard]] bool has(unsigned wanted) const { return (set & wanted) == wanted; }
};

/// Reads the reply to EHLO. Keywords that we do not understand are left out: what we cannot carry
/// we do not announce.
[[nodiscard]] extensions parse_ehlo(const reply& ehlo);

/// The reply to EHLO that announces them under our name.
[[nodiscard]] std::string ehlo_reply(std::string_view hostname, const extensions& offer);

/// What a relay announces: what the next hop offers, with the smaller of both sizes (`max_size` in
/// octets, 0 = none), and pipelining always, since that is ours. CHUNKING is between two neighbours
/// alone and not mirrored, nor is STARTTLS; REQUIRETLS only where the client too is `inside_tls`
/// (RFC 8689 §4.2).
[[nodiscard]] extensions mirrored(const extensions& next_hop, std::uint64_t max_size,
                                  bool inside_tls = false);

/// All that can be announced while nothing is known of the next hop, because it cannot be reached;
/// every MAIL is deferred then.
[[nodiscard]] extensions everything(std::uint64_t max_size);

} // namespace sealonce::smtp
