// NAME
//   domain_name - one spelling for a domain
//
// DESCRIPTION
//   ASCII names are lowered and checked here; libidn2 turns other ones into A-labels. What it gives
//   is checked as if it had been written, for its mapping can yield any ASCII character.

#include <sealonce/limits.hpp>
#include <sealonce/message/domain_name.hpp>

#include <algorithm>
#include <idn2.h>
#include <memory>

namespace sealonce::message {

namespace {

// UTF-8 of the longest name that could shrink to a domain: four octets for each of its characters.
constexpr std::size_t longest_utf8 = 4 * limits::domain_name;

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= limits::domain_label && label.front() != '-' &&
         label.back() != '-' && std::all_of(label.begin(), label.end(), [](char c) {
           return is_letter_or_digit(c) || c == '-';
         });
}

std::optional<std::string> checked_ascii(std::string name) {
  if (name.empty() || name.size() > limits::domain_name) {
    return std::nullopt;
  }
  for (char& c : name) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  for (std::string_view rest = name;;) {
    const auto dot = rest.find('.');
    if (!is_label(rest.substr(0, dot))) {
      return std::nullopt;
    }
    if (dot == std::string_view::npos) {
      return name;
    }
    rest.remove_prefix(dot + 1);
  }
}

} // namespace

std::optional<std::string> to_a_labels(std::string_view name) {
  if (is_ascii(name)) {
    return checked_ascii(std::string(name));
  }
  if (name.size() > longest_utf8 || name.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  const std::string terminated(name);
  char* converted = nullptr;
  if (idn2_to_ascii_8z(terminated.c_str(), &converted, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) !=
      IDN2_OK) {
    return std::nullopt;
  }
  const std::unique_ptr<char, void (*)(char*)> owned(converted,
                                                     [](char* text) { idn2_free(text); });
  return checked_ascii(owned.get());
}

} // namespace sealonce::message
