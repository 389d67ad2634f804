// NAME
//   proxy_header - the client's address, as a proxy in front of us tells it
//
// DESCRIPTION
//   Version 1 is a line of text, at most 107 octets with its CRLF; version 2 begins with a
//   signature that no text protocol begins with, and tells its own length. What follows the
//   addresses in version 2 (TLVs) is skipped.
//
// DIAGNOSTICS
//   Anything else is malformed, and the caller closes the connection: who is trusted to tell of
//   addresses and does not do it well must not be guessed at.

#include <sealonce/limits.hpp>
#include <sealonce/smtp/proxy_header.hpp>

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <optional>

namespace sealonce::smtp {
namespace {

using namespace std::string_view_literals;

constexpr auto text_start = "PROXY "sv;
constexpr auto text_end = "\r\n"sv;
/// The longest text of version 1 that says nothing yet: "PROXY UNKNOWN" and CRLF is the shortest.
constexpr std::size_t text_least = 15;
constexpr auto signature = "\r\n\r\n\0\r\nQUIT\n"sv;
constexpr std::size_t fixed_part = 16; ///< of version 2: signature, command, family, length
constexpr unsigned char command_local = 0x20;
constexpr unsigned char command_proxy = 0x21;
constexpr unsigned char family_unspecified = 0x00;
constexpr unsigned char family_tcp4 = 0x11;
constexpr unsigned char family_tcp6 = 0x21;
constexpr unsigned char family_unix = 0x31;
constexpr std::size_t octets_tcp4 = 12; ///< two addresses, two ports
constexpr std::size_t octets_tcp6 = 36;
constexpr std::size_t octets_unix = 216;
constexpr std::size_t mapped_prefix = 12;

unsigned char octet(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

std::size_t number(std::string_view text, std::size_t at) {
  return std::size_t{octet(text, at)} << 8 | octet(text, at + 1);
}

void map_ipv4(std::string_view four, std::array<unsigned char, 16>& address) {
  address = {};
  address[10] = address[11] = 0xff;
  std::copy(four.begin(), four.end(), address.begin() + mapped_prefix);
}

bool parse_address(bool v6, std::string_view text, std::array<unsigned char, 16>& address) {
  const std::string host(text);
  if (host.find('\0') != std::string::npos)
    return false;
  if (v6)
    return ::inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
  std::array<char, 4> four{};
  if (::inet_pton(AF_INET, host.c_str(), four.data()) != 1)
    return false;
  map_ipv4({four.data(), four.size()}, address);
  return true;
}

std::optional<std::uint16_t> parse_port(std::string_view digits) {
  std::uint16_t port = 0;
  const char* const last = digits.data() + digits.size();
  const auto [end, error] = std::from_chars(digits.data(), last, port);
  if (error != std::errc() || end != last || (digits.size() > 1 && digits.front() == '0'))
    return std::nullopt;
  return port;
}

/// Words are parted by exactly one blank.
std::string_view take_word(std::string_view& rest) {
  const auto blank = std::min(rest.find(' '), rest.size());
  const auto word = rest.substr(0, blank);
  rest.remove_prefix(std::min(blank + 1, rest.size()));
  return word;
}

} // namespace

bool proxy_header_parser::binary() const {
  return !seen_.empty() && seen_.front() == signature.front();
}

std::size_t proxy_header_parser::wanted() const {
  if (status_ != status::need_more)
    return 0;
  if (!binary()) // a line tells its end only when it is there
    return seen_.size() < text_least ? text_least - seen_.size() : 1;
  if (seen_.size() < fixed_part)
    return fixed_part - seen_.size();
  return fixed_part + number(seen_, fixed_part - 2) - seen_.size();
}

proxy_header_parser::status proxy_header_parser::feed(std::span<const char> bytes) {
  if (status_ != status::need_more)
    return status_;
  seen_.append(bytes.data(), bytes.size());
  const auto start = binary() ? signature : text_start;
  const auto common = std::min(start.size(), seen_.size());
  if (start.substr(0, common) != std::string_view(seen_).substr(0, common))
    return status_ = status::malformed;
  if (!binary()) {
    if (seen_.ends_with(text_end))
      return status_ = finish_text();
    const bool endless = seen_.size() >= limits::proxy_text_header;
    return status_ = endless ? status::malformed : status::need_more;
  }
  if (seen_.size() < fixed_part)
    return status_;
  const std::size_t length = number(seen_, fixed_part - 2);
  if (length > limits::proxy_binary_header)
    return status_ = status::malformed;
  return status_ = seen_.size() == fixed_part + length ? finish_binary() : status::need_more;
}

proxy_header_parser::status proxy_header_parser::finish_text() {
  std::string_view rest = seen_;
  rest.remove_prefix(text_start.size());
  rest.remove_suffix(text_end.size());
  const auto family = take_word(rest);
  if (family == "UNKNOWN") { // the rest of the line is to be ignored
    client_.own = true;
    return status::complete;
  }
  const bool v6 = family == "TCP6";
  if (!v6 && family != "TCP4")
    return status::malformed;
  std::array<unsigned char, 16> destination{};
  const bool source_good = parse_address(v6, take_word(rest), client_.address);
  const bool destination_good = parse_address(v6, take_word(rest), destination);
  const auto port = parse_port(take_word(rest));
  const auto destination_port = parse_port(rest);
  if (!source_good || !destination_good || !port || !destination_port)
    return status::malformed;
  client_.port = *port;
  return status::complete;
}

proxy_header_parser::status proxy_header_parser::finish_binary() {
  const std::string_view header = seen_;
  const unsigned char command = octet(header, signature.size());
  const unsigned char family = octet(header, signature.size() + 1);
  const auto rest = header.substr(fixed_part);
  client_.own = command == command_local || family == family_unspecified || family == family_unix;
  if (command == command_local)
    return status::complete;
  if (command != command_proxy || (family == family_unix && rest.size() < octets_unix))
    return status::malformed;
  if (client_.own)
    return status::complete;
  if (family == family_tcp4 && rest.size() >= octets_tcp4) {
    map_ipv4(rest.substr(0, 4), client_.address);
    client_.port = static_cast<std::uint16_t>(number(rest, 8));
    return status::complete;
  }
  if (family == family_tcp6 && rest.size() >= octets_tcp6) {
    std::copy_n(rest.begin(), client_.address.size(), client_.address.begin());
    client_.port = static_cast<std::uint16_t>(number(rest, 32));
    return status::complete;
  }
  return status::malformed;
}

} // namespace sealonce::smtp
