#pragma once

#include <sealonce/crypto/base64.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace sealonce::crypto {

using sha256_value = std::array<unsigned char, 32>;

/// A running SHA-256. Feed it spans of 512 octets and more where possible: short updates cost half
/// its speed. Not thread-safe. Throws std::runtime_error where libcrypto cannot give SHA-256 at all
/// (no memory, a broken installation); never because of the octets. After a move only destruction
/// and assignment are allowed.
class sha256 {
public:
  sha256();

  void update(std::span<const char> bytes);
  /// The value; the object starts anew.
  [[nodiscard]] sha256_value finish();
  void reset();

private:
  struct context_free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, context_free> context_;
};

/// SHA-256 of octets that are all at hand.
[[nodiscard]] sha256_value sha256_of(std::string_view bytes);

} // namespace sealonce::crypto
