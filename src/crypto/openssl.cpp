// NAME
//   openssl - libcrypto's error queue as sentences
// DESCRIPTION
//   libcrypto reports failures through a queue that each thread has. Every wrapper in this
//   directory clears it before its calls and drains it into the failure's text after a bad one, so
//   that no sentence tells of somebody else's trouble.
// DIAGNOSTICS
//   drain_errors never fails; an empty queue gives "unknown error".
#include "openssl_detail.hpp"

#include <openssl/err.h>
#include <openssl/x509.h>

#include <array>
#include <stdexcept>

namespace sealonce::crypto {

std::string drain_errors() {
  std::string text;
  const char* data = nullptr;
  int flags = 0;
  while (const unsigned long code = ERR_get_error_all(nullptr, nullptr, nullptr, &data, &flags)) {
    const char* reason = ERR_reason_error_string(code);
    if (!text.empty()) {
      text += "; ";
    }
    text += reason != nullptr ? reason : "error without a name";
    if ((flags & ERR_TXT_STRING) != 0 && data != nullptr && *data != '\0') {
      text.append(" (").append(data).append(")");
    }
  }
  return text.empty() ? "unknown error" : text;
}

failure openssl_failure(std::string_view what) {
  return failure(std::string(what) + ": " + drain_errors());
}

void throw_openssl(std::string_view what) {
  throw std::runtime_error(openssl_failure(what).what);
}

std::string public_octets(const EVP_PKEY* key) {
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519) {
    std::array<unsigned char, 32> point{};
    std::size_t size = point.size();
    if (EVP_PKEY_get_raw_public_key(key, point.data(), &size) != 1) {
      return {};
    }
    return {point.begin(), point.begin() + size};
  }
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  if (size <= 0) {
    return {};
  }
  std::string out(reinterpret_cast<const char*>(der), size);
  OPENSSL_free(der);
  return out;
}

} // namespace sealonce::crypto
