#pragma once

#include <sealonce/message/header.hpp>
#include <sealonce/result.hpp>

#include <string>
#include <string_view>

namespace sealonce::dkim {

enum class canonicalization { simple, relaxed };

/// c=, RFC 6376 §3.4.
struct canonicalizations {
  canonicalization header = canonicalization::relaxed;
  canonicalization body = canonicalization::relaxed;
};

/// "relaxed/simple" and so on; one word alone means WORD/simple.
[[nodiscard]] result<canonicalizations> parse_canonicalizations(std::string_view text);
[[nodiscard]] std::string to_string(canonicalizations c);

/// Appends the canonical form of one field (name, colon, value, CRLF) to `out`, RFC 6376 §3.4.1,
/// §3.4.2. `whole` is the field with its last CRLF.
void canonicalize_field(canonicalization how, std::string_view whole, std::string& out);

} // namespace sealonce::dkim
