// NAME
//   server_engine - our side of the conversation with the upstream
//
// DESCRIPTION
//   One handler for each verb. Replies leave in the order of the commands, whoever answers them
//   (RFC 2920 §3.2): ours are held back behind the forwarded command that is still unanswered. A
//   line is CRLF terminated; anything else in a command (bare LF or CR, NUL) ends the session,
//   because what stands behind it might be meant as, or be taken for, another command. So do BDAT,
//   which nobody was offered, and the methods of HTTP: what follows them are no commands.
//
// DIAGNOSTICS
//   500/501/502/503/552/553/554/555 with enhanced codes; 421 4.7.0 after too many errors; 451 4.5.0
//   in the place of a next hop's reply that makes no sense.

#include <sealonce/limits.hpp>
#include <sealonce/smtp/server_engine.hpp>
#include <sealonce/smtp/text.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace sealonce::smtp {
namespace {

bool clean_argument(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

} // namespace

server_engine::server_engine(options o) : options_(std::move(o)) {
  output_ = reply(220, "", options_.hostname + " ESMTP sealonce").wire();
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
    const std::string_view rest = std::string_view(input_).substr(read_);
    const auto newline = rest.find('\n');
    const auto length = newline == rest.npos ? rest.size() : newline + 1;
    if (length > limits::mail_command_line)
      return end_session({500, "5.5.2", "Command line too long"});
    if (newline == rest.npos) {
      if (read_ > limits::mail_command_line) { // keep the buffer of a long pipeline small
        input_.erase(0, read_);
        read_ = 0;
      }
      return event::need_input;
    }
    std::string_view line = rest.substr(0, newline);
    if (line.empty() || line.back() != '\r')
      return end_session({500, "5.5.2", "A command line must end with CRLF"});
    line.remove_suffix(1);
    if (line.find('\r') != line.npos || line.find('\0') != line.npos)
      return end_session({500, "5.5.2", "Control characters in a command"});
    const command c = parse_command(line);
    if (must_wait(c.what))
      return event::need_input;
    read_ += length;
    const event what = handle(c, length);
    if (what != event::need_input)
      return what;
  }
  return closing_ && unanswered() == 0 ? event::close : event::need_input;
}

// Nothing can have its turn before the answer to EHLO, nor before the one to DATA, since it decides
// whether commands follow. And what a client can make us hold is bounded.
bool server_engine::must_wait() const {
  return hello_due_ || data_due_ || unanswered() + held_ >= limits::pipelined_commands;
}

// A command whose meaning depends on replies that are still to come has its turn after them.
bool server_engine::must_wait(verb what) const {
  switch (what) {
  case verb::ehlo:
  case verb::helo:
  case verb::rset:
    return unanswered() != 0;
  case verb::mail:
  case verb::xforward:
    return unanswered() != 0 && state_ != state::idle;
  default:
    return false;
  }
}

server_engine::event server_engine::handle(const command& c, std::size_t length) {
  const bool envelope_verb = c.what == verb::mail || c.what == verb::rcpt;
  if (length > (envelope_verb ? limits::mail_command_line : limits::command_line))
    return error({500, "5.5.2", "Command line too long"});
  switch (c.what) {
  case verb::ehlo:
  case verb::helo:
    return handle_hello(c);
  case verb::mail:
    return handle_mail(c);
  case verb::rcpt:
    return handle_rcpt(c);
  case verb::data:
    return handle_data(c);
  case verb::xforward:
    return handle_xforward(c);
  case verb::rset:
    if (!c.argument.empty())
      return error({501, "5.5.4", "Syntax: RSET"});
    reset_transaction();
    envelope_.client = original_client();
    local({250, "2.0.0", "Ok"});
    return event::reset;
  case verb::noop:
    return local({250, "2.0.0", "Ok"});
  case verb::vrfy:
    if (c.argument.empty())
      return error({501, "5.5.4", "Syntax: VRFY address"});
    return local({252, "2.0.0", "Not verified here; send some mail and the next hop will answer"});
  case verb::help:
    return local({214, "2.0.0", "EHLO HELO MAIL RCPT DATA RSET NOOP VRFY HELP QUIT"});
  case verb::quit:
    if (!c.argument.empty())
      return error({501, "5.5.4", "Syntax: QUIT"});
    return end_session({221, "2.0.0", "Bye"});
  case verb::expn:
  case verb::starttls:
    return error({502, "5.5.1", "Command not implemented"});
  case verb::bdat:
    return end_session({502, "5.5.1", "Command not implemented"});
  case verb::http:
    return end_session({500, "5.5.2", "This is an SMTP server"});
  case verb::unknown:
    break;
  }
  return error({500, "5.5.2", "Command not recognized"});
}

