// NAME
//   stream - one connection, as far as it is plain
//
// DESCRIPTION
//   Reads are tried only where the poller has heard of something. Writes call sendmsg(2) with as
//   many pieces as it takes, and sendfile(2) for spilled messages, before they wait for anything:
//   Asio's own composed write sends 64 KiB at a time and enters epoll after each.

#include "stream_detail.hpp"
#include <sealonce/crypto/tls_session.hpp>
#include <sealonce/limits.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

namespace sealonce::net {
namespace {

constexpr std::size_t pieces_at_once = 64;

} // namespace

void consume(std::span<segment>& segments, std::uint64_t sent) {
  while (!segments.empty()) {
    segment& front = segments.front();
    const std::uint64_t part = std::min(sent, front.size);
    front.size -= part;
    front.offset += part;
    if (front.file < 0)
      front.data += part;
    sent -= part;
    if (front.size != 0)
      return;
    segments = segments.subspan(1);
  }
}

namespace {

ssize_t send_memory(int descriptor, std::span<const segment> segments) {
  std::array<iovec, pieces_at_once> pieces;
  std::size_t count = 0;
  while (count < pieces.size() && count < segments.size() && segments[count].file < 0) {
    pieces[count].iov_base = const_cast<char*>(segments[count].data);
    pieces[count].iov_len = static_cast<std::size_t>(segments[count].size);
    ++count;
  }
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = count;
  const bool more = count < segments.size();
  return ::sendmsg(descriptor, &message, MSG_NOSIGNAL | (more ? MSG_MORE : 0));
}

ssize_t send_file(int descriptor, const segment& s) {
  auto offset = static_cast<off_t>(s.offset);
  const ssize_t sent = ::sendfile(descriptor, s.file, &offset, static_cast<std::size_t>(s.size));
  if (sent == 0) { // the file is shorter than what was written to it
    errno = EIO;
    return -1;
  }
  return sent;
}

bool is_loopback(const asio::generic::stream_protocol::endpoint& endpoint) {
  constexpr unsigned loopback_network = 127;
  if (endpoint.protocol().family() == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(endpoint.data());
    return ntohl(v4->sin_addr.s_addr) >> 24U == loopback_network;
  }
  if (endpoint.protocol().family() != AF_INET6)
    return false;
  const auto* v6 = reinterpret_cast<const sockaddr_in6*>(endpoint.data());
  return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

/// BBR, which is many machines' congestion control, sends by timers: a tenth more CPU for a large
/// message, and on this machine's own network nothing is ever congested. Every kernel has Reno.
void do_not_pace(int descriptor) {
  constexpr std::string_view reno = "reno";
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_CONGESTION, reno.data(),
               static_cast<socklen_t>(reno.size()));
}

} // namespace

void prepare(int descriptor) {
  const int on = 1; // both fail on unix-domain sockets, which need neither
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

stream::stream(poller& watch) : socket_(watch) {}

stream::stream(poller& watch, descriptor socket) : socket_(watch) {
  socket_.open(std::move(socket));
}

awaitable<error_code> stream::connect(const asio::generic::stream_protocol::endpoint& endpoint) {
  const int family = endpoint.protocol().family();
  descriptor made(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (made.get() < 0)
    co_return last_error();
  const auto length = static_cast<socklen_t>(endpoint.size());
  const bool connected = ::connect(made.get(), endpoint.data(), length) == 0;
  const error_code error = connected ? error_code() : last_error();
  if (error && error != asio::error::in_progress && error != asio::error::interrupted)
    co_return error;
  prepare(made.get());
  if (is_loopback(endpoint))
    do_not_pace(made.get());
  socket_.open(std::move(made)); // not before: epoll finds what does not even connect broken
  if (connected)
    co_return error;
  const auto [waited] = co_await socket_.wait_writable();
  if (waited)
    co_return waited;
  int outcome = 0;
  socklen_t size = sizeof outcome;
  ::getsockopt(socket_.descriptor(), SOL_SOCKET, SO_ERROR, &outcome, &size);
  co_return error_code(outcome, boost::system::system_category());
}

/// recv(2), unless it is known that there is nothing: EAGAIN then, without a system call.
ssize_t stream::receive(std::span<char> into) {
  if (!socket_.readable && socket_.is_open()) {
    errno = EAGAIN;
    return -1;
  }
  ssize_t n = 0;
  do
    n = ::recv(socket_.descriptor(), into.data(), into.size(), MSG_DONTWAIT);
  while (n < 0 && errno == EINTR);
  if ((n < 0 && would_block()) || (n > 0 && static_cast<std::size_t>(n) < into.size()))
    socket_.readable = socket_.ended;
  return n;
}

/// The same for one octet, which stays.
ssize_t stream::look() {
  char octet;
  if (!socket_.readable && socket_.is_open()) {
    errno = EAGAIN;
    return -1;
  }
  const ssize_t n = ::recv(socket_.descriptor(), &octet, 1, MSG_PEEK | MSG_DONTWAIT);
  if (n < 0 && would_block())
    socket_.readable = false;
  return n;
}

bool stream::read_at_once(std::span<char> into, io_result& got) {
  if (tls_ || reads_at_once_ == limits::reads_at_once)
    return false;
  const ssize_t n = receive(into);
  if (n < 0 && would_block())
    return false;
  ++reads_at_once_;
  if (n > 0)
    got = {error_code(), static_cast<std::size_t>(n)};
  else
    got = {n == 0 ? error_code(asio::error::eof) : last_error(), 0};
  return true;
}

awaitable<io_result> stream::read_some(std::span<char> into) {
  if (tls_) {
    const io_result decrypted = co_await read_secure(into);
    co_return decrypted;
  }
  io_result got;
  for (;;) {
    if (reads_at_once_ == limits::reads_at_once) {
      co_await asio::post(socket_.io(), asio::use_awaitable);
      reads_at_once_ = 0;
    }
    if (read_at_once(into, got))
      co_return got;
    const auto [error] = co_await socket_.wait_readable();
    reads_at_once_ = 0;
    if (error)
      co_return io_result(error, 0);
  }
}

error_code stream::write_available(std::span<segment>& segments, bool& progress) {
  while (!segments.empty()) {
    const int descriptor = socket_.descriptor();
    const ssize_t sent = segments.front().file < 0 ? send_memory(descriptor, segments)
                                                   : send_file(descriptor, segments.front());
    if (sent < 0 && errno == EINTR)
      continue;
    if (sent < 0)
      return would_block() ? error_code() : last_error();
    progress = true;
    consume(segments, static_cast<std::uint64_t>(sent));
  }
  return {};
}

bool stream::write_at_once(std::span<segment>& segments, error_code& error) {
  bool progress = false;
  consume(segments, 0); // empty pieces
  if (tls_)
    return secure_at_once(segments, error);
  error = write_available(segments, progress);
  return error || segments.empty();
}

bool stream::write_at_once(std::string& octets, error_code& error) {
  segment one;
  one.data = octets.data();
  one.size = octets.size();
  std::span<segment> all(&one, 1);
  const bool over = write_at_once(all, error);
  octets.erase(0, octets.size() - static_cast<std::size_t>(one.size));
  return over;
}

awaitable<error_code> stream::write(std::span<segment> segments, deadline& until) {
  consume(segments, 0); // empty pieces
  if (tls_) {
    const error_code error = co_await write_secure(segments, until);
    co_return error;
  }
  for (;;) {
    bool progress = false;
    error_code error = write_available(segments, progress);
    if (error || segments.empty())
      co_return error;
    if (progress)
      until.extend();
    const auto [waited] = co_await socket_.wait_writable();
    if (waited)
      co_return waited;
  }
}

awaitable<error_code> stream::write(std::string_view octets, deadline& until) {
  segment one;
  one.data = octets.data();
  one.size = octets.size();
  const std::span<segment> all(&one, 1);
  const error_code error = co_await write(all, until);
  co_return error;
}

bool stream::peer_gone() {
  socket_.readable = true; // ask
  if (tls_)
    switch (look_inside()) {
    case arrival::nothing:
      return false;
    case arrival::end:
      return true;
    case arrival::octets: // unread ones; the end may stand behind them
      break;
    }
  const ssize_t n = look();
  return n == 0 || (n < 0 && !would_block() && errno != EINTR);
}

bool stream::has_octets() {
  socket_.readable = true;
  if (tls_)
    return look_inside() == arrival::octets;
  return look() > 0;
}

bool stream::quiet() {
  socket_.readable = true;
  return heard_nothing();
}

bool stream::heard_nothing() {
  if (tls_)
    return quiet_inside();
  return look() < 0 && would_block();
}

void stream::cancel() {
  socket_.cancel();
}

void stream::close() {
  say_goodbye();
  socket_.close();
}

} // namespace sealonce::net
