#pragma once
// The order of field names without regard to case. Private to dkim/.

#include <algorithm>
#include <compare>
#include <cstdint>
#include <string_view>

namespace sealonce::dkim {

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

/// Any order will do as long as names that differ in case only are equal: size goes first, because
/// it mostly decides.
inline std::strong_ordering compare_names(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) {
    return a.size() <=> b.size();
  }
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto order =
        static_cast<unsigned char>(lower(a[i])) <=> static_cast<unsigned char>(lower(b[i]));
    if (order != 0) {
      return order;
    }
  }
  return std::strong_ordering::equal;
}

} // namespace sealonce::dkim
