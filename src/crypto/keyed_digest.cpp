// NAME
//   keyed_digest - HMAC, PBKDF2, nonces, and comparing secrets
//
// DIAGNOSTICS
//   std::runtime_error where libcrypto has no memory or no random numbers: nothing could be
//   authenticated at all.
//
// SECURITY
//   What is computed here from a password is as secret as the password; the caller wipes it.

#include "openssl_detail.hpp"
#include <sealonce/crypto/base64.hpp>
#include <sealonce/crypto/keyed_digest.hpp>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <climits>
#include <vector>

namespace sealonce::crypto {

sha256_value hmac_sha256(std::string_view key, std::string_view text) {
  ERR_clear_error();
  sha256_value value{};
  if (key.size() > INT_MAX || HMAC(sha256_method(), key.data(), static_cast<int>(key.size()),
                                   octets(text), text.size(), value.data(), nullptr) == nullptr)
    throw_openssl("HMAC failed");
  return value;
}

sha256_value pbkdf2_sha256(std::string_view password, std::string_view salt, unsigned iterations) {
  ERR_clear_error();
  sha256_value value{};
  const bool fits = password.size() <= INT_MAX && salt.size() <= INT_MAX && iterations <= INT_MAX;
  if (!fits ||
      PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), octets(salt),
                        static_cast<int>(salt.size()), static_cast<int>(iterations),
                        sha256_method(), static_cast<int>(value.size()), value.data()) != 1)
    throw_openssl("PBKDF2 failed");
  return value;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string random_text(std::size_t count) {
  ERR_clear_error();
  std::vector<unsigned char> random(count);
  if (count > INT_MAX || RAND_bytes(random.data(), static_cast<int>(count)) != 1)
    throw_openssl("no random numbers");
  return base64(random);
}

void wipe(std::string& text) {
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

void wipe(sha256_value& value) {
  OPENSSL_cleanse(value.data(), value.size());
}

} // namespace sealonce::crypto
