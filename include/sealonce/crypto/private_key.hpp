#pragma once

#include <sealonce/crypto/digest.hpp>
#include <sealonce/result.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sealonce::crypto {

enum class key_type { rsa, ed25519 };
class public_key;

/// An account that may own and read key files besides root and the one that runs the process now:
/// the account that the process is going to become ([server] user).
struct key_account {
  unsigned user = 0;  ///< uid
  unsigned group = 0; ///< gid
};

/// A private key that signs. Immutable after load; sign() may be called from any thread. The key
/// material is wiped when the last owner lets go and never leaves the object but by to_pem().
class private_key {
public:
  /// PEM, PKCS#1 ("RSA PRIVATE KEY") or PKCS#8 ("PRIVATE KEY"), not encrypted. Fails on: no key in
  /// the text, an encrypted key, another algorithm, RSA under 1024 bits (RFC 8301 §3.2) or over
  /// limits::rsa_bits_most. The caller wipes `pem`.
  [[nodiscard]] static result<std::shared_ptr<const private_key>> from_pem(std::string_view pem);

  /// Opens the file once, and as from_pem. Refuses what is not a regular file, is larger than
  /// limits::key_file, belongs to another account than root, our own or `later`, or can be read or
  /// written by others (mode & 0037, and group reading unless the group is root's, our own or that
  /// of `later`): the failure names the exact chown and chmod. The text read is wiped.
  [[nodiscard]] static result<std::shared_ptr<const private_key>>
  load(const std::filesystem::path& file, std::optional<key_account> later = std::nullopt);

  /// A new key; `bits` counts for RSA only. Fails on sizes that from_pem refuses.
  [[nodiscard]] static result<std::shared_ptr<const private_key>> generate(key_type type, int bits);

  ~private_key();
  private_key(const private_key&) = delete;
  private_key& operator=(const private_key&) = delete;

  [[nodiscard]] key_type type() const { return type_; }
  /// Of the RSA modulus; 256 for Ed25519.
  [[nodiscard]] int bits() const { return bits_; }

  /// rsa-sha256: RSASSA-PKCS1-v1_5 over SHA-256 of `data` (RFC 6376 §3.3.1). ed25519-sha256:
  /// PureEdDSA over the 32 octets of SHA-256 of `data` (RFC 8463 §3). The result is base64.
  [[nodiscard]] result<std::string> sign(std::string_view data) const;

  /// The same as public_half().verify(data, signature), but less work for Ed25519: a signature is
  /// determined by key and data there (RFC 8032 §5.1.6), and signing costs a third of verifying. So
  /// data is signed again and compared; only what differs is verified.
  [[nodiscard]] bool verify(std::string_view data, std::span<const unsigned char> signature) const;

  /// The public half, made once when the key was loaded; lives as long as the object.
  [[nodiscard]] const public_key& public_half() const;

  /// What p= of the key record holds, base64: SubjectPublicKeyInfo for RSA (RFC 6376 §3.6.1), the
  /// bare 32 octets for Ed25519 (RFC 8463 §4).
  [[nodiscard]] std::string public_record() const;

  /// PKCS#8 PEM, for keygen only.
  [[nodiscard]] std::string to_pem() const;

private:
  struct secret;
  private_key(std::unique_ptr<secret> s, key_type type, int bits);
  [[nodiscard]] static result<std::shared_ptr<const private_key>> adopt(std::unique_ptr<secret> s);
  [[nodiscard]] std::size_t sign_into(std::span<unsigned char> room, std::string_view data) const;

  std::unique_ptr<secret> secret_;
  key_type type_;
  int bits_;
};

} // namespace sealonce::crypto
