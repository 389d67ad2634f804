// NAME
//   public_key - verifies what a DKIM key has signed
// DESCRIPTION
//   Reads the key out of a key record and verifies. The octets come from strangers' DNS: DER is
//   taken only when it is one whole key with nothing behind it, and size is bounded because the
//   cost of verifying grows with its square.
// DIAGNOSTICS
//   Failures say what is wrong with the key. verify() knows only yes and no.
#include "openssl_detail.hpp"
#include "private_key_detail.hpp"
#include <sealonce/crypto/public_key.hpp>
#include <sealonce/limits.hpp>

#include <openssl/err.h>
#include <openssl/x509.h>

namespace sealonce::crypto {
namespace {

/// One whole DER object by `read`, or nothing.
template <class Read>
evp_pkey whole_der(std::span<const unsigned char> der, Read read) {
  const unsigned char* at = der.data();
  evp_pkey key(read(&at, static_cast<long>(der.size())));
  if (key && at != der.data() + der.size()) {
    key.reset();
  }
  return key;
}

result<evp_pkey> rsa_key(std::span<const unsigned char> der) {
  // An 8192 bit key is about 1.1 KB; what is much larger need not be parsed to be refused.
  if (der.empty() || der.size() > limits::key_file) {
    return failure("the public key is empty or too long");
  }
  evp_pkey key = whole_der(
      der, [](const unsigned char** at, long size) { return d2i_PUBKEY(nullptr, at, size); });
  if (!key) {
    key = whole_der(der, [](const unsigned char** at, long size) {
      return d2i_PublicKey(EVP_PKEY_RSA, nullptr, at, size);
    });
  }
  if (!key) {
    return failure("the public key is not an RSA key in DER: " + drain_errors());
  }
  if (EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA) {
    return failure("the public key is not an RSA key, though k= says so");
  }
  if (const int bits = EVP_PKEY_get_bits(key.get()); bits > limits::rsa_bits_most) {
    return failure("the public key has " + std::to_string(bits) + " bits, more than " +
                   std::to_string(limits::rsa_bits_most));
  }
  return key;
}

result<evp_pkey> ed25519_key(std::span<const unsigned char> point) {
  if (point.size() != ed25519_octets) {
    return failure("an Ed25519 public key has 32 octets, this one " + std::to_string(point.size()));
  }
  evp_pkey key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, point.data(), point.size()));
  if (!key) {
    return openssl_failure("the Ed25519 public key cannot be used");
  }
  return key;
}

} // namespace

result<public_key> public_key::from_octets(key_type type, std::span<const unsigned char> octets) {
  ERR_clear_error();
  BOOST_OUTCOME_TRY(evp_pkey key, type == key_type::rsa ? rsa_key(octets) : ed25519_key(octets));
  ERR_clear_error(); // of the form that did not match
  const int bits = type == key_type::rsa ? EVP_PKEY_get_bits(key.get()) : ed25519_bits;
  return public_key(std::shared_ptr<EVP_PKEY>(std::move(key)), type, bits);
}

result<public_key> public_key::of(const private_key& key) {
  return key.public_half();
}

bool public_key::verify(std::string_view data, std::span<const unsigned char> signature) const {
  ERR_clear_error();
  const evp_md_ctx context(EVP_MD_CTX_new());
  const char* digest = type_ == key_type::rsa ? "SHA256" : nullptr;
  if (!context || EVP_DigestVerifyInit_ex(context.get(), nullptr, digest, nullptr, nullptr,
                                          key_.get(), nullptr) != 1) {
    ERR_clear_error();
    return false;
  }
  sha256_value hash{};
  if (type_ == key_type::ed25519) {
    hash = sha256_of(data);
    data = {reinterpret_cast<const char*>(hash.data()), hash.size()};
  }
  const int verdict = EVP_DigestVerify(context.get(), signature.data(), signature.size(),
                                       octets(data), data.size());
  ERR_clear_error();
  return verdict == 1;
}

} // namespace sealonce::crypto
