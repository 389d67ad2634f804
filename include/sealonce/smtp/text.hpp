#pragma once
// Small words about protocol text: ASCII only, whatever the locale.

#include <algorithm>
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
