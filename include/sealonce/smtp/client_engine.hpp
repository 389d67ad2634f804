#pragma once

#include <sealonce/limits.hpp>
#include <sealonce/smtp/authentication.hpp>
#include <sealonce/smtp/extensions.hpp>
#include <sealonce/smtp/reply.hpp>

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace sealonce::smtp {

/// Why a conversation with the next hop is over. Each has its own reply to our client (451 4.4.x).
enum class client_failure {
  none,
  refused_greeting,  ///< the greeting was not 220; refusal() has it
  refused_hello,     ///< neither EHLO nor HELO was taken, or LHLO was not; refusal() has the
                     ///< last answer
  refused_auth,      ///< our user name or password was not taken; refusal() has the answer
  no_auth,           ///< authentication is not possible or not to be trusted; why() says more
  malformed_reply,   ///< what came is not a reply
  no_starttls,       ///< TLS is a must, and it was not offered
  refused_starttls,  ///< TLS is a must, and STARTTLS was refused; refusal() has the answer
  starttls_injected, ///< octets came behind the 220 to STARTTLS, outside TLS
  unasked_reply,     ///< octets came before the command that they could answer was taken away to be
                     ///< sent: the replies can no longer be matched with commands
};

/// What STARTTLS is to a conversation that begins in plaintext.
enum class starttls_use {
  never, ///< not even where it is offered
  may,   ///< where it is offered; a refusal is no failure
  must,  ///< nothing of a transaction is said before it
};

/// The client side of SMTP (RFC 5321) or LMTP (RFC 2033) without a socket: octets of the next hop
/// go in, replies in the order of our commands come out, and what is to be sent is collected. Never
/// throws on what the peer says, keeps no clock: the time to wait comes with each event.
///
/// Life: greeting → EHLO (HELO where EHLO is refused with 5xx), or LHLO → perhaps STARTTLS, and
/// after the handshake EHLO again, for what was offered before it may be forged → AUTH where
/// authenticate() was called → ready; then commands and replies, pipelined or not as the caller
/// does it; quit() at the end. One object for one connection.
class client_engine {
public:
  enum class event {
    need_input, ///< send output(), then read; wait no longer than timeout()
    start_tls,  ///< 220 to STARTTLS: do the handshake, then tls_started() (told once)
    ready,      ///< greeted: offers() is known, commands may be given (told once)
    reply,      ///< last_reply() answers the oldest command without an answer
    failed,     ///< failure() says why; drop the connection
  };

  /// `hostname` is what EHLO says of us.
  explicit client_engine(std::string hostname, bool lmtp = false,
                         starttls_use tls = starttls_use::never);

  /// The handshake is done: after `start_tls`, or before anything was received where TLS begins
  /// with the connection. `authenticated` = the next hop has proved who it is: only then it can
  /// keep the promise of REQUIRETLS, and is taken to offer it (RFC 8689 §4.2.1).
  void tls_started(bool authenticated);

  /// Before the first octets: AUTH is to succeed before `ready`. `nonce` is for SCRAM; empty = a
  /// random one.
  void authenticate(std::shared_ptr<const credentials> who, std::string nonce = {});

  /// Octets of the next hop, as they came. Bounded: an endless reply becomes malformed_reply.
  void received(std::span<const char> bytes);
  [[nodiscard]] event next();

  /// What is to be sent; the caller takes it away whole (swap, or write and clear) before it reads
  /// an answer to it.
  [[nodiscard]] std::string& output() { return output_; }
  /// Queues a command; `line` without CRLF (std::invalid_argument where one is in it, for that
  /// would be two commands). Only after `ready`.
  void command(std::string_view line);
  /// The message with its final dot was sent (by the caller, not through output()): so many replies
  /// are due, in LMTP one for each recipient that was accepted (RFC 2033 §4.2).
  void message_sent(std::size_t replies = 1);
  void quit() { command("QUIT"); }

  [[nodiscard]] reply& last_reply() { return reply_; }
  [[nodiscard]] const reply& refusal() const { return reply_; }
  [[nodiscard]] const extensions& offers() const { return offers_; }
  [[nodiscard]] std::size_t unanswered() const { return unanswered_; }
  [[nodiscard]] client_failure failure() const { return failure_; }
  /// Of no_auth: goes on after the next hop's name.
  [[nodiscard]] const std::string& why() const { return login_->why(); }
  /// Octets have come that next() has not looked at.
  [[nodiscard]] bool has_input() const { return read_ != input_.size(); }
  /// Greeted, no command without an answer and nothing unread: fit for the next transaction.
  [[nodiscard]] bool idle() const;
  /// How long each kind of answer may take.
  struct patience {
    std::chrono::seconds hello = limits::next_hop_hello_timeout;         ///< the greeting, and EHLO
    std::chrono::seconds reply = limits::next_hop_reply_timeout;         ///< a command
    std::chrono::seconds data_done = limits::next_hop_data_done_timeout; ///< the message
  };
  void wait_as(const patience& p) { patience_ = p; }
  /// How long the next event may take: greeting and EHLO, a command, or the message.
  [[nodiscard]] std::chrono::seconds timeout() const;

private:
  enum class state { greeting, ehlo, helo, starttls, handshake, auth, ready, failed };
  event fail(client_failure why);
  [[nodiscard]] bool answer_due() const;
  void say_hello();
  event hello_answer();
  event greeted();
  event auth_outcome(authentication::outcome what);
  event ehlo_taken();
  event starttls_answer();

  std::string hostname_;
  patience patience_;
  bool lmtp_;
  starttls_use starttls_;
  bool authenticated_ = false; ///< the next hop has shown who it is
  state state_ = state::greeting;
  std::string input_;
  std::size_t read_ = 0; ///< octets of input_ that are done
  std::string output_;
  reply_parser parser_;
  reply reply_;
  extensions offers_;
  std::optional<authentication> login_;
  std::size_t unanswered_ = 0;
  std::size_t unsent_ = 0;    ///< commands in output_, while it is not empty
  bool secure_ = false;       ///< inside TLS
  bool message_sent_ = false; ///< answers to the message are due
  client_failure failure_ = client_failure::none;
};

} // namespace sealonce::smtp
