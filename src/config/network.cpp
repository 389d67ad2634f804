// NAME
//   network - who may connect
//
// DESCRIPTION
//   Networks in CIDR form. IPv4 is kept as IPv4-mapped IPv6 (RFC 4291 §2.5.5.2), so that one
//   comparison of 16 octets serves both; an IPv6 network shorter than the mapped prefix all the
//   same contains no IPv4 address.

#include <sealonce/config/endpoint.hpp>

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <netinet/in.h>
#include <string>

namespace sealonce::config {

namespace {

using octets = std::array<unsigned char, 16>;

constexpr unsigned address_bits = 128;
constexpr unsigned mapped_prefix = 96;
constexpr octets mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool is_mapped(const octets& a) {
  return std::equal(a.begin(), a.begin() + mapped_prefix / 8, mapped.begin());
}

octets masked(octets a, unsigned prefix) {
  for (unsigned i = 0; i < a.size(); ++i) {
    const unsigned kept = std::clamp(prefix, i * 8, i * 8 + 8) - i * 8;
    a[i] = static_cast<unsigned char>(a[i] & ~(0xffu >> kept));
  }
  return a;
}

std::string to_text(const octets& a, unsigned prefix, bool v4) {
  std::array<char, INET6_ADDRSTRLEN> out{};
  const unsigned char* from = a.data() + (v4 ? mapped_prefix / 8 : 0);
  ::inet_ntop(v4 ? AF_INET : AF_INET6, from, out.data(), out.size());
  return std::string(out.data()) + "/" + std::to_string(prefix - (v4 ? mapped_prefix : 0));
}

} // namespace

bool network::contains(const octets& peer) const {
  if (prefix < mapped_prefix && is_mapped(peer))
    return false;
  return masked(peer, prefix) == masked(address, prefix);
}

result<network> parse_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string host(text.substr(0, slash));
  network n;
  n.address = mapped;
  if (host.find('\0') != std::string::npos)
    return failure("a NUL octet stands in it");
  const bool v4 = ::inet_pton(AF_INET, host.c_str(), n.address.data() + mapped_prefix / 8) == 1;
  if (!v4 && ::inet_pton(AF_INET6, host.c_str(), n.address.data()) != 1)
    return failure("a network is expected, such as \"192.0.2.0/24\" or \"2001:db8::/32\"");
  const unsigned most = v4 ? address_bits - mapped_prefix : address_bits;
  unsigned prefix = most;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [rest, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
    if (error != std::errc() || rest != digits.data() + digits.size() || prefix > most)
      return failure("the number after the slash is from 0 to " + std::to_string(most));
  }
  n.prefix = v4 ? prefix + mapped_prefix : prefix;
  if (masked(n.address, n.prefix) != n.address)
    return failure("the address has bits beyond its prefix; perhaps " +
                   to_text(masked(n.address, n.prefix), n.prefix, v4) + " is meant");
  return n;
}

std::vector<network> loopback_networks() {
  return {parse_network("127.0.0.0/8").value(), parse_network("::1/128").value()};
}

} // namespace sealonce::config
