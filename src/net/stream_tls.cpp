// NAME
//   stream_tls - one connection, inside TLS
//
// DESCRIPTION
//   The plain functions of stream.cpp come here once there is TLS. Plaintext is encrypted a piece
//   at a time, a spilled message as it is read from its file, and what is encrypted goes out before
//   more of it is made. What a peer may send without being asked (tickets, new keys) is no reply
//   and no command: it is taken in and does not make a connection unfit.
//
// DIAGNOSTICS
//   protocol_error where TLS failed; tls()->failure() has the sentence. Once TLS was begun, nothing
//   ever goes out in plaintext, whatever failed.

#include "stream_detail.hpp"
#include <sealonce/crypto/tls_session.hpp>
#include <sealonce/limits.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/socket.h>
#include <unistd.h>

namespace sealonce::net {
namespace {

using status = crypto::tls_session::status;

error_code tls_error() {
  return make_error_code(boost::system::errc::protocol_error);
}

/// The next piece of plaintext goes into `tls`.
error_code encrypt(std::span<segment>& segments, crypto::tls_session& tls) {
  const segment& front = segments.front();
  const auto most =
      static_cast<std::size_t>(std::min<std::uint64_t>(front.size, limits::tls_record));
  std::array<char, limits::tls_record> piece;
  std::string_view text(front.data, most);
  if (front.file >= 0) {
    const ssize_t got = ::pread(front.file, piece.data(), most, static_cast<off_t>(front.offset));
    if (got < 0 && errno == EINTR)
      return {};
    if (got < 0)
      return last_error();
    if (got == 0) // the file is shorter than what was written to it
      return make_error_code(boost::system::errc::io_error);
    text = {piece.data(), static_cast<std::size_t>(got)};
  }
  if (!tls.write(text))
    return tls_error();
  consume(segments, text.size());
  return {};
}

} // namespace

stream::~stream() {
  say_goodbye();
}

/// close_notify, where nothing waits that would leave with it: the rest of a message that was given
/// up must not.
void stream::say_goodbye() {
  if (!tls_ || cut_off_ || !socket_.is_open() || !tls_->outgoing().empty())
    return;
  tls_->close();
  bool progress = false;
  (void)send_ciphertext(progress);
}

/// As much of what is encrypted as the socket takes now.
error_code stream::send_ciphertext(bool& progress) {
  while (!cut_off_ && !tls_->outgoing().empty()) {
    const std::string_view out = tls_->outgoing();
    const ssize_t sent = ::send(socket_.descriptor(), out.data(), out.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR)
      continue;
    if (sent < 0 && would_block())
      return {};
    if (sent < 0) {
      cut_off_ = true;
      return last_error();
    }
    progress = true;
    tls_->sent(static_cast<std::size_t>(sent));
  }
  return {};
}

awaitable<error_code> stream::flush_ciphertext() {
  for (;;) {
    bool progress = false;
    const error_code error = send_ciphertext(progress);
    if (error || cut_off_ || tls_->outgoing().empty())
      co_return error;
    const auto [waited] = co_await socket_.wait_writable();
    if (waited)
      co_return waited;
  }
}

awaitable<error_code> stream::receive_ciphertext() {
  for (;;) {
    const ssize_t n = receive(tls_->room());
    if (n > 0) {
      tls_->received(static_cast<std::size_t>(n));
      co_return error_code();
    }
    if (n == 0)
      co_return asio::error::eof;
    if (!would_block())
      co_return last_error();
    const auto [waited] = co_await socket_.wait_readable();
    reads_at_once_ = 0;
    if (waited)
      co_return waited;
  }
}

awaitable<error_code> stream::secure(std::unique_ptr<crypto::tls_session> tls) {
  tls_ = std::move(tls);
  for (;;) {
    const status step = tls_->handshake();
    if (step == status::failed) {
      bool progress = false;
      (void)send_ciphertext(progress); // the alert that says why
      co_return tls_error();
    }
    error_code error = co_await flush_ciphertext();
    if (error || step == status::done)
      co_return error;
    error = co_await receive_ciphertext();
    if (error)
      co_return error;
  }
}

awaitable<io_result> stream::read_secure(std::span<char> into) {
  for (;;) {
    if (reads_at_once_ == limits::reads_at_once) {
      co_await asio::post(socket_.io(), asio::use_awaitable);
      reads_at_once_ = 0;
    }
    ++reads_at_once_;
    const auto got = tls_->read(into);
    if (got.what == status::done)
      co_return io_result(error_code(), got.octets);
    if (got.what == status::closed)
      co_return io_result(asio::error::eof, 0);
    // Answers that TLS itself owes must not pile up while more questions come in. That they cannot
    // be sent is no reason not to read: the peer may have refused and closed.
    (void)co_await flush_ciphertext();
    if (got.what == status::failed)
      co_return io_result(tls_error(), 0);
    const error_code error = co_await receive_ciphertext();
    if (error)
      co_return io_result(error, 0);
  }
}

/// Encrypts and sends until everything is gone or the socket takes no more.
error_code stream::send_encrypted(std::span<segment>& segments, bool& progress) {
  do {
    while (!segments.empty() && tls_->outgoing().size() < limits::tls_output)
      if (const error_code error = encrypt(segments, *tls_))
        return error;
    if (const error_code error = send_ciphertext(progress))
      return error;
  } while (!segments.empty() && tls_->outgoing().empty());
  return {};
}

bool stream::unsent() const {
  return tls_ && !tls_->outgoing().empty();
}

/// As write_at_once(): what is encrypted must be gone too.
bool stream::secure_at_once(std::span<segment>& segments, error_code& error) {
  bool progress = false;
  error = cut_off_ ? tls_error() : send_encrypted(segments, progress);
  if (error)
    cut_off_ = true;
  return error || (segments.empty() && tls_->outgoing().empty());
}

awaitable<error_code> stream::write_secure(std::span<segment> segments, deadline& until) {
  for (;;) {
    bool progress = false;
    error_code error = cut_off_ ? tls_error() : send_encrypted(segments, progress);
    if (!error && segments.empty() && tls_->outgoing().empty())
      co_return error;
    if (progress)
      until.extend();
    if (!error) {
      const auto [waited] = co_await socket_.wait_writable();
      error = waited;
    }
    if (error) {
      cut_off_ = true;
      co_return error;
    }
  }
}

/// Takes in what has come, without waiting, up to the first plaintext.
stream::arrival stream::look_inside() {
  std::size_t chatter = 0;
  for (;;) {
    const status what = tls_->peek();
    if (what == status::done)
      return arrival::octets;
    if (what != status::need_input)
      return arrival::end;
    const ssize_t n = receive(tls_->room());
    if (n < 0 && would_block())
      return arrival::nothing;
    chatter += n > 0 ? static_cast<std::size_t>(n) : 0;
    if (n <= 0 || chatter > limits::tls_chatter)
      return arrival::end;
    tls_->received(static_cast<std::size_t>(n));
  }
}

bool stream::quiet_inside() {
  bool progress = false;
  const arrival what = look_inside();
  const error_code error = send_ciphertext(progress);
  return what == arrival::nothing && !error && tls_->outgoing().empty();
}

} // namespace sealonce::net
