// NAME
//   xclient - the client, as a proxy claims it
//
// DESCRIPTION
//   Unlike XFORWARD, which only tells, XCLIENT puts another client in the place of the one that
//   connected: access is judged by it. Names of attributes and the form of values are Postfix's.
//
// DIAGNOSTICS
//   501 5.5.4 for an unknown attribute, a missing, overlong or badly written value; nothing is
//   taken then.

#include <sealonce/smtp/text.hpp>
#include <sealonce/smtp/xclient.hpp>
#include <sealonce/smtp/xforward.hpp>

#include <algorithm>
#include <arpa/inet.h>

namespace sealonce::smtp {
namespace {

constexpr std::string_view ipv6_tag = "IPV6:";
constexpr std::size_t mapped_prefix = 12;
constexpr int most_port = 65535;

std::optional<std::array<unsigned char, 16>> parse_address(std::string_view text) {
  const bool tagged = equal_no_case(text.substr(0, ipv6_tag.size()), ipv6_tag);
  const std::string host(tagged ? text.substr(ipv6_tag.size()) : text);
  std::array<unsigned char, 16> address{};
  if (::inet_pton(AF_INET6, host.c_str(), address.data()) == 1)
    return address;
  if (tagged || ::inet_pton(AF_INET, host.c_str(), address.data() + mapped_prefix) != 1)
    return std::nullopt;
  address[mapped_prefix - 1] = address[mapped_prefix - 2] = 0xff;
  return address;
}

bool is_port(std::string_view text) {
  int port = 0;
  for (const char c : text) {
    if (c < '0' || c > '9' || port > most_port)
      return false;
    port = port * 10 + (c - '0');
  }
  return !text.empty() && port <= most_port;
}

/// One attribute; false = it or its value is not known.
bool take(std::string_view name, const std::string& value, bool available, claimed_client& client) {
  const auto keep = [available, &value](std::string& into) {
    into = available ? value : std::string();
    return true;
  };
  if (equal_no_case(name, "NAME"))
    return keep(client.name);
  if (equal_no_case(name, "HELO"))
    return keep(client.helo);
  if (equal_no_case(name, "LOGIN"))
    return keep(client.login);
  if (equal_no_case(name, "PROTO"))
    return (equal_no_case(value, "SMTP") || equal_no_case(value, "ESMTP")) && keep(client.proto);
  if (equal_no_case(name, "ADDR")) {
    client.address_told = true;
    client.address = available ? parse_address(value) : std::nullopt;
    return !available || client.address.has_value();
  }
  if (equal_no_case(name, "DESTADDR"))
    return !available || parse_address(value).has_value();
  if (equal_no_case(name, "PORT") || equal_no_case(name, "DESTPORT"))
    return !available || is_port(value);
  return equal_no_case(name, "REVERSE_NAME");
}

} // namespace

reply parse_xclient(std::string_view argument, claimed_client& client) {
  claimed_client told = client;
  bool any = false;
  for (auto word = next_word(argument); !word.empty(); word = next_word(argument)) {
    const auto equals = std::min(word.find('='), word.size());
    const auto value = decode_xtext(word.substr(std::min(equals + 1, word.size())));
    if (!value || !take(word.substr(0, equals), *value, !is_unavailable(*value), told))
      return {501, "5.5.4", "Bad XCLIENT attribute or value: " + printable(word)};
    any = true;
  }
  if (!any)
    return {501, "5.5.4", "Syntax: XCLIENT attribute=value..."};
  client = std::move(told);
  return {};
}

} // namespace sealonce::smtp
