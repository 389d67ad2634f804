#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

namespace sealonce::crypto {

/// Octets that may hold a private key: wiped when they are let go. Never copied.
class secret_text {
public:
  secret_text() = default;
  /// `size` octets to be written to, all zero.
  explicit secret_text(std::size_t size);
  explicit secret_text(std::string_view text);
  ~secret_text();
  secret_text(secret_text&& other) noexcept;
  secret_text& operator=(secret_text&& other) noexcept;

  [[nodiscard]] char* data() { return octets_.get(); }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::string_view view() const { return {octets_.get(), size_}; }

  /// Keeps the first `size` octets and wipes the rest.
  void shorten(std::size_t size);
  void wipe();

private:
  std::unique_ptr<char[]> octets_;
  std::size_t size_ = 0;
};

} // namespace sealonce::crypto
