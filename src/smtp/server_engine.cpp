// NAME
//   server_engine - our side of the conversation with the upstream
//
// DESCRIPTION
//   Takes lines off the input, hands each to its handler (server_commands.cpp), and keeps replies
//   in the order of the commands, whoever answers them (RFC 2920 §3.2): ours are held back behind
//   the forwarded command that is still unanswered. A line is CRLF terminated; anything else in a
//   command (bare LF or CR, NUL) ends the session, because what stands behind it might be meant as,
//   or be taken for, another command.
//
//   Commands that come before the reply that ends their group (RFC 2920 §3.1) are noticed: before
//   the greeting and behind DATA they end the session; behind EHLO, and in a session that began
//   with HELO, they count as one error, for careless clients of old do so.
//
// DIAGNOSTICS
//   500/501/502/503/552/553/554/555 with enhanced codes; 421 4.7.0 after too many errors; 451 4.5.0
//   in the place of a next hop's reply that makes no sense. What ends a session against the
//   client's will is a notice for the log.

#include <sealonce/limits.hpp>
#include <sealonce/smtp/server_engine.hpp>
#include <sealonce/smtp/text.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace sealonce::smtp {
namespace {

/// The first octet of a TLS ClientHello, RFC 8446 §5.1; no command begins with it.
constexpr char tls_handshake = 0x16;

} // namespace

server_engine::server_engine(options o) : options_(std::move(o)) {
  greet();
}

void server_engine::greet() {
  const char* const protocol = options_.lmtp ? " LMTP sealonce" : " ESMTP sealonce";
  output_ += reply(220, "", options_.hostname + protocol).wire();
}

void server_engine::permit(bool xforward, bool xclient) {
  options_.xforward_allowed = xforward;
  options_.xclient_allowed = xclient;
}

void server_engine::answer_xclient(const reply& refusal) {
  hello_due_ = false;
  greeted_ = esmtp_ = false;
  offered_ = extensions();
  hello_name_.clear();
  reset_transaction();
  envelope_.client = original_client();
  if (refusal.code() != 0)
    cut_off(refusal);
  else if (unread() != 0)
    cut_off({554, "5.5.0", "SMTP protocol synchronization: the greeting comes first"});
  else
    greet();
}

void server_engine::received(std::span<const char> bytes) {
  if (closing_)
    return;
  if (read_ == input_.size()) {
    input_.clear();
    read_ = 0;
  }
  input_.append(bytes.data(), bytes.size());
}

server_engine::event server_engine::next() {
  while (!closing_ && !must_wait()) {
    if (chunk_phase_ != phase::none) {
      const event what = next_of_chunk();
      if (what != event::need_input || in_chunk())
        return what;
      continue;
    }
    const std::string_view rest = std::string_view(input_).substr(read_);
    const auto newline = rest.find('\n');
    const auto length = newline == rest.npos ? rest.size() : newline + 1;
    if (length > limits::mail_command_line)
      return cut_off({500, "5.5.2", "Command line too long"});
    if (!rest.empty() && rest.front() == tls_handshake)
      return cut_off({500, "5.5.2", "TLS is not spoken here from the start"});
    if (newline == rest.npos) {
      if (read_ > limits::mail_command_line) { // keep the buffer of a long pipeline small
        input_.erase(0, read_);
        read_ = 0;
      }
      return event::need_input;
    }
    std::string_view line = rest.substr(0, newline);
    if (line.empty() || line.back() != '\r')
      return cut_off({500, "5.5.2", "A command line must end with CRLF"});
    line.remove_suffix(1);
    if (line.find('\r') != line.npos || line.find('\0') != line.npos)
      return cut_off({500, "5.5.2", "Control characters in a command"});
    const command c = parse_command(line);
    if (must_wait(c.what))
      return event::need_input;
    read_ += length;
    if (greeted_ && !esmtp_ && c.what != verb::quit && unread() != 0)
      note_pipelined("a command, though it was not offered");
    const event what = handle(c, length);
    if (what != event::need_input)
      return what;
  }
  return closing_ && unanswered() == 0 ? event::close : event::need_input;
}

