// NAME
//   endpoint - sockets of the load driver and its sink, by TCP or a unix socket's name
// DESCRIPTION
//   ADDRESS:PORT with numbers only, or unix:PATH. TCP has TCP_NODELAY on both sides, as a mail
//   server that writes whole groups has.
// DIAGNOSTICS
//   An address that is none, and every failure of the system, ends the process.
#include "endpoint.hpp"

#include "fail.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <netinet/tcp.h>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace bench {
namespace {

constexpr std::string_view unix_prefix = "unix:";
constexpr int backlog = 4096;

struct address {
  sockaddr_storage octets{};
  socklen_t length = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&octets); }
};

address unix_address(const std::string& path) {
  address result;
  auto& name = reinterpret_cast<sockaddr_un&>(result.octets);
  if (path.empty() || path.size() >= sizeof name.sun_path) {
    fail("not a name for a socket: %s", path.c_str());
  }
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path, path.c_str(), path.size() + 1);
  result.length = sizeof name;
  return result;
}

address tcp_address(const std::string& text) {
  address result;
  auto& name = reinterpret_cast<sockaddr_in&>(result.octets);
  const auto colon = text.rfind(':');
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  if (colon == text.npos || std::from_chars(text.data() + colon + 1, end, port).ptr != end ||
      inet_pton(AF_INET, text.substr(0, colon).c_str(), &name.sin_addr) != 1) {
    fail("neither ADDRESS:PORT nor unix:PATH: %s", text.c_str());
  }
  name.sin_family = AF_INET;
  name.sin_port = htons(port);
  result.length = sizeof name;
  return result;
}

address parse(std::string_view where) {
  return where.starts_with(unix_prefix) ? unix_address(std::string(where.substr(5)))
                                        : tcp_address(std::string(where));
}

int make_socket(const address& name, int flags) {
  const int fd = socket(name.octets.ss_family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
  if (fd < 0) {
    fail("socket: %s", std::strerror(errno));
  }
  const int on = 1;
  if (name.octets.ss_family == AF_INET) {
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  }
  return fd;
}

} // namespace

int connect_to(std::string_view where) {
  const address name = parse(where);
  const int fd = make_socket(name, 0);
  if (connect(fd, name.get(), name.length) != 0) {
    fail("connect to %.*s: %s", static_cast<int>(where.size()), where.data(), std::strerror(errno));
  }
  return fd;
}

int listen_at(std::string_view where) {
  const address name = parse(where);
  const int fd = make_socket(name, SOCK_NONBLOCK);
  if (where.starts_with(unix_prefix)) {
    unlink(reinterpret_cast<const sockaddr_un&>(name.octets).sun_path);
  }
  if (bind(fd, name.get(), name.length) != 0 || listen(fd, backlog) != 0) {
    fail("listen at %.*s: %s", static_cast<int>(where.size()), where.data(), std::strerror(errno));
  }
  if (where.starts_with(unix_prefix)) {
    chmod(reinterpret_cast<const sockaddr_un&>(name.octets).sun_path, 0666);
  }
  return fd;
}

} // namespace bench
