// NAME
//   endpoint - where to listen and whom to send to
//
// DESCRIPTION
//   Reads addresses with ports, host names with ports and paths of Unix sockets. Everything that
//   is not exactly one of these is refused with the right form in the sentence: a guess here would
//   open the wrong door.

#include <sealonce/config/endpoint.hpp>
#include <sealonce/config/names.hpp>

#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <netinet/in.h>
#include <sys/un.h>

namespace sealonce::config {

namespace {

constexpr std::string_view unix_prefix = "unix:";
constexpr std::string_view forms = "\"127.0.0.1:10027\", \"[::1]:10027\" or \"unix:/path\"";

/// The canonical text of an address, or nothing where it is none.
std::optional<std::string> canonical_address(int family, const std::string& text) {
  in6_addr address{};
  std::array<char, INET6_ADDRSTRLEN> out{};
  if (::inet_pton(family, text.c_str(), &address) != 1)
    return std::nullopt;
  ::inet_ntop(family, &address, out.data(), out.size());
  return std::string(out.data());
}

result<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || rest != text.data() + text.size() || port == 0)
    return failure("a port from 1 to 65535 is expected after the colon");
  return port;
}

result<endpoint> parse_unix(std::string_view text) {
  endpoint e;
  e.what = endpoint::kind::unix_socket;
  e.host = text.substr(unix_prefix.size());
  e.text = text;
  if (!e.host.starts_with('/'))
    return failure("a Unix socket needs an absolute path: \"unix:/run/sealonce/outbound.sock\"");
  if (e.host.size() >= sizeof(sockaddr_un::sun_path))
    return failure("the path of a Unix socket has room for 107 octets");
  return e;
}

/// Text as host and port; the port is empty where none was written.
struct halves {
  std::string_view host;
  std::string_view port;
  bool bracketed = false;
};

result<halves> split(std::string_view text) {
  halves h;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos)
      return failure("the closing bracket is missing: \"[::1]:10027\"");
    h.bracketed = true;
    h.host = text.substr(1, close - 1);
    const std::string_view rest = text.substr(close + 1);
    if (!rest.empty() && !rest.starts_with(':'))
      return failure("after the bracket a colon and the port are expected: \"[::1]:10027\"");
    h.port = rest.empty() ? rest : rest.substr(1);
    return h;
  }
  const std::size_t colon = text.find(':');
  h.host = text.substr(0, colon);
  if (colon == std::string_view::npos)
    return h;
  h.port = text.substr(colon + 1);
  if (h.host == "inet" || h.host == "inet6")
    return failure("write the address without \"inet:\", as " + std::string(forms));
  if (h.port.find(':') != std::string_view::npos)
    return failure("an IPv6 address stands in brackets: \"[::1]:10027\"");
  return h;
}

result<void> set_host(endpoint& e, const halves& h, const endpoint_rules& rules) {
  const std::string host(h.host);
  if (auto address = canonical_address(h.bracketed ? AF_INET6 : AF_INET, host)) {
    e.host = std::move(*address);
    return success();
  }
  if (h.bracketed)
    return failure("this is no IPv6 address; write it as \"[::1]:10027\", without a zone");
  if (host.find_first_not_of("0123456789.") == std::string::npos)
    return failure("this is no IPv4 address; it is written as \"127.0.0.1:10027\"");
  if (!rules.names)
    return failure("an address is expected, not a name: " + std::string(forms));
  BOOST_OUTCOME_TRY(e.host, parse_host_name(host));
  e.what = endpoint::kind::name;
  return success();
}

} // namespace

result<endpoint> parse_endpoint(std::string_view text, const endpoint_rules& rules) {
  if (text.find('\0') != std::string_view::npos)
    return failure("a NUL octet stands in it");
  if (text.starts_with(unix_prefix)) {
    if (!rules.unix_sockets)
      return failure("an address is expected, not a Unix socket");
    return parse_unix(text);
  }
  BOOST_OUTCOME_TRY(const auto h, split(text));
  endpoint e;
  e.text = text;
  BOOST_OUTCOME_TRY(set_host(e, h, rules));
  if (!h.port.empty() || text.ends_with(':')) {
    BOOST_OUTCOME_TRY(e.port, parse_port(h.port));
    return e;
  }
  if (!rules.default_port)
    return failure("the port is missing; write " + std::string(forms));
  e.port = *rules.default_port;
  return e;
}

bool is_local(const endpoint& e) {
  if (e.what == endpoint::kind::unix_socket)
    return true;
  if (e.what == endpoint::kind::name)
    return false;
  return e.host.starts_with("127.") || e.host == "::1";
}

bool same_place(const endpoint& a, const endpoint& b) {
  return a.what == b.what && a.host == b.host && a.port == b.port;
}

} // namespace sealonce::config
