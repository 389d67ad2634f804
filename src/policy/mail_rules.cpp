// NAME
//   mail_rules - what keys depend on besides the author
//
// DESCRIPTION
//   Networks of clients, recipients, fields of the header, and the list that sends a message.

#include "complaints_detail.hpp"
#include "mail_rules_detail.hpp"
#include <sealonce/limits.hpp>
#include <sealonce/policy/wildcard.hpp>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <netinet/in.h>

namespace sealonce::policy {

namespace {

using octets = std::array<unsigned char, 16>;

constexpr std::string_view white_space = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(white_space);
  return first == text.npos ? std::string_view()
                            : text.substr(first, text.find_last_not_of(white_space) - first + 1);
}

std::string_view without_brackets(std::string_view path) {
  if (path.starts_with('<') && path.ends_with('>')) {
    return path.substr(1, path.size() - 2);
  }
  return path;
}

/// An address as the networks have it. XFORWARD writes IPv6 with a prefix (RFC 5321 §4.1.3).
std::optional<octets> parse_address(std::string_view text) {
  constexpr std::string_view tag = "ipv6:";
  if (lower_case(text.substr(0, tag.size())) == tag) {
    text.remove_prefix(tag.size());
  }
  const std::string terminated(text);
  octets out{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (terminated.size() != text.size() || text.find('\0') != text.npos) {
    return std::nullopt;
  }
  if (::inet_pton(AF_INET, terminated.c_str(), out.data() + 12) == 1 ||
      ::inet_pton(AF_INET6, terminated.c_str(), out.data()) == 1) {
    return out;
  }
  return std::nullopt;
}

bool meets(const message::header& head, const config::header_condition& condition) {
  return std::any_of(head.fields().begin(), head.fields().end(), [&](const message::field& f) {
    return message::same_name(head.name(f), condition.name) &&
           (condition.value.empty() ||
            (f.end - f.value <= limits::from_value &&
             matches(condition.value, lower_case(trimmed(head.value(f))))));
  });
}

bool is_excluded(const std::vector<std::string>& patterns, std::string_view recipient) {
  const std::string address = lower_case(without_brackets(recipient));
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return matches(pattern, address); });
}

} // namespace

std::string_view client_address(const message_origin& from) {
  return from.original_client.empty() ? from.peer : from.original_client;
}

bool is_internal(const message_origin& from, const std::vector<config::network>& networks) {
  if (lower_case(from.source) == "local") {
    return true;
  }
  if (from.original_client.empty() && !from.source.empty()) {
    return false; // said to come from elsewhere, and not from where
  }
  const auto text = client_address(from);
  if (text == "unix") {
    return from.original_client.empty();
  }
  const auto address = parse_address(text);
  return address && std::any_of(networks.begin(), networks.end(),
                                [&](const config::network& n) { return n.contains(*address); });
}

std::optional<std::string> excluded_by(const config::exclusions& e, const author_query& query) {
  for (const auto& condition : e.headers) {
    if (meets(*query.head, condition)) {
      return "exclude_headers has " + shown(condition.name) +
             (condition.value.empty() ? "" : " with " + shown(condition.value));
    }
  }
  const bool nobody_else = !e.recipients.empty() && !query.recipients.empty() &&
                           std::all_of(query.recipients.begin(), query.recipients.end(),
                                       [&](const std::string& recipient) {
                                         return is_excluded(e.recipients, recipient);
                                       });
  if (nobody_else) {
    return "every recipient is in exclude_recipients";
  }
  return std::nullopt;
}

std::string list_id(const message::header& head) {
  for (const auto& f : head.fields()) {
    if (!message::same_name(head.name(f), "List-Id") || f.end - f.value > limits::from_value) {
      continue;
    }
    auto value = trimmed(head.value(f));
    const auto open = value.rfind('<');
    const auto close = value.rfind('>');
    if (open != value.npos && close != value.npos && open < close) {
      value = trimmed(value.substr(open + 1, close - open - 1));
    }
    return lower_case(value);
  }
  return {};
}

} // namespace sealonce::policy
