#pragma once
// What challenge-response authentication is made of.

#include <sealonce/crypto/digest.hpp>
#include <sealonce/crypto/private_key.hpp>
#include <sealonce/crypto/secret_text.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace sealonce::crypto {

// Each throws std::runtime_error where libcrypto cannot do it at all, never because of the octets.

/// HMAC with SHA-256, RFC 2104. Any octets, any lengths.
[[nodiscard]] sha256_value hmac_sha256(std::string_view key, std::string_view octets);

/// PBKDF2 with HMAC-SHA-256 and one block of output, RFC 8018 §5.2, which is Hi() of RFC 5802 §2.2.
/// Takes about 0.2 ms for each 1000 `iterations` (at least 1).
[[nodiscard]] sha256_value pbkdf2_sha256(std::string_view password, std::string_view salt,
                                         unsigned iterations);

/// Compares in a time that does not depend on where they differ.
[[nodiscard]] bool equal_in_constant_time(std::string_view a, std::string_view b);

/// `octets` random octets as base64, from the generator for public values such as nonces.
[[nodiscard]] std::string random_text(std::size_t octets);

/// Wipes what is kept elsewhere than in a secret_text.
void wipe(std::string& text);
void wipe(sha256_value& value);

/// The text of a file with a password, without the line end at its end; looked at as
/// private_key::load looks at a key file, with the same remedies.
[[nodiscard]] result<secret_text> read_password_file(const std::filesystem::path& file,
                                                     const std::optional<key_account>& later);

} // namespace sealonce::crypto
