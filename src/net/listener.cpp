// NAME
//   listener - sockets that accept, and who may come in
//
// DESCRIPTION
//   One acceptor for each worker and address. A connection over server.max_connections is told so
//   in one line, 421 4.3.2; who else may not come in is the session's to say.
//
// DIAGNOSTICS
//   accept(2) that fails for want of descriptors or memory is tried again after a pause; the log
//   gets one line for each spell.

#include "listener.hpp"

#include "descriptor.hpp"
#include "session.hpp"
#include <sealonce/limits.hpp>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <arpa/inet.h>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace sealonce::net {
namespace {

using acceptor = asio::basic_socket_acceptor<asio::generic::stream_protocol>;

constexpr int backlog = 1024;

std::string system_error(const std::string& what) {
  return what + ": " + std::strerror(errno);
}

struct socket_name {
  sockaddr_storage storage{};
  socklen_t length = 0;
};

socket_name name_of(const config::endpoint& at) {
  socket_name name;
  if (at.what == config::endpoint::kind::unix_socket) {
    auto* address = reinterpret_cast<sockaddr_un*>(&name.storage);
    address->sun_family = AF_UNIX;
    at.host.copy(address->sun_path, sizeof address->sun_path - 1);
    name.length = sizeof *address;
    return name;
  }
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&name.storage);
  auto* v4 = reinterpret_cast<sockaddr_in*>(&name.storage);
  if (::inet_pton(AF_INET, at.host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(at.port);
    name.length = sizeof *v4;
  } else if (::inet_pton(AF_INET6, at.host.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(at.port);
    name.length = sizeof *v6;
  }
  return name;
}

/// A socket file that nobody listens on is left over from a crash. Any other file is somebody's,
/// and connect(2) would refuse it too.
bool stale(const socket_name& name, const std::string& path) {
  struct stat file {};
  if (::lstat(path.c_str(), &file) != 0 || !S_ISSOCK(file.st_mode))
    return false;
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto* address = reinterpret_cast<const sockaddr*>(&name.storage);
  const bool refused =
      probe >= 0 && ::connect(probe, address, name.length) != 0 && errno == ECONNREFUSED;
  ::close(probe);
  return refused;
}

/// One line, as far as the socket takes it at once.
void refuse(int socket, const smtp::reply& why) {
  (void)::send(socket, why.wire().data(), why.wire().size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

/// May throw where there is no memory.
void begin_session(worker& w, descriptor socket, const std::string& relay_name) {
  auto settings = w.shared.current.load();
  const auto& relays = settings->settings->relays;
  const auto relay = std::find_if(relays.begin(), relays.end(),
                                  [&](const auto& r) { return r.name == relay_name; });
  auto peer = address_of(socket.get());
  if (peer.text == "unknown") // it is gone already
    return;
  if (relay == relays.end())
    return refuse(socket.get(), smtp::reply(421, "4.3.2", "This relay is no longer configured"));
  if (w.shared.sessions.load(std::memory_order_relaxed) >=
      settings->settings->server.max_connections) {
    const std::string limit = std::to_string(settings->settings->server.max_connections);
    if (w.shared.clients.refuse(deadline::clock::now()) == allowance::refused_and_told)
      w.log(config::log_level::warning, "relay " + relay_name + ": " + peer.text +
                                            " refused: server.max_connections is " + limit);
    if (relay->tls && relay->tls->mode == config::tls_mode::implicit)
      return; // a word in plaintext would only confuse
    return refuse(socket.get(),
                  smtp::reply(421, "4.3.2",
                              "Too many connections: the limit is " + limit + "; try again later"));
  }
  prepare(socket.get());
  auto s = std::make_shared<session>(w, settings, *relay, std::move(socket), std::move(peer));
  asio::co_spawn(w.io, session::run(s), [&w, s](std::exception_ptr broken) {
    if (broken)
      w.log(config::log_level::error, "a session ended by an exception while it said farewell");
  });
}

bool none_waits(int error) {
  return error == EAGAIN || error == EWOULDBLOCK;
}

/// What befell one client before it was accepted is not ours (accept(2)).
bool of_one_client(int error) {
  return error == ECONNABORTED || error == EPROTO || error == EINTR;
}

/// Accepts one; `tell` = the log has not heard of this spell of trouble. False = it did not work.
bool accept_one(worker& w, descriptor socket, int error, const std::string& relay, bool tell) {
  try {
    std::string why;
    try {
      if (socket.get() >= 0)
        begin_session(w, std::move(socket), relay);
      else
        why = error_code(error, boost::system::system_category()).message();
    } catch (const std::exception& broken) { // this one is lost to us, the next must not be
      why = broken.what();
    }
    if (!why.empty() && tell)
      w.log(config::log_level::error, "relay " + relay + ": accept: " + why);
    return why.empty();
  } catch (const std::exception&) { // no memory even for the words; the listener goes on
    return false;
  }
}

awaitable<void> accept_loop(worker& w, std::shared_ptr<acceptor> from, std::string relay) {
  asio::steady_timer pause(w.io);
  bool failing = false;
  while (from->is_open()) {
    const int made =
        ::accept4(from->native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    const int error = errno;
    if (made < 0 && none_waits(error)) {
      const auto [waited] = co_await from->async_wait(acceptor::wait_read, as_result);
      (void)waited; // accept4(2) says it better
      continue;
    }
    if (made < 0 && of_one_client(error))
      continue;
    const bool accepted = accept_one(w, descriptor(made), error, relay, !failing);
    failing = !accepted;
    if (accepted) {
      co_await asio::post(w.io, asio::use_awaitable);
      continue;
    }
    pause.expires_after(limits::accept_pause);
    const auto [waited] = co_await pause.async_wait(as_result);
    (void)waited;
  }
}

} // namespace

result<listening_socket> listening_socket::open(const config::endpoint& at,
                                                const config::relay_settings& relay, bool shared) {
  const socket_name name = name_of(at);
  if (name.length == 0)
    return failure("cannot listen on " + at.text + ": not an address");
  const int family = name.storage.ss_family;
  const auto* address = reinterpret_cast<const sockaddr*>(&name.storage);
  listening_socket opened(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  if (family == AF_UNIX) {
    if (stale(name, at.host))
      ::unlink(at.host.c_str());
  } else {
    ::setsockopt(opened.descriptor_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (shared)
      ::setsockopt(opened.descriptor_, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    if (family == AF_INET6)
      ::setsockopt(opened.descriptor_, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  }
  if (opened.descriptor_ < 0 || ::bind(opened.descriptor_, address, name.length) != 0)
    return failure(system_error("cannot listen on " + at.text));
  if (family == AF_UNIX) {
    opened.path_ = at.host;
    // Before listen(): until then nobody is let in, whatever the umask made of the mode.
    const uid_t owner = relay.socket_owner.value_or(static_cast<uid_t>(-1));
    const gid_t group = relay.socket_group.value_or(static_cast<gid_t>(-1));
    if (::chown(at.host.c_str(), owner, group) != 0)
      return failure(system_error("cannot change the owner or group of " + at.text));
    if (::chmod(at.host.c_str(), relay.socket_mode) != 0)
      return failure(system_error("cannot set the mode of " + at.text));
  }
  if (::listen(opened.descriptor_, backlog) != 0)
    return failure(system_error("cannot listen on " + at.text));
  return opened;
}

listening_socket::listening_socket(listening_socket&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_)) {
  other.path_.clear();
}

listening_socket& listening_socket::operator=(listening_socket&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(path_, other.path_);
  return *this;
}

listening_socket::~listening_socket() {
  if (descriptor_ >= 0)
    ::close(descriptor_);
  if (!path_.empty())
    ::unlink(path_.c_str());
}

int listening_socket::duplicate() const {
  return ::fcntl(descriptor_, F_DUPFD_CLOEXEC, 0);
}

std::string listening_socket::address() const {
  if (unix_domain())
    return "unix:" + path_;
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  ::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&storage), &length);
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (storage.ss_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&storage);
    ::inet_ntop(AF_INET, &v4->sin_addr, text.data(), text.size());
    return std::string(text.data()) + ":" + std::to_string(ntohs(v4->sin_port));
  }
  const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&storage);
  ::inet_ntop(AF_INET6, &v6->sin6_addr, text.data(), text.size());
  return "[" + std::string(text.data()) + "]:" + std::to_string(ntohs(v6->sin6_port));
}

std::uint16_t listening_socket::port() const {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  ::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&storage), &length);
  // The port stands at the same place in both families.
  return ntohs(reinterpret_cast<const sockaddr_in*>(&storage)->sin_port);
}

void accept_on(worker& w, int descriptor, std::string relay) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&storage), &length);
  const asio::generic::stream_protocol protocol(storage.ss_family, 0);
  auto from = std::make_shared<acceptor>(w.io, protocol, descriptor);
  w.add_acceptor([from] {
    error_code ignored;
    from->close(ignored);
  });
  asio::co_spawn(w.io, accept_loop(w, from, std::move(relay)), [](std::exception_ptr broken) {
    if (broken) // a worker that lets nobody in and says nothing is worse than a restart
      std::rethrow_exception(broken);
  });
}

} // namespace sealonce::net
