#pragma once

#include "asio_types.hpp"
#include "deadline.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace sealonce::net {

/// Octets of a connection: how many, and how it ended. End of file is asio::error::eof.
struct io_result {
  io_result(error_code e, std::size_t n) : error(e), octets(n) {}
  error_code error;
  std::size_t octets;
};

/// A piece of what is to be written: memory, or a range of a file.
struct segment {
  const char* data = nullptr;
  std::uint64_t size = 0;
  int file = -1; ///< >= 0: `size` octets of this file from `offset`
  std::uint64_t offset = 0;
};

/// One connection. Writes are tried at once and wait only where the peer does not take them; reads
/// wait for the first octets. One operation in flight at most; cancel() ends it.
class stream {
public:
  explicit stream(stream_socket socket) : socket_(std::move(socket)) {}

  [[nodiscard]] awaitable<io_result> read_some(std::span<char> into);
  /// Writes all segments in order. Any progress extends the deadline.
  [[nodiscard]] awaitable<error_code> write(std::span<segment> segments, deadline& until);
  [[nodiscard]] awaitable<error_code> write(std::string_view octets, deadline& until);

  /// The peer has closed or broken the connection; never waits, never takes octets away.
  [[nodiscard]] bool peer_gone();
  /// Octets have come that were not read.
  [[nodiscard]] bool has_octets();
  /// Nothing has come that was not read, and the peer is still there.
  [[nodiscard]] bool quiet();

  void cancel();
  void close();
  [[nodiscard]] stream_socket& socket() { return socket_; }

private:
  [[nodiscard]] error_code write_available(std::span<segment>& segments, bool& progress);

  stream_socket socket_;
};

/// Non-blocking, no delay, keep-alive.
void prepare(stream_socket& socket);

} // namespace sealonce::net
