// NAME
//   digest - SHA-256
// DESCRIPTION
//   One EVP_MD is fetched for the process; one EVP_MD_CTX per running hash is reused from value to
//   value.
// DIAGNOSTICS
//   std::runtime_error where libcrypto has no SHA-256 or no memory: nothing could be signed at all.
#include "openssl_detail.hpp"
#include <sealonce/crypto/digest.hpp>

#include <openssl/err.h>

namespace sealonce::crypto {

const EVP_MD* sha256_method() {
  static const EVP_MD* const method = [] {
    ERR_clear_error();
    const EVP_MD* fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    if (fetched == nullptr) {
      throw_openssl("libcrypto has no SHA-256");
    }
    return fetched;
  }();
  return method;
}

void sha256::context_free::operator()(evp_md_ctx_st* context) const {
  EVP_MD_CTX_free(context);
}

sha256::sha256() : context_(EVP_MD_CTX_new()) {
  if (!context_) {
    throw_openssl("no memory for SHA-256");
  }
  reset();
}

void sha256::reset() {
  ERR_clear_error();
  if (EVP_DigestInit_ex2(context_.get(), sha256_method(), nullptr) != 1) {
    throw_openssl("SHA-256 does not start");
  }
}

void sha256::update(std::span<const char> bytes) {
  if (EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) != 1) {
    throw_openssl("SHA-256 failed");
  }
}

sha256_value sha256::finish() {
  sha256_value value{};
  if (EVP_DigestFinal_ex(context_.get(), value.data(), nullptr) != 1) {
    throw_openssl("SHA-256 failed");
  }
  reset();
  return value;
}

sha256_value sha256_of(std::string_view bytes) {
  ERR_clear_error();
  sha256_value value{};
  if (EVP_Digest(bytes.data(), bytes.size(), value.data(), nullptr, sha256_method(), nullptr) !=
      1) {
    throw_openssl("SHA-256 failed");
  }
  return value;
}

} // namespace sealonce::crypto
