#pragma once
// What the fuzz targets share.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

namespace sealonce::fuzz {

/// A broken promise ends the run, and libFuzzer keeps the input.
inline void require(bool what) {
  if (!what)
    std::abort();
}

/// The input, taken apart from its front: choices first, then text.
class input {
public:
  input(const std::uint8_t* data, std::size_t size)
      : rest_(reinterpret_cast<const char*>(data), size) {}

  [[nodiscard]] bool empty() const { return rest_.empty(); }
  /// One octet as a number below `n`; 0 at the end.
  std::size_t below(std::size_t n) {
    return static_cast<unsigned char>(take(1).empty() ? '\0' : taken_[0]) % n;
  }
  /// At most `n` octets.
  std::string_view take(std::size_t n) {
    taken_ = rest_.substr(0, n);
    rest_.remove_prefix(taken_.size());
    return taken_;
  }
  /// Everything that is left.
  std::string_view all() { return take(rest_.size()); }

private:
  std::string_view rest_;
  std::string_view taken_;
};

/// Cuts octets into pieces whose lengths depend on a seed.
class cutter {
public:
  explicit cutter(std::size_t seed) : state_(seed * 2654435761u + 1) {}
  /// The length of the next piece of `left` octets, at least 1 and mostly small.
  std::size_t piece(std::size_t left) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    const std::size_t random = state_ >> 33;
    const std::size_t most = random % 8 == 0 ? 300 : 9;
    return std::clamp<std::size_t>((random >> 3) % most, 1, left);
  }

private:
  std::uint64_t state_;
};

/// The content that a data scanner hands over: CR and LF only as CRLF.
inline std::string without_strays(std::string text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n')
      ++i;
    else if (text[i] == '\r' || text[i] == '\n')
      text[i] = ' ';
  }
  return text;
}

} // namespace sealonce::fuzz
