#pragma once

#include "asio_types.hpp"
#include "deadline.hpp"
#include "poller.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>

namespace sealonce::crypto {
class tls_session;
}

namespace sealonce::net {

/// Octets of a connection: how it ended, and how many. End of file is asio::error::eof.
using io_result = std::tuple<error_code, std::size_t>;

/// A piece of what is to be written: memory, or a range of a file.
struct segment {
  const char* data = nullptr;
  std::uint64_t size = 0;
  int file = -1; ///< >= 0: `size` octets of this file from `offset`
  std::uint64_t offset = 0;
};

/// One connection, plain or inside TLS. Writes are tried at once and wait only where the peer does
/// not take them; reads wait for the first octets. One operation in flight at most; cancel() ends
/// it.
class stream {
public:
  /// Of a connected socket that does not block.
  stream(poller& watch, descriptor socket);
  /// To be connected.
  explicit stream(poller& watch);
  ~stream();
  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;

  [[nodiscard]] awaitable<error_code>
  connect(const asio::generic::stream_protocol::endpoint& endpoint);
  /// Does the handshake; from now on everything goes through `tls`, and nothing goes in plaintext
  /// any more, whether it succeeds or not. protocol_error = tls()->failure() says why. The deadline
  /// is the caller's and nothing extends it.
  [[nodiscard]] awaitable<error_code> secure(std::unique_ptr<crypto::tls_session> tls);
  /// Null on a plain connection.
  [[nodiscard]] const crypto::tls_session* tls() const { return tls_.get(); }

  [[nodiscard]] awaitable<io_result> read_some(std::span<char> into);
  /// The same where octets or their end have come already. False = they must be waited for, or
  /// others have not had their turn for long.
  [[nodiscard]] bool read_at_once(std::span<char> into, io_result& got);
  /// Writes all segments in order. Any progress extends the deadline.
  [[nodiscard]] awaitable<error_code> write(std::span<segment> segments, deadline& until);
  [[nodiscard]] awaitable<error_code> write(std::string_view octets, deadline& until);
  /// The same as far as nothing must be waited for, which is the rule; what is written is taken off
  /// the front. True = over: everything is written, or `error` says why not. False = write() the
  /// rest.
  [[nodiscard]] bool write_at_once(std::span<segment>& segments, error_code& error);
  [[nodiscard]] bool write_at_once(std::string& octets, error_code& error);

  /// write_at_once() has taken octets that are encrypted and not gone yet: write() them.
  [[nodiscard]] bool unsent() const;

  /// The peer has closed or broken the connection; never waits, never takes plaintext away. Not
  /// while an operation is in flight.
  [[nodiscard]] bool peer_gone();
  /// Octets have come that were not read.
  [[nodiscard]] bool has_octets();
  /// Nothing has come that was not read, and the peer is still there. What TLS has to say for
  /// itself does not count. Not while an operation is in flight.
  [[nodiscard]] bool quiet();
  /// The same as far as the poller has heard, at its last look: without a system call. What is on
  /// its way meanwhile nobody can know.
  [[nodiscard]] bool heard_nothing();

  void cancel();
  void close();

private:
  [[nodiscard]] ssize_t receive(std::span<char> into);
  [[nodiscard]] ssize_t look();

  enum class arrival { nothing, octets, end };

  [[nodiscard]] error_code write_available(std::span<segment>& segments, bool& progress);
  [[nodiscard]] awaitable<io_result> read_secure(std::span<char> into);
  [[nodiscard]] bool secure_at_once(std::span<segment>& segments, error_code& error);
  [[nodiscard]] awaitable<error_code> write_secure(std::span<segment> segments, deadline& until);
  [[nodiscard]] awaitable<error_code> flush_ciphertext();
  [[nodiscard]] awaitable<error_code> receive_ciphertext();
  [[nodiscard]] error_code send_ciphertext(bool& progress);
  [[nodiscard]] error_code send_encrypted(std::span<segment>& segments, bool& progress);
  [[nodiscard]] arrival look_inside();
  [[nodiscard]] bool quiet_inside();
  void say_goodbye();

  watched_socket socket_;
  unsigned reads_at_once_ = 0; ///< since it last waited
  std::unique_ptr<crypto::tls_session> tls_;
  bool cut_off_ = false; ///< a write inside TLS has failed: what it left must never go out
};

/// No delay, keep-alive.
void prepare(int descriptor);

} // namespace sealonce::net
