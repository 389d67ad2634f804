#pragma once

#include <sealonce/crypto/private_key.hpp>
#include <sealonce/result.hpp>

#include <memory>
#include <span>
#include <string>
#include <string_view>

struct evp_pkey_st;

namespace sealonce::crypto {

/// A public key that verifies: from a key record, or the public half of a private key of ours.
/// Immutable and cheap to copy; verify() may be called from any thread.
class public_key {
public:
  /// `octets` is p= of the key record after base64: for RSA a SubjectPublicKeyInfo (RFC 6376
  /// §3.6.1) or a bare PKCS#1 RSAPublicKey, as some publish; for Ed25519 32 octets (RFC 8463 §4).
  /// Fails on anything else, on octets behind the key, and on RSA over limits::rsa_bits_most. Small
  /// RSA keys are taken: what they are worth (RFC 8301 §3.2) the caller decides by bits().
  [[nodiscard]] static result<public_key> from_octets(key_type type,
                                                      std::span<const unsigned char> octets);

  /// The public half; no private octet is kept. Never fails; private_key::public_half() copied.
  [[nodiscard]] static result<public_key> of(const private_key& key);

  [[nodiscard]] key_type type() const { return type_; }
  /// Of the RSA modulus; 256 for Ed25519.
  [[nodiscard]] int bits() const { return bits_; }

  /// Whether `signature` (octets, not base64) is this key's over `data`, in the sense of
  /// private_key::sign. A signature of the wrong size is one that does not verify.
  [[nodiscard]] bool verify(std::string_view data, std::span<const unsigned char> signature) const;

private:
  public_key(std::shared_ptr<evp_pkey_st> key, key_type type, int bits)
      : key_(std::move(key)), type_(type), bits_(bits) {}

  std::shared_ptr<evp_pkey_st> key_;
  key_type type_;
  int bits_;
};

} // namespace sealonce::crypto
