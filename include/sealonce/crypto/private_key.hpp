#pragma once

#include <sealonce/crypto/digest.hpp>
#include <sealonce/result.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace sealonce::crypto {

enum class key_type { rsa, ed25519 };

/// A private key that signs. Immutable after load; sign() may be called from any thread. The key
/// material is wiped when the last owner lets go and never leaves the object but by to_pem().
class private_key {
public:
  /// PEM, PKCS#1 ("RSA PRIVATE KEY") or PKCS#8 ("PRIVATE KEY"), not encrypted. Fails on: no key in
  /// the text, an encrypted key, another algorithm, RSA under 1024 bits (RFC 8301 §3.2) or over
  /// limits::rsa_bits_most.
  [[nodiscard]] static result<std::shared_ptr<const private_key>> from_pem(std::string_view pem);

  /// Reads the file once and as from_pem. Refuses what is not a regular file, is larger than
  /// limits::key_file, or can be read or written by others (mode & 0037, and group reading unless
  /// the group is root's or our own): the failure names the exact chown and chmod.
  [[nodiscard]] static result<std::shared_ptr<const private_key>>
  load(const std::filesystem::path& file);

  /// A new key; `bits` counts for RSA only.
  [[nodiscard]] static result<std::shared_ptr<const private_key>> generate(key_type type, int bits);

  ~private_key();
  private_key(const private_key&) = delete;
  private_key& operator=(const private_key&) = delete;

  [[nodiscard]] key_type type() const { return type_; }
  [[nodiscard]] int bits() const { return bits_; }

  /// rsa-sha256: RSASSA-PKCS1-v1_5 over SHA-256 of `data` (RFC 6376 §3.3.1). ed25519-sha256:
  /// PureEdDSA over the 32 octets of SHA-256 of `data` (RFC 8463 §3). The result is base64.
  [[nodiscard]] result<std::string> sign(std::string_view data) const;

  /// What p= of the key record holds, base64: SubjectPublicKeyInfo for RSA (RFC 6376 §3.6.1), the
  /// bare 32 octets for Ed25519 (RFC 8463 §4).
  [[nodiscard]] std::string public_record() const;

  /// PKCS#8 PEM, for keygen only.
  [[nodiscard]] std::string to_pem() const;

private:
  struct secret;
  private_key(std::unique_ptr<secret> s, key_type type, int bits);
  std::unique_ptr<secret> secret_;
  key_type type_;
  int bits_;
};

} // namespace sealonce::crypto