// Nothing can have its turn before the answer to EHLO, nor before the one to DATA, since it decides
// whether commands follow. And what a client can make us hold is bounded.
bool server_engine::must_wait() const {
  return hello_due_ || data_due_ || chunk_due_ || tls_due_ ||
         unanswered() + held_ >= limits::pipelined_commands;
}

// A command whose meaning depends on replies that are still to come has its turn after them.
bool server_engine::must_wait(verb what) const {
  switch (what) {
  case verb::ehlo:
  case verb::helo:
  case verb::lhlo:
  case verb::rset:
  case verb::starttls:
  case verb::xclient:
    return unanswered() != 0;
  case verb::mail:
  case verb::xforward:
    return unanswered() != 0 && state_ != state::idle;
  case verb::rcpt: // whether it may be the one recipient depends on the one before
    return options_.one_recipient && rcpt_pending_ != 0;
  case verb::bdat: // whether there is a recipient to take it for
    return options_.chunking && unanswered() != 0;
  default:
    return false;
  }
}

void server_engine::answer_hello(const extensions& offer) {
  if (unread() != 0)
    note_pipelined("EHLO");
  greeted_ = true;
  offered_ = esmtp_ ? offer : extensions{};
  if (options_.chunking && esmtp_)
    offered_.set |= chunking;
  if (!options_.xforward_allowed)
    offered_.set &= ~static_cast<unsigned>(xforward);
  offered_.starttls = options_.tls == security::offered || options_.tls == security::required;
  if (esmtp_ && options_.xclient_allowed)
    offered_.set |= xclient;
  output_ +=
      esmtp_ ? ehlo_reply(options_.hostname, offered_) : reply(250, "", options_.hostname).wire();
  hello_due_ = false;
}

void server_engine::tls_started() {
  options_.tls = security::secure;
  tls_due_ = false;
  input_.clear(); // what came outside TLS
  read_ = 0;
  greeted_ = esmtp_ = false;
  hello_name_.clear();
  offered_ = extensions();
  reset_transaction();
  envelope_.client = original_client();
}

server_engine::event server_engine::forward(verb what, unsigned needs) {
  if (first_waiting_ >= limits::pipelined_commands) {
    waiting_.erase(waiting_.begin(),
                   waiting_.begin() + static_cast<std::ptrdiff_t>(first_waiting_));
    first_waiting_ = 0;
  }
  waiting_.push_back({what, {}});
  forwarded_ = forwarded_command();
  forwarded_.what = what;
  forwarded_.needs = needs;
  return event::forward;
}

void server_engine::answer(const reply& r) {
  if (unanswered() == 0)
    throw std::logic_error("server_engine: an answer to no command");
  const waiting& oldest = waiting_[first_waiting_++];
  output_ += note_answer(oldest.what, r);
  if (!oldest.behind.empty()) {
    held_ -= static_cast<std::size_t>(std::count(oldest.behind.begin(), oldest.behind.end(), '\n'));
    output_ += oldest.behind;
  }
  if (unanswered() != 0)
    return;
  waiting_.clear();
  first_waiting_ = 0;
  // The rest of the group behind a refused MAIL was still answered by the next hop.
  if (mail_refused_ && state_ == state::mail)
    reset_transaction();
}

