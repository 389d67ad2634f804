#pragma once
// Small words about protocol text: ASCII only, whatever the locale.

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace sealonce::smtp {

[[nodiscard]] constexpr char to_upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

[[nodiscard]] constexpr bool equal_no_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size())
    return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (to_upper(a[i]) != to_upper(b[i]))
      return false;
  return true;
}

/// Takes the next word off `rest`; words are parted by blanks. Empty at the end.
[[nodiscard]] constexpr std::string_view next_word(std::string_view& rest) {
  while (!rest.empty() && rest.front() == ' ')
    rest.remove_prefix(1);
  const auto end = std::min(rest.find(' '), rest.size());
  const auto word = rest.substr(0, end);
  rest.remove_prefix(end);
  return word;
}

/// Well-formed UTF-8, RFC 3629 §4: no overlong forms, no surrogates, nothing above U+10FFFF.
[[nodiscard]] constexpr bool is_utf8(std::string_view text) {
  constexpr std::array<char32_t, 5> least{0, 0, 0x80, 0x800, 0x10000}; // by length in octets
  constexpr char32_t most = 0x10ffff;
  for (std::size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    const std::size_t length = first < 0x80         ? 1
                               : first >> 5 == 0x06 ? 2
                               : first >> 4 == 0x0e ? 3
                               : first >> 3 == 0x1e ? 4
                                                    : 0;
    if (length == 0 || length > text.size() - i)
      return false;
    char32_t point = length == 1 ? first : first & (0x7fu >> length);
    for (std::size_t k = 1; k < length; ++k) {
      const auto octet = static_cast<unsigned char>(text[i + k]);
      if (octet >> 6 != 0x02)
        return false;
      point = point << 6 | (octet & 0x3fu);
    }
    if (point < least[length] || point > most || (point >= 0xd800 && point < 0xe000))
      return false;
    i += length;
  }
  return true;
}

/// `text` fit for a reply: octets that are not printable US-ASCII become "?", and what is over 400
/// octets is cut (RFC 5321 §4.5.3.1.5 allows a line of 512).
[[nodiscard]] inline std::string printable(std::string_view text) {
  constexpr std::size_t longest = 400;
  std::string out(text.substr(0, longest));
  for (char& c : out)
    if (c < ' ' || c > '~')
      c = '?';
  return out;
}

} // namespace sealonce::smtp