server_engine::event server_engine::handle_hello(const command& c) {
  if (!clean_argument(c.argument))
    return error(
        {501, "5.5.4", c.what == verb::ehlo ? "Syntax: EHLO hostname" : "Syntax: HELO hostname"});
  hello_name_ = c.argument;
  esmtp_ = c.what == verb::ehlo;
  reset_transaction();
  envelope_.client = original_client();
  hello_due_ = true;
  return event::hello;
}

void server_engine::answer_hello(const extensions& offer) {
  greeted_ = true;
  offered_ = esmtp_ ? offer : extensions{};
  if (!options_.xforward_allowed)
    offered_.set &= ~static_cast<unsigned>(xforward);
  output_ +=
      esmtp_ ? ehlo_reply(options_.hostname, offered_) : reply(250, "", options_.hostname).wire();
  hello_due_ = false;
}

server_engine::event server_engine::handle_mail(const command& c) {
  if (!greeted_)
    return error({503, "5.5.1", "Say EHLO or HELO first"});
  if (state_ != state::idle && state_ != state::lost)
    return error({503, "5.5.1", "Nested MAIL command"});
  auto parsed = parse_mail(c.argument, offered_);
  if (!parsed.command)
    return error(parsed.refusal);
  auto& mail = *parsed.command;
  if (mail.size && offered_.size && *mail.size > *offered_.size)
    return local(
        {552, "5.3.4",
         "Message size exceeds the limit of " + std::to_string(*offered_.size) + " octets"});
  reset_transaction();
  state_ = state::mail;
  utf8_ = mail.utf8;
  const event what = forward(verb::mail, mail.needs);
  forwarded_.line.append("MAIL FROM:").append(mail.path).append(mail.parameters);
  forwarded_.has_size = mail.size.has_value();
  forwarded_.size = mail.size.value_or(0);
  envelope_.reverse_path = std::move(mail.path);
  return what;
}

server_engine::event server_engine::handle_rcpt(const command& c) {
  if (state_ == state::lost)
    return local({451, "4.4.2", "The next hop lost this transaction; try again"});
  if (state_ != state::mail)
    return error({503, "5.5.1", "Need MAIL command"});
  if (rcpt_seen_ >= limits::recipients)
    return local({452, "4.5.3", "Too many recipients"});
  auto parsed = parse_rcpt(c.argument, offered_, utf8_);
  if (!parsed.command)
    return error(parsed.refusal);
  ++rcpt_seen_;
  ++rcpt_pending_;
  auto& rcpt = *parsed.command;
  const event what = forward(verb::rcpt, rcpt.needs);
  forwarded_.line.append("RCPT TO:").append(rcpt.path).append(rcpt.parameters);
  forwarded_.recipient = std::move(rcpt.path);
  return what;
}

server_engine::event server_engine::handle_data(const command& c) {
  if (!c.argument.empty())
    return error({501, "5.5.4", "Syntax: DATA"});
  if (state_ == state::lost)
    return local({451, "4.4.2", "The next hop lost this transaction; try again"});
  if (state_ != state::mail)
    return error({503, "5.5.1", "Need MAIL command"});
  if (rcpt_pending_ == 0 && envelope_.recipients == 0)
    return rcpt_seen_ == 0 ? error({503, "5.5.1", "Need RCPT command"})
                           : local({554, "5.5.1", "No valid recipients"});
  data_due_ = true;
  const event what = forward(verb::data, 0);
  forwarded_.line = "DATA";
  return what;
}

server_engine::event server_engine::handle_xforward(const command& c) {
  if (!offered_.has(xforward))
    return error(options_.xforward_allowed ? reply(502, "5.5.1", "Command not implemented")
                                           : reply(550, "5.7.1", "XFORWARD is not for you"));
  if (state_ != state::idle)
    return error({503, "5.5.1", "XFORWARD inside a transaction"});
  auto parsed = parse_xforward(c.argument, offered_.xforward_attributes, envelope_.client);
  if (parsed.refusal.code() != 0)
    return error(parsed.refusal);
  if (parsed.parameters.empty())
    return local({250, "2.0.0", "Ok"});
  const event what = forward(verb::xforward, xforward);
  forwarded_.line.append("XFORWARD").append(parsed.parameters);
  return what;
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
      return too_early.wire();
    }
    if (r.code() == 354 && state_ == state::mail)
      state_ = state::data;
    return refused || in_data() ? r.wire() : senseless.wire();
  default:
    break;
  }
  return refused || r.positive() ? r.wire() : senseless.wire();
}

void server_engine::message_done(const reply& r) {
  output_ += r.wire();
  if (r.positive())
    errors_ = 0;
  reset_transaction();
  envelope_.client = original_client();
}

void server_engine::transaction_lost() {
  if (state_ == state::mail)
    state_ = state::lost;
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
    return end_session({421, "4.7.0", "Too many errors"});
  return local(r);
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
  envelope_.reverse_path.clear();
  envelope_.recipients = 0;
}

} // namespace sealonce::smtp
