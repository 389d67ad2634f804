#pragma once

#include "stream.hpp"
#include <sealonce/config/settings.hpp>
#include <sealonce/crypto/tls_context.hpp>
#include <sealonce/limits.hpp>
#include <sealonce/smtp/client_engine.hpp>

#include <array>
#include <chrono>
#include <memory>
#include <string>

namespace sealonce::net {

/// How waiting for the next hop ended.
enum class hop_event {
  nothing,    ///< it must be waited for; never comes out of wait()
  start_tls,  ///< the handshake is due; never comes out of connect()
  ready,      ///< greeted
  reply,      ///< engine.last_reply()
  lost,       ///< the connection ended or broke; io_error says how
  timed_out,  ///< the deadline passed
  failed,     ///< engine.failure() says why
  tls_failed, ///< the handshake; io.tls()->failure() or io_error says why
};

/// An address of a next hop, resolved.
struct hop_address {
  asio::generic::stream_protocol::endpoint endpoint;
  std::string text; ///< as configured, for people
  std::string name; ///< host name or address, to be found in its certificate; empty for unix
};

/// How a connection to a next hop is secured.
struct hop_security {
  std::shared_ptr<const crypto::tls_context> context; ///< null = plain
  bool implicit = false;                              ///< TLS begins with the connection
  bool may = false;                                   ///< STARTTLS only where it is offered
  std::string name;                                   ///< instead of the address's; may be empty
};

/// One connection to a next hop with its conversation.
class next_hop {
public:
  next_hop(poller& watch, std::string hostname, bool lmtp, hop_security how);

  /// Connects and greets; hop_event::ready or what went wrong.
  [[nodiscard]] awaitable<hop_event> connect(const hop_address& address, deadline& until);
  /// How long its stages may take from now on.
  void wait_as(const config::relay_timeouts& t);
  /// The next event of the engine, where it has come already.
  [[nodiscard]] hop_event at_hand();
  /// Flushes, and waits for the next event of the engine.
  [[nodiscard]] awaitable<hop_event> wait(deadline& until);
  /// An event that needs no waiting is there.
  [[nodiscard]] bool has_input() const { return engine.has_input(); }
  /// `event` is about TLS: the handshake, or STARTTLS that could not be had.
  [[nodiscard]] bool tls_trouble(hop_event event) const;
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
  [[nodiscard]] awaitable<error_code> flush(deadline& until);
  [[nodiscard]] awaitable<hop_event> start_tls(deadline& until);
  [[nodiscard]] awaitable<hop_event> greet(deadline& until);
  [[nodiscard]] std::string explain_failure() const;

  hop_security security_;
  std::chrono::seconds connect_timeout_ = limits::next_hop_connect_timeout;
  std::chrono::seconds hello_timeout_ = limits::next_hop_hello_timeout;
  std::array<char, 4096> buffer_;
};

} // namespace sealonce::net
