#pragma once

#include <sealonce/result.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sealonce::crypto {

/// Base64 without line breaks, padded, RFC 4648 §4.
[[nodiscard]] std::string base64(std::span<const unsigned char> bytes);

/// The octets that `text` stands for. SP, TAB, CR and LF are skipped wherever they stand, as folded
/// tag values have them (RFC 6376 §2.10); any other octet outside the alphabet is a failure, and so
/// is "=" before the end, a wrong number of them, or a single left-over letter. Padding may be left
/// out as a whole (the ABNF of RFC 6376 §2.10 allows it) and unused low bits are not looked at.
[[nodiscard]] result<std::vector<unsigned char>> decode_base64(std::string_view text);

} // namespace sealonce::crypto
