// NAME
//   xforward - the original client, as the upstream tells it
//
// DESCRIPTION
//   Values go to the next hop exactly as written and to our log decoded. Only printable US-ASCII is
//   taken after decoding: a value must not become a second command or a second log line.
//
// DIAGNOSTICS
//   501 5.5.4 for an unknown attribute, a missing value or a bad octet; nothing is taken then.

#include <sealonce/smtp/text.hpp>
#include <sealonce/smtp/xforward.hpp>

#include <optional>

namespace sealonce::smtp {
namespace {

constexpr std::size_t longest_value = 255; // octets, as Postfix's attributes

int hex(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// RFC 3461 §4: "+" and two upper case hexadecimal digits stand for one octet.
std::optional<std::string> decode_xtext(std::string_view text) {
  std::string value;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '+') {
      if (i + 2 >= text.size() || hex(text[i + 1]) < 0 || hex(text[i + 2]) < 0)
        return std::nullopt;
      c = static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
      i += 2;
    }
    if (static_cast<unsigned char>(c) < ' ' || static_cast<unsigned char>(c) > '~')
      return std::nullopt;
    value += c;
  }
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
  original_client noted = client;
  std::string_view rest = argument;
  for (auto word = next_word(rest); !word.empty(); word = next_word(rest)) {
    const auto equals = word.find('=');
    const unsigned attribute = xforward_attribute_named(word.substr(0, equals));
    std::string* const slot = member(noted, attribute);
    if (equals == word.npos || slot == nullptr) {
      parsed.refusal = reply(501, "5.5.4", "Bad or unknown XFORWARD attribute");
      return parsed;
    }
    auto value = decode_xtext(word.substr(equals + 1));
    if (!value || value->size() > longest_value) {
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
  client = std::move(noted);
  return parsed;
}

} // namespace sealonce::smtp
