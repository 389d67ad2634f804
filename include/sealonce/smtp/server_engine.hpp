#pragma once

#include <sealonce/limits.hpp>
#include <sealonce/smtp/command.hpp>
#include <sealonce/smtp/extensions.hpp>
#include <sealonce/smtp/reply.hpp>
#include <sealonce/smtp/xclient.hpp>
#include <sealonce/smtp/xforward.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sealonce::smtp {

/// What one transaction is known to be, for decisions and the log.
struct envelope {
  std::string reverse_path;   ///< with brackets: "<>", "<a@b>"
  std::size_t recipients = 0; ///< accepted by the next hop
  original_client client;     ///< from XFORWARD; the next hop is to be told of it before MAIL
};

/// The server side of SMTP (RFC 5321, 2920) without a socket. It answers what is ours to answer
/// (EHLO, NOOP, VRFY, HELP, QUIT, errors of syntax and sequence) and hands out, in order, what the
/// next hop must answer (MAIL, RCPT, DATA); the replies to both reach the client in the
/// order of the commands. Never throws on what the client says; keeps no clock.
///
/// The caller's loop: received() → next() until need_input; answer() for each `forward` in order,
/// and next() again after it; send output() before reading. Where need_input comes while something
/// is unanswered(), the next hop is what has to be read: some commands wait for its replies, and at
/// most limits::pipelined_commands wait at once. After a positive answer to DATA (354) the octets
/// that follow are the message: they go past this object until message_done(). The message of BDAT
/// comes out of it in pieces: `chunk` events, then `chunk_end`, for which chunk_done() is due, or,
/// behind the last chunk, message_done(). The chunks of a BDAT that is refused are thrown away
/// here, to their last octet.
class server_engine {
public:
  /// TLS on the connection of this client.
  enum class security {
    plain,    ///< and nothing else
    offered,  ///< STARTTLS is offered
    required, ///< until STARTTLS everything but NOOP, EHLO, STARTTLS and QUIT gets 530 (RFC 3207)
    secure,   ///< inside TLS
  };

  struct options {
    std::string hostname;
    std::uint64_t max_size = 0;                      ///< octets; 0 = no limit of our own
    bool xforward_allowed = false;                   ///< this client may send XFORWARD
    bool xclient_allowed = false;                    ///< … and XCLIENT
    std::size_t max_recipients = limits::recipients; ///< of one transaction
    bool lmtp = false;                               ///< LMTP (RFC 2033) instead of SMTP
    /// Further recipients of a transaction get 452 4.5.3: where a next hop answers for each
    /// recipient and this client takes one answer, they could end differently.
    bool one_recipient = false;
    bool chunking = false; ///< CHUNKING is offered (RFC 3030)
    security tls = security::plain;
  };

  enum class event {
    need_input, ///< nothing more can be done: send output(), read
    hello,      ///< EHLO, HELO or LHLO: call answer_hello(); a transaction in hand is over
    xclient,    ///< XCLIENT: call answer_xclient()
    forward,    ///< forwarded() goes to the next hop; answer() is due for it
    start_tls,  ///< STARTTLS (answered 220): send output(), then the handshake, then tls_started();
                ///< nothing else happens before that
    reset,      ///< RSET (answered): a transaction in hand is over at the next hop too
    chunk,      ///< chunk() is the next piece of the message
    chunk_end,  ///< all octets of a BDAT have come: last_chunk() says what is due
    close,      ///< nothing is due any more: send output(), then close (QUIT, or a client that
                ///< cannot be followed)
  };

  explicit server_engine(options o);

  /// Octets of the client, in command mode. At most limits::mail_command_line octets of an
  /// unfinished line are kept, and nothing after the session's end; whole lines that wait for the
  /// next hop are kept, so the caller does not read on meanwhile.
  void received(std::span<const char> bytes);
  [[nodiscard]] event next();
  /// Octets received that next() has not taken yet.
  [[nodiscard]] std::size_t unread() const { return input_.size() - read_; }

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
  /// The handshake after `start_tls` is done. All that the client has said is forgotten, EHLO too
  /// (RFC 3207 §4.2), and octets that were received since are thrown away; those that it had sent
  /// in one piece with STARTTLS have ended the session already.
  void tls_started();
  /// What XCLIENT claimed, all such commands of the session together.
  [[nodiscard]] const claimed_client& claimed() const { return claimed_; }
  /// The answer to the last `xclient`: code 0 = the session begins anew with a greeting for that
  /// client; else this reply and the end.
  void answer_xclient(const reply& refusal);
  /// What this client may do, where that is known only after the engine was made.
  void permit(bool xforward, bool xclient);
  /// The reply to the oldest forwarded command that has none yet. One that makes no sense for it
  /// (250 for DATA, 354 for MAIL) becomes 451 4.5.0. Octets that the client sent behind DATA
  /// without waiting for this reply end the session with 554 5.5.0, whatever the reply was: then
  /// in_data() stays false and a next hop that waits for data must be dropped.
  void answer(const reply& r);
  /// Commands forwarded and not answered.
  [[nodiscard]] std::size_t unanswered() const { return waiting_.size() - first_waiting_; }

  /// The client was told 354: what follows is the message.
  [[nodiscard]] bool in_data() const { return state_ == state::data; }
  /// The piece of the last `chunk` event: octets of the message as they are, without stuffing dots.
  /// A view until the next call of received() or next().
  [[nodiscard]] std::string_view chunk() const { return chunk_; }
  /// The BDAT of the last `chunk_end` had LAST: the message is complete.
  [[nodiscard]] bool last_chunk() const { return chunk_last_; }
  /// The reply to a BDAT without LAST. One that is not positive ends the transaction: whatever else
  /// comes for it gets the same reply until RSET, EHLO or another MAIL.
  void chunk_done(const reply& r);
  /// Octets of a BDAT are still to come.
  [[nodiscard]] bool in_chunk() const { return chunk_phase_ != phase::none; }

