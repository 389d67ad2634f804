// NAME
//   secret_text - octets that are wiped when they are let go
//
// SECURITY
//   OPENSSL_cleanse is not optimized away, as a memset before a free is.

#include <sealonce/crypto/secret_text.hpp>

#include <openssl/crypto.h>

#include <algorithm>
#include <utility>

namespace sealonce::crypto {

secret_text::secret_text(std::size_t size) : octets_(new char[size]()), size_(size) {}

secret_text::secret_text(std::string_view text) : secret_text(text.size()) {
  std::copy(text.begin(), text.end(), octets_.get());
}

secret_text::~secret_text() {
  wipe();
}

secret_text::secret_text(secret_text&& other) noexcept
    : octets_(std::move(other.octets_)), size_(std::exchange(other.size_, 0)) {}

secret_text& secret_text::operator=(secret_text&& other) noexcept {
  if (this != &other) {
    wipe();
    octets_ = std::move(other.octets_);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

void secret_text::shorten(std::size_t size) {
  if (size < size_) {
    OPENSSL_cleanse(octets_.get() + size, size_ - size);
    size_ = size;
  }
}

void secret_text::wipe() {
  if (octets_) {
    OPENSSL_cleanse(octets_.get(), size_);
  }
  octets_.reset();
  size_ = 0;
}

} // namespace sealonce::crypto
