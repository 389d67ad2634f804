// NAME
//   stream - one connection, as far as it is plain
//
// DESCRIPTION
//   Writes call sendmsg(2) with as many pieces as it takes, and sendfile(2) for spilled messages,
//   before they wait for anything: Asio's own composed write sends 64 KiB at a time and enters
//   epoll after each.

#include "stream_detail.hpp"
#include <sealonce/crypto/tls_session.hpp>

#include <boost/asio/error.hpp>

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

} // namespace

void prepare(stream_socket& socket) {
  error_code ignored;
  socket.native_non_blocking(true, ignored);
  const int on = 1; // both fail on unix-domain sockets, which need neither
  ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

// Not a coroutine: it would be one more frame around Asio's for each read.
awaitable<io_result> stream::read_some(std::span<char> into) {
  if (tls_)
    return read_secure(into);
  return socket_.async_read_some(asio::buffer(into.data(), into.size()), as_result);
}

error_code stream::write_available(std::span<segment>& segments, bool& progress) {
  while (!segments.empty()) {
    const int descriptor = socket_.native_handle();
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
    const auto [waited] = co_await socket_.async_wait(stream_socket::wait_write, as_result);
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
  if (tls_)
    switch (look_inside()) {
    case arrival::nothing:
      return false;
    case arrival::end:
      return true;
    case arrival::octets: // unread ones; the end may stand behind them
      break;
    }
  char octet;
  const ssize_t n = ::recv(socket_.native_handle(), &octet, 1, MSG_PEEK | MSG_DONTWAIT);
  return n == 0 || (n < 0 && !would_block() && errno != EINTR);
}

bool stream::has_octets() {
  if (tls_)
    return look_inside() == arrival::octets;
  char octet;
  return ::recv(socket_.native_handle(), &octet, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

bool stream::quiet() {
  if (tls_)
    return quiet_inside();
  char octet;
  const ssize_t n = ::recv(socket_.native_handle(), &octet, 1, MSG_PEEK | MSG_DONTWAIT);
  return n < 0 && would_block();
}

void stream::cancel() {
  error_code ignored;
  socket_.cancel(ignored);
}

void stream::close() {
  error_code ignored;
  say_goodbye();
  socket_.close(ignored);
}

} // namespace sealonce::net
