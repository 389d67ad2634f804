#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sealonce::smtp {

/// What a Received field says of one message. Views must live during received_field() only.
struct received_facts {
  std::string_view hello;     ///< what the client called itself; may be anything
  std::string_view peer;      ///< its address, "192.0.2.1" or "2001:db8::1"; empty = unix-domain
  std::string_view by;        ///< our own name
  std::string_view id;        ///< an atom; the log has it too
  std::string_view recipient; ///< without brackets; empty where there is not exactly one
  bool esmtp = false;
  bool lmtp = false;
  bool tls = false;
  bool authenticated = false;
  bool utf8 = false;     ///< the transaction has SMTPUTF8
  std::int64_t time = 0; ///< Unix seconds
};

/// A Received field (RFC 5321 §4.4) with its last CRLF, folded. A name that the grammar has no
/// place for becomes "unknown": nobody writes a field of his own by way of EHLO.
[[nodiscard]] std::string received_field(const received_facts& facts);

/// "SMTP", "ESMTPS", "LMTP", "UTF8SMTPSA", …: RFC 3848, RFC 6531 §4.3.
[[nodiscard]] std::string with_protocol(const received_facts& facts);

/// "Fri, 20 Nov 2026 14:17:16 +0000", RFC 5322 §3.3. Years 1970 to 9999.
[[nodiscard]] std::string date_time(std::int64_t unix_seconds);

} // namespace sealonce::smtp
