// NAME
//   xforward - the original client, as the upstream tells it
//
// DESCRIPTION
//   Values go to the next hop exactly as written and to our log decoded. Control octets, written or
//   hidden in xtext, are refused: a value must not become a second command or a second log line.
//   They are kept for the transaction: each connection to a next hop is told of them before MAIL.
//
// DIAGNOSTICS
//   501 5.5.4 for an unknown attribute, a missing, overlong or badly written value; nothing is
//   taken then.

#include <sealonce/limits.hpp>
#include <sealonce/smtp/text.hpp>
#include <sealonce/smtp/xforward.hpp>

#include <bit>
#include <optional>

namespace sealonce::smtp {
namespace {

int hex(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool is_control(int octet) {
  return octet < ' ' || octet == 0x7f;
}

std::string* member(original_client& client, unsigned attribute) {
  switch (attribute) {
  case xforward_name:
    return &client.name;
  case xforward_addr:
    return &client.addr;
  case xforward_port:
    return &client.port;
  case xforward_proto:
    return &client.proto;
  case xforward_helo:
    return &client.helo;
  case xforward_ident:
    return &client.ident;
  case xforward_source:
    return &client.source;
  default:
    return nullptr;
  }
}

} // namespace

std::optional<std::string> decode_xtext(std::string_view text) {
  std::string value;
  for (std::size_t i = 0; i < text.size(); ++i) {
    int octet = static_cast<unsigned char>(text[i]);
    if (octet > '~')
      return std::nullopt;
    if (octet == '+') {
      if (i + 2 >= text.size() || hex(text[i + 1]) < 0 || hex(text[i + 2]) < 0)
        return std::nullopt;
      octet = hex(text[i + 1]) * 16 + hex(text[i + 2]);
      i += 2;
    }
    if (is_control(octet))
      return std::nullopt;
    value += static_cast<char>(octet);
  }
  if (value.empty() || value.size() > limits::xforward_value)
    return std::nullopt;
  return value;
}

bool is_unavailable(std::string_view value) {
  return equal_no_case(value, "[UNAVAILABLE]") || equal_no_case(value, "[TEMPUNAVAIL]");
}

unsigned original_client::told() const {
  unsigned bits = 0;
  for (std::size_t i = 0; i < written.size(); ++i)
    bits |= written[i].empty() ? 0u : 1u << i;
  return bits;
}

reply parse_xforward(std::string_view argument, original_client& client) {
  original_client told;
  for (auto word = next_word(argument); !word.empty(); word = next_word(argument)) {
    const auto equals = word.find('=');
    const unsigned attribute = xforward_attribute_named(word.substr(0, equals));
    std::string* const slot = member(told, attribute);
    if (equals == word.npos || slot == nullptr)
      return {501, "5.5.4", "Bad or unknown XFORWARD attribute"};
    auto value = decode_xtext(word.substr(equals + 1));
    if (!value)
      return {501, "5.5.4", "Bad XFORWARD attribute value"};
    *slot = is_unavailable(*value) ? std::string() : std::move(*value);
    told.written[static_cast<std::size_t>(std::countr_zero(attribute))] = word;
  }
  const unsigned attributes = told.told();
  if (attributes == 0)
    return {501, "5.5.4", "Syntax: XFORWARD attribute=value..."};
  for (std::size_t i = 0; i < xforward_attribute_count; ++i) {
    const unsigned attribute = 1u << i;
    if ((attributes & attribute) == 0)
      continue;
    *member(client, attribute) = std::move(*member(told, attribute));
    client.written[i] = std::move(told.written[i]);
  }
  return {};
}

std::vector<std::string> xforward_lines(const original_client& client, unsigned attributes) {
  constexpr std::string_view command = "XFORWARD";
  constexpr std::size_t longest = limits::command_line - 2; // the CRLF
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < xforward_attribute_count; ++i) {
    const std::string& word = client.written[i];
    if (word.empty() || (attributes & 1u << i) == 0)
      continue;
    if (lines.empty() || lines.back().size() + 1 + word.size() > longest)
      lines.emplace_back(command);
    lines.back().append(" ").append(word);
  }
  return lines;
}

} // namespace sealonce::smtp
