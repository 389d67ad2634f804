#pragma once
// libcrypto's objects with an owner, and its error queue as a sentence. Private to crypto/.

#include <sealonce/result.hpp>

#include <openssl/bio.h>
#include <openssl/evp.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace sealonce::crypto {

/// A deleter without state, so that the owner is as large as a pointer.
template <auto F>
struct freed_by {
  template <class T>
  void operator()(T* p) const {
    F(p);
  }
};

using evp_pkey = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using evp_pkey_ctx = std::unique_ptr<EVP_PKEY_CTX, freed_by<EVP_PKEY_CTX_free>>;
using evp_md_ctx = std::unique_ptr<EVP_MD_CTX, freed_by<EVP_MD_CTX_free>>;
using bio = std::unique_ptr<BIO, freed_by<BIO_free>>;

/// SHA-256, fetched once for the whole process. Throws where libcrypto has none.
[[nodiscard]] const EVP_MD* sha256_method();

/// Empties libcrypto's error queue of this thread and returns its reasons, "; " between them. An
/// old entry survives later successes, so every wrapper clears before and drains after.
[[nodiscard]] std::string drain_errors();

/// `what`, a colon and the drained queue.
[[nodiscard]] failure openssl_failure(std::string_view what);
/// The same as an exception, for what no input can cause.
[[noreturn]] void throw_openssl(std::string_view what);

/// SubjectPublicKeyInfo in DER for RSA, the 32 octets for Ed25519; empty on failure.
[[nodiscard]] std::string public_octets(const EVP_PKEY* key);

[[nodiscard]] inline const unsigned char* octets(std::string_view s) {
  return reinterpret_cast<const unsigned char*>(s.data());
}

} // namespace sealonce::crypto
