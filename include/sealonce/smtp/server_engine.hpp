#pragma once

#include <sealonce/smtp/command.hpp>
#include <sealonce/smtp/extensions.hpp>
#include <sealonce/smtp/reply.hpp>
#include <sealonce/smtp/xforward.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sealonce::smtp {

/// What one transaction is known to be, for decisions and the log.
struct envelope {
  std::string reverse_path;   ///< with brackets: "<>", "<a@b>"
  std::size_t recipients = 0; ///< accepted by the next hop
  original_client client;     ///< from XFORWARD
};

/// The server side of SMTP (RFC 5321, 2920) without a socket. It answers what is ours to answer
/// (EHLO, NOOP, VRFY, HELP, QUIT, errors of syntax and sequence) and hands out, in order, what the
/// next hop must answer (MAIL, RCPT, DATA, XFORWARD); the replies to both reach the client in the
/// order of the commands. Never throws on what the client says; keeps no clock.
///
/// The caller's loop: received() → next() until need_input; answer() for each `forward` in order,
/// and next() again after it; send output() before reading. After a positive answer to DATA (354)
/// the octets that follow are the message: they go past this object until message_done().
class server_engine {
public:
  struct options {
    std::string hostname;
    std::uint64_t max_size = 0;    ///< octets; 0 = no limit of our own
    bool xforward_allowed = false; ///< this client may send XFORWARD
  };

  enum class event {
    need_input, ///< nothing complete is there: send output(), read
    hello,      ///< EHLO or HELO: call answer_hello(); a transaction in hand is over
    forward,    ///< forwarded() goes to the next hop; answer() is due for it
    reset,      ///< RSET (answered): a transaction in hand is over at the next hop too
    close,      ///< send output(), then close: QUIT, or a client that cannot be followed
  };

  explicit server_engine(options o);

  /// Octets of the client, in command mode. At most limits::mail_command_line octets of an
  /// unfinished line are kept.
  void received(std::span<const char> bytes);
  [[nodiscard]] event next();

  /// A command for the next hop.
  struct forwarded_command {
    verb what = verb::unknown;
    std::string line;      ///< without CRLF
    unsigned needs = 0;    ///< extensions that the next hop must have for it
    bool has_size = false; ///< SIZE=`size` is to be appended where the next hop has it
    std::uint64_t size = 0;
    std::string recipient; ///< path of RCPT
  };
  /// The command of the last `forward` event; may be moved from.
  [[nodiscard]] forwarded_command& forwarded() { return forwarded_; }

  /// The extensions to announce, as the answer to the last `hello`.
  void answer_hello(const extensions& offer);
  /// The reply to the oldest forwarded command that has none yet.
  void answer(const reply& r);
  /// Commands forwarded and not answered.
  [[nodiscard]] std::size_t unanswered() const { return unanswered_; }

  /// The client was told 354: what follows is the message.
  [[nodiscard]] bool in_data() const { return state_ == state::data; }
  /// The reply to the message. The transaction is over; octets that came behind the final dot are
  /// given to received().
  void message_done(const reply& r);
  /// The next hop lost the transaction: until RSET, MAIL's successor or EHLO, every RCPT and DATA
  /// is answered with 451, never with 503 (which would make an upstream bounce).
  void transaction_lost();
  /// Says 421 and ends the session after what is due.
  void farewell(const reply& r);

  /// The greeting is in it from the start. The caller takes it away.
  [[nodiscard]] std::string& output() { return output_; }
  [[nodiscard]] const envelope& current() const { return envelope_; }
  [[nodiscard]] bool in_transaction() const { return state_ != state::idle; }
  [[nodiscard]] const std::string& hello_name() const { return hello_name_; }
  [[nodiscard]] bool esmtp() const { return esmtp_; }

private:
  enum class state { idle, mail, data, lost };
  struct slot {
    bool answered;
    verb what;
    std::string wire;
  };

  [[nodiscard]] bool must_wait(verb what) const;
  [[nodiscard]] event handle(const command& c, std::size_t length);
  [[nodiscard]] event handle_hello(const command& c);
  [[nodiscard]] event handle_mail(const command& c);
  [[nodiscard]] event handle_rcpt(const command& c);
  [[nodiscard]] event handle_data(const command& c);
  [[nodiscard]] event handle_xforward(const command& c);
  [[nodiscard]] event forward(verb what, std::string line, unsigned needs);
  event local(reply r);
  event error(reply r);
  event end_session(reply r);
  void reset_transaction();
  void flush_slots();

  options options_;
  state state_ = state::idle;
  bool greeted_ = false;
  bool esmtp_ = false;
  bool closing_ = false;
  bool mail_pending_ = false;    ///< MAIL is not answered yet
  bool mail_refused_ = false;    ///< … or was refused, and its group is not over
  bool utf8_ = false;            ///< this transaction has SMTPUTF8
  std::size_t rcpt_pending_ = 0; ///< RCPTs not answered yet
  std::size_t rcpt_seen_ = 0;    ///< RCPTs forwarded in this transaction
  unsigned errors_ = 0;
  std::string input_;
  std::size_t read_ = 0;
  std::string output_;
  std::vector<slot> slots_;
  std::size_t unanswered_ = 0;
  forwarded_command forwarded_;
  extensions offered_;
  envelope envelope_;
  std::string hello_name_;
};

} // namespace sealonce::smtp
