#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

struct evp_md_ctx_st;

namespace sealonce::crypto {

using sha256_value = std::array<unsigned char, 32>;

/// A running SHA-256. Feed it spans of 512 octets and more where possible: short updates cost half
/// its speed.
class sha256 {
public:
  sha256();
  ~sha256();
  sha256(sha256&&) noexcept;
  sha256& operator=(sha256&&) noexcept;

  void update(std::span<const char> bytes);
  /// The value; the object starts anew.
  [[nodiscard]] sha256_value finish();
  void reset();

private:
  evp_md_ctx_st* context_;
};

/// Base64 without line breaks, RFC 4648 §4.
[[nodiscard]] std::string base64(std::span<const unsigned char> bytes);

} // namespace sealonce::crypto
