// NAME
//   xforward - the original client, as the upstream tells it
//
// DESCRIPTION
//   Values go to the next hop exactly as written and to our log decoded. Control octets, written or
//   hidden in xtext, are refused: a value must not become a second command or a second log line.
//
// DIAGNOSTICS
//   501 5.5.4 for an unknown attribute, a missing, overlong or badly written value; nothing is
//   taken then.

#include <sealonce/limits.hpp>
#include <sealonce/smtp/text.hpp>
#include <sealonce/smtp/xforward.hpp>

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

/// RFC 3461 §4: "+" and two upper case hexadecimal digits stand for one octet, any other octet is
/// printable US-ASCII and stands for itself. Nothing for an empty value and for one that holds, or
/// hides, a control octet.
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

bool unavailable(std::string_view value) {
  return equal_no_case(value, "[UNAVAILABLE]") || equal_no_case(value, "[TEMPUNAVAIL]");
}

} // namespace

xforward_command parse_xforward(std::string_view argument, unsigned carried,
                                original_client& client) {
  xforward_command parsed;
  original_client told;
  std::string_view rest = argument;
  for (auto word = next_word(rest); !word.empty(); word = next_word(rest)) {
    const auto equals = word.find('=');
    const unsigned attribute = xforward_attribute_named(word.substr(0, equals));
    std::string* const slot = member(told, attribute);
    if (equals == word.npos || slot == nullptr) {
      parsed.refusal = reply(501, "5.5.4", "Bad or unknown XFORWARD attribute");
      return parsed;
    }
    auto value = decode_xtext(word.substr(equals + 1));
    if (!value) {
      parsed.refusal = reply(501, "5.5.4", "Bad XFORWARD attribute value");
      return parsed;
    }
    *slot = unavailable(*value) ? std::string() : std::move(*value);
    parsed.attributes |= attribute;
    if (carried & attribute)
      parsed.parameters.append(" ").append(word);
  }
  if (parsed.attributes == 0) {
    parsed.refusal = reply(501, "5.5.4", "Syntax: XFORWARD attribute=value...");
    return parsed;
  }
  for (unsigned attribute = 1; attribute <= parsed.attributes; attribute <<= 1)
    if (parsed.attributes & attribute)
      *member(client, attribute) = std::move(*member(told, attribute));
  return parsed;
}

} // namespace sealonce::smtp
