// NAME
//   tag_list - tag=value lists, RFC 6376 §3.2
// DESCRIPTION
//   The text comes from strangers. It is cut at the semicolons, then each item at its first equals
//   sign; what is left over must be of the right octets. Nothing is copied or repaired.
// DIAGNOSTICS
//   A failure names the tag or the item by its number, never by octets that could do harm in a log.
#include <sealonce/dkim/tag_list.hpp>
#include <sealonce/limits.hpp>

#include <algorithm>

namespace sealonce::dkim {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// tag-name = ALPHA *ALNUMPUNC
bool is_name(std::string_view text) {
  return !text.empty() && is_letter(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_'; });
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

/// Cuts FWS off both ends; is_foldable has been asked before.
std::string_view trimmed(std::string_view text) {
  constexpr std::string_view white = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(white);
  return begin == text.npos ? text.substr(text.size())
                            : text.substr(begin, text.find_last_not_of(white) - begin + 1);
}

/// Only VALCHAR, ";", blanks and CRLF that a blank follows.
bool is_foldable(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= ' ' && c != 0x7f) {
      continue;
    }
    if (c == '\r') {
      if (text.size() - i < 3 || text[i + 1] != '\n' || !is_blank(text[i + 2])) {
        return false;
      }
      ++i;
    } else if (c != '\t') {
      return false;
    }
  }
  return true;
}

std::string item(std::size_t number) {
  return "item " + std::to_string(number) + " of the tag list";
}

} // namespace

result<tag_list> tag_list::parse(std::string_view text) {
  if (text.ends_with("\r\n")) {
    text.remove_suffix(2);
  }
  if (!is_foldable(text)) {
    return failure("a control octet or a line end that does not fold is in the tag list");
  }
  tag_list list;
  std::size_t number = 0;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(';', begin), text.size());
    const std::string_view whole = text.substr(begin, end - begin);
    begin = end + 1;
    ++number;
    if (end == text.size() && number > 1 && trimmed(whole).empty()) {
      break; // behind the last semicolon
    }
    const std::size_t equals = whole.find('=');
    if (equals == whole.npos) {
      return failure(trimmed(whole).empty() ? item(number) + " is empty"
                                            : item(number) + " has no \"=\"");
    }
    const std::string_view name = trimmed(whole.substr(0, equals));
    if (!is_name(name)) {
      return failure(item(number) + " has a bad tag name");
    }
    if (list.find(name) != nullptr) {
      return failure("the tag \"" + std::string(name) + "\" stands twice");
    }
    if (list.tags_.size() == limits::tags) {
      return failure("more than " + std::to_string(limits::tags) + " tags");
    }
    const std::string_view raw = whole.substr(equals + 1);
    list.tags_.push_back({name, trimmed(raw), raw});
  }
  return list;
}

const tag* tag_list::find(std::string_view name) const {
  const auto found =
      std::find_if(tags_.begin(), tags_.end(), [&](const tag& t) { return t.name == name; });
  return found == tags_.end() ? nullptr : &*found;
}

std::optional<std::string_view> tag_list::value(std::string_view name) const {
  const tag* const found = find(name);
  return found == nullptr ? std::nullopt : std::optional(found->value);
}

} // namespace sealonce::dkim
