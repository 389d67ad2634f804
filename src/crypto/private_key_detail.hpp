#pragma once
// What private_key keeps behind its pointer. Private to crypto/.

#include "openssl_detail.hpp"
#include <sealonce/crypto/private_key.hpp>
#include <sealonce/crypto/public_key.hpp>

#include <optional>

namespace sealonce::crypto {

/// The size that Ed25519 keys are known by, in bits and octets.
inline constexpr int ed25519_bits = 256;
inline constexpr std::size_t ed25519_octets = 32;

struct private_key::secret {
  evp_pkey key;
  evp_md_ctx start; ///< a signature that has begun and is only ever copied
  std::optional<public_key> public_half;
};

} // namespace sealonce::crypto
