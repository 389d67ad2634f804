// NAME
//   names - domains, selectors and host names as DNS and RFC 6376 have them
//
// DESCRIPTION
//   Names with letters outside ASCII become A-labels first (RFC 8616 §2); what is then no name is
//   refused with the rule that it breaks.

#include <sealonce/config/names.hpp>
#include <sealonce/limits.hpp>
#include <sealonce/message/domain_name.hpp>

#include <algorithm>

namespace sealonce::config {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_let_dig(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return out;
}

/// sub-domain of RFC 5321 §4.1.2; the sentence says what is wrong with it.
result<void> check_label(std::string_view label) {
  if (label.empty())
    return failure("a label is empty: two dots in a row, or a dot at an end");
  if (label.size() > limits::domain_label)
    return failure("a label is longer than 63 octets");
  for (const char c : label) {
    if (c != '-' && !is_let_dig(c))
      return failure("only letters, digits, hyphens and dots may stand in it");
  }
  if (label.front() == '-' || label.back() == '-')
    return failure("a label begins or ends with a hyphen");
  return success();
}

/// How many labels; fails where one is not right.
result<std::size_t> count_labels(std::string_view name) {
  std::size_t labels = 0;
  if (name.empty())
    return failure("it is empty");
  if (name.size() > limits::domain_name)
    return failure("it is longer than 253 octets");
  for (std::size_t at = 0; at <= name.size(); ++labels) {
    const std::size_t dot = std::min(name.find('.', at), name.size());
    BOOST_OUTCOME_TRY(check_label(name.substr(at, dot - at)));
    at = dot + 1;
  }
  return labels;
}

std::string without_last_dot(std::string_view name) {
  if (name.size() > 1 && name.ends_with('.'))
    name.remove_suffix(1);
  return std::string(name);
}

bool is_ascii(char c) {
  return static_cast<unsigned char>(c) < 128;
}

/// Lower case A-labels. What cannot become a name stays as it is, for count_labels to refuse.
std::string with_a_labels(std::string name) {
  if (!std::all_of(name.begin(), name.end(), is_ascii))
    return message::to_a_labels(name).value_or(name);
  return lower(name);
}

} // namespace

result<std::string> parse_domain(std::string_view text) {
  std::string name = with_a_labels(without_last_dot(text));
  const auto labels = count_labels(name);
  if (!labels)
    return failure("this is no domain name: " + labels.error().what);
  if (labels.value() < 2)
    return failure("a domain with at least one dot is expected, such as \"example.com\"");
  if (std::all_of(name.begin(), name.end(), [](char c) { return c == '.' || is_digit(c); }))
    return failure("a domain name is expected, not an address");
  return name;
}

result<std::string> parse_selector(std::string_view text) {
  std::string name = with_a_labels(std::string(text));
  // Selectors with underscores are published and found all over; only the grammar has none.
  std::string plain = name;
  std::replace(plain.begin(), plain.end(), '_', 'a');
  const auto labels = count_labels(plain);
  if (!labels)
    return failure("this is no selector: " + labels.error().what);
  return name;
}

result<std::string> parse_host_name(std::string_view text) {
  std::string name = with_a_labels(without_last_dot(text));
  const auto labels = count_labels(name);
  if (!labels)
    return failure("this is no host name: " + labels.error().what);
  return name;
}

result<std::string> key_record_name(std::string_view selector, std::string_view domain) {
  std::string name(selector);
  name += "._domainkey.";
  name += domain;
  if (name.size() > limits::domain_name)
    return failure("selector and domain are too long together: \"" + name +
                   "\" is longer than the 253 octets of a DNS name");
  return name;
}

} // namespace sealonce::config
