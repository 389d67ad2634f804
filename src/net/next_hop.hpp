#pragma once

#include "stream.hpp"
#include <sealonce/config/settings.hpp>
#include <sealonce/smtp/client_engine.hpp>

#include <array>
#include <chrono>
#include <memory>
#include <string>

namespace sealonce::net {

/// How waiting for the next hop ended.
enum class hop_event {
  ready,     ///< greeted
  reply,     ///< engine.last_reply()
  lost,      ///< the connection ended or broke; io_error says how
  timed_out, ///< the deadline passed
  failed,    ///< engine.failure() says why
};

/// An address of a next hop, resolved.
struct hop_address {
  asio::generic::stream_protocol::endpoint endpoint;
  std::string text; ///< as configured, for people
};

/// One connection to a next hop with its conversation.
class next_hop {
public:
  next_hop(asio::io_context& io, std::string hostname, bool lmtp);

  /// Connects and greets; hop_event::ready or what went wrong.
  [[nodiscard]] awaitable<hop_event> connect(const hop_address& address, deadline& until);
  /// Sends what the engine has to send.
  [[nodiscard]] awaitable<error_code> flush(deadline& until);
  /// Flushes, and waits for the next event of the engine.
  [[nodiscard]] awaitable<hop_event> wait(deadline& until);
  /// An event that needs no waiting is there.
  [[nodiscard]] bool has_input() const { return engine.has_input(); }
  /// A sentence about what `event` means, with the next hop's name.
  [[nodiscard]] std::string explain(hop_event event) const;

  stream io;
  smtp::client_engine engine;
  error_code io_error;
  hop_address to;
  const bool lmtp;       ///< what it is spoken to in; else SMTP
  bool used = false;     ///< taken from the pool: it may have died there
  bool answered = false; ///< something of this transaction was answered
  bool dirty = false;    ///< a transaction was begun and is not over
  unsigned transactions = 0;
  deadline::clock::time_point idle_until;
  config::settings_ptr made_under; ///< for those sessions that begin under the same

private:
  std::array<char, 4096> buffer_;
};

} // namespace sealonce::net