  /// LMTP: the reply to the message (2xx, 4xx or 5xx) for the next recipient, in the order in which
  /// they were accepted. message_done() is due all the same.
  void recipient_done(const reply& r);
  /// The reply to the message: to SMTP once, to LMTP for every recipient that has none yet (RFC
  /// 2033 §4.2). The transaction is over; octets that came behind the final dot are given to
  /// received().
  void message_done(const reply& r);
  /// The next hop lost the transaction: until RSET, EHLO or another MAIL that is fit to be sent on,
  /// every RCPT and DATA is answered with 451, never with 503 (which would make an upstream
  /// bounce). What is unanswered() stays due.
  void transaction_lost();
  /// Says `r` (421) after what is due, instead of a reply to EHLO where that is due, and ends the
  /// session; nothing where it is ending already.
  void farewell(const reply& r);

  /// `octets` were there before the greeting was sent, RFC 5321 §4.3.1: nobody who speaks SMTP does
  /// that. The greeting is taken back and the session ends with 554 5.5.0. Only as the first call.
  void spoke_too_early(std::string_view octets);
  /// A sentence for the log about what this client does against the protocol, once for each thing;
  /// empty = nothing new.
  [[nodiscard]] std::string take_notice() { return std::exchange(notice_, {}); }

  /// The greeting is in it from the start. The caller takes it away.
  [[nodiscard]] std::string& output() { return output_; }
  /// The caller has sent what was in it.
  void output_sent() {
    output_.clear();
    patient_ = 0;
  }
  /// Only replies to XFORWARD are in it: where commands for the next hop stand behind, they may go
  /// with the replies to those, in one segment.
  [[nodiscard]] bool output_can_wait() const { return output_.size() == patient_; }
  [[nodiscard]] const envelope& current() const { return envelope_; }
  [[nodiscard]] bool in_transaction() const { return state_ != state::idle; }
  [[nodiscard]] const std::string& hello_name() const { return hello_name_; }
  [[nodiscard]] bool esmtp() const { return esmtp_; }
  /// The transaction in hand has SMTPUTF8.
  [[nodiscard]] bool utf8() const { return utf8_; }

private:
  enum class state { idle, mail, data, chunks, lost };
  /// What becomes of the octets that come.
  enum class phase { none, taken, skipped };
  /// A forwarded command without an answer.
  struct waiting {
    verb what;
    std::string behind; ///< our own replies to commands that came after it
  };

  [[nodiscard]] bool must_wait() const;
  [[nodiscard]] bool must_wait(verb what) const;
  [[nodiscard]] event handle(const command& c, std::size_t length);
  [[nodiscard]] event handle_hello(const command& c);
  [[nodiscard]] event handle_mail(const command& c);
  [[nodiscard]] event handle_rcpt(const command& c);
  [[nodiscard]] event handle_data(const command& c);
  [[nodiscard]] event handle_bdat(const command& c);
  [[nodiscard]] reply chunk_refusal() const;
  [[nodiscard]] event next_of_chunk();
  [[nodiscard]] event handle_starttls(const command& c);
  [[nodiscard]] event handle_xforward(const command& c);
  [[nodiscard]] event handle_xclient(const command& c);
  [[nodiscard]] event forward(verb what, unsigned needs);
  const std::string& note_answer(verb what, const reply& r);
  event local(const reply& r);
  event error(const reply& r);
  void greet();
  event useless(const reply& r);
  bool too_useless();
  event cut_off_useless();
  event end_session(const reply& r);
  event cut_off(const reply& r);
  void note_pipelined(std::string_view behind);
  void reset_transaction();

  options options_;
  state state_ = state::idle;
  bool greeted_ = false;
  bool esmtp_ = false;
  bool closing_ = false;
  bool hello_due_ = false;       ///< answer_hello() is
  bool data_due_ = false;        ///< DATA is not answered yet
  bool tls_due_ = false;         ///< tls_started() is
  bool mail_refused_ = false;    ///< MAIL was refused, and its group is not over
  bool utf8_ = false;            ///< this transaction has SMTPUTF8
  std::size_t rcpt_pending_ = 0; ///< RCPTs not answered yet
  std::size_t rcpt_seen_ = 0;    ///< RCPTs forwarded in this transaction
  std::size_t rcpt_done_ = 0;    ///< recipients that have their reply to the message
  reply lost_reply_;             ///< what is said in state::lost
  phase chunk_phase_ = phase::none;
  std::uint64_t chunk_left_ = 0; ///< octets of this BDAT that have not come
  bool chunk_last_ = false;
  bool chunk_due_ = false; ///< chunk_done() or message_done() is
  reply chunk_refusal_;    ///< for phase::skipped
  std::string_view chunk_;
  unsigned errors_ = 0;
  unsigned useless_ = 0;         ///< commands that led nowhere since the last message
  bool pipelined_ = false;       ///< noticed that it does not wait for replies that end a group
  bool recipients_told_ = false; ///< noticed that it has too many recipients
  std::string notice_;
  claimed_client claimed_;
  std::string input_;
  std::size_t read_ = 0;
  std::string output_;
  std::size_t patient_ = 0; ///< its size, where nothing but replies to XFORWARD is in it
  std::vector<waiting> waiting_;
  std::size_t first_waiting_ = 0; ///< those before it are done
  std::size_t held_ = 0;          ///< replies of ours in waiting::behind
  forwarded_command forwarded_;
  extensions offered_;
  envelope envelope_;
  std::string hello_name_;
};

} // namespace sealonce::smtp
