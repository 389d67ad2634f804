// NAME
//   syntax - a text that is not TOML
//
// DESCRIPTION
//   toml++ stops at the first error of syntax and describes it from its own point of view: an
//   address without quotes is "Error while parsing time" to it. Where the line shows what was
//   meant, the remedy is added.

#include "draft_detail.hpp"

#include <algorithm>

namespace sealonce::config {

namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

} // namespace

std::string_view key_of_line(std::string_view line) {
  const std::string_view name = trimmed(line.substr(0, std::min(line.find('='), line.size())));
  constexpr std::string_view bare = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                    "0123456789_-.";
  const bool whole = line.find('=') != std::string_view::npos &&
                     name.find_first_not_of(bare) == std::string_view::npos;
  return whole ? name : std::string_view();
}

std::string syntax_error(std::string_view description, std::string_view line) {
  constexpr std::size_t longest_shown = 100;
  std::string sentence = "not TOML: " + in_quotes(description.substr(0, 2 * longest_shown));
  const std::size_t equals = line.find('=');
  if (key_of_line(line).empty())
    return sentence;
  const std::string_view written =
      trimmed(line.substr(equals + 1, line.find('#', equals) - equals - 1));
  if (written.empty())
    return sentence + "; a value is missing after \"=\"";
  constexpr std::string_view quotes = "\"'";
  if (written.find_first_of(quotes) != std::string_view::npos || line.size() > longest_shown)
    return sentence;
  // A number or true would have been understood, so this was meant as text.
  if (written.front() == '[' || written.front() == '{')
    return sentence + "; text stands in quotes, each piece by itself: [\"a\", \"b\"]";
  return sentence + "; text stands in quotes: " + std::string(key_of_line(line)) + " = " +
         in_quotes(written);
}

} // namespace sealonce::config
