// NAME
//   header - what can be asked of a complete header
//
// DESCRIPTION
//   Field names are compared without regard to ASCII case and to nothing else: RFC 5322 §1.2.2
//   gives them no other equality, and a locale must not either.

#include <sealonce/message/header.hpp>

#include <algorithm>

namespace sealonce::message {

namespace {

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

} // namespace

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

std::size_t header::count(std::string_view wanted) const {
  return static_cast<std::size_t>(std::count_if(
      fields_.begin(), fields_.end(), [&](const field& f) { return same_name(name(f), wanted); }));
}

} // namespace sealonce::message
