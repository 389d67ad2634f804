#pragma once

#include <sealonce/crypto/digest.hpp>
#include <sealonce/dkim/canonical.hpp>

#include <cstdint>
#include <span>

namespace sealonce::dkim {

/// Body canonicalization and SHA-256 in one streaming pass with O(1) memory, RFC 6376 §3.4.3,
/// §3.4.4, §3.7. Input: content with CRLF as its only line end, in pieces of any size; a last line
/// without CRLF is taken as if it had one.
class body_hash {
public:
  explicit body_hash(canonicalization how);

  void update(std::span<const char> piece);
  /// The hash of the whole body; the object starts anew.
  [[nodiscard]] crypto::sha256_value finish();
  /// Octets of the canonical body that have gone into the hash so far (what l= counts).
  [[nodiscard]] std::uint64_t length() const { return length_; }

private:
  crypto::sha256 hash_;
  canonicalization how_;
  std::uint64_t length_ = 0;
};

} // namespace sealonce::dkim