/// What the answer means for the transaction; gives what the client is told.
const std::string& server_engine::note_answer(verb what, const reply& r) {
  static const reply senseless(451, "4.5.0", "The next hop's reply makes no sense");
  static const reply nobody(503, "5.5.1", "No valid recipients");
  static const reply too_early(554, "5.5.0", "Data sent before the reply to DATA");
  const bool refused = r.code() / 100 == 4 || r.code() / 100 == 5;
  switch (what) {
  case verb::mail:
    mail_refused_ = !r.positive();
    break;
  case verb::rcpt:
    --rcpt_pending_;
    envelope_.recipients += r.positive() ? 1 : 0;
    break;
  case verb::data:
    data_due_ = false;
    if (read_ != input_.size()) { // RFC 2920 §3.1: DATA is the last of a group
      closing_ = true;
      notice_ = "it was cut off: " + too_early.one_line();
      return too_early.wire();
    }
    if (options_.lmtp && envelope_.recipients == 0) // RFC 2033 §4.2, whatever the next hop says
      return nobody.wire();
    if (r.code() == 354 && state_ == state::mail)
      state_ = state::data;
    return refused || in_data() ? r.wire() : senseless.wire();
  default:
    break;
  }
  return refused || r.positive() ? r.wire() : senseless.wire();
}

void server_engine::recipient_done(const reply& r) {
  if (!options_.lmtp || rcpt_done_ == envelope_.recipients)
    throw std::logic_error("server_engine: a reply for no recipient");
  ++rcpt_done_;
  output_ += r.wire();
}

void server_engine::message_done(const reply& r) {
  chunk_due_ = false;
  const std::size_t times = options_.lmtp ? envelope_.recipients - rcpt_done_ : 1;
  for (std::size_t i = 0; i < times; ++i)
    output_ += r.wire();
  if (r.positive())
    errors_ = useless_ = 0;
  reset_transaction();
  envelope_.client = original_client();
}

void server_engine::transaction_lost() {
  if (state_ != state::mail)
    return;
  state_ = state::lost;
  lost_reply_ = reply(451, "4.4.2", "The next hop lost this transaction; try again");
}

void server_engine::farewell(const reply& r) {
  if (!closing_)
    end_session(r);
}

server_engine::event server_engine::local(const reply& r) {
  if (unanswered() == 0) {
    output_ += r.wire();
  } else {
    waiting_.back().behind += r.wire();
    ++held_;
  }
  return event::need_input;
}

server_engine::event server_engine::error(const reply& r) {
  if (++errors_ > limits::command_errors)
    return cut_off(
        {421, "4.7.0", "Too many errors: the limit is " + std::to_string(limits::command_errors)});
  return local(r);
}

/// Counts a command that is right and leads nowhere; true = there were too many.
bool server_engine::too_useless() {
  return ++useless_ > limits::useless_commands && ++errors_ > limits::command_errors;
}

server_engine::event server_engine::cut_off_useless() {
  return cut_off({421, "4.7.0",
                  "Too many commands without a message: the limit is " +
                      std::to_string(limits::useless_commands)});
}

server_engine::event server_engine::useless(const reply& r) {
  return too_useless() ? cut_off_useless() : local(r);
}

server_engine::event server_engine::cut_off(const reply& r) {
  notice_ = "it was cut off: " + r.one_line();
  return end_session(r);
}

void server_engine::note_pipelined(std::string_view behind) {
  if (std::exchange(pipelined_, true))
    return;
  ++errors_;
  notice_ = "it did not wait for the reply to ";
  notice_ += behind;
}

void server_engine::spoke_too_early(std::string_view octets) {
  output_.clear();
  cut_off({554, "5.5.0", "SMTP protocol synchronization: the greeting comes first"});
  notice_ += "; it sent: " + std::string(octets.substr(0, limits::shown_early));
}

server_engine::event server_engine::end_session(const reply& r) {
  closing_ = true;
  local(r);
  return unanswered() == 0 ? event::close : event::need_input;
}

void server_engine::reset_transaction() {
  state_ = state::idle;
  mail_refused_ = false;
  utf8_ = false;
  rcpt_pending_ = 0;
  rcpt_seen_ = 0;
  rcpt_done_ = 0;
  envelope_.reverse_path.clear();
  envelope_.recipients = 0;
}

} // namespace sealonce::smtp
