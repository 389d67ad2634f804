// NAME
//   server_engine - our side of the conversation with the upstream
//
// DESCRIPTION
//   One handler for each verb. Replies wait in slots, one for each command, and leave in the order
//   of the commands, whoever answers them (RFC 2920 §3.2). A line is CRLF terminated; anything else
//   in a command (bare LF or CR, NUL) ends the session, because what stands behind it might be
//   meant as, or be taken for, another command.
//
// DIAGNOSTICS
//   500/501/502/503/504/552/553/554/555 with enhanced codes; 421 4.7.0 after too many errors.

#include <sealonce/limits.hpp>
#include <sealonce/smtp/server_engine.hpp>
#include <sealonce/smtp/text.hpp>

#include <algorithm>
#include <utility>

namespace sealonce::smtp {
namespace {

bool clean_argument(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) > ' ' && static_cast<unsigned char>(c) != 0x7f;
  });
}

} // namespace

server_engine::server_engine(options o) : options_(std::move(o)) {
  output_ = reply(220, "", options_.hostname + " ESMTP sealonce").wire();
}

void server_engine::received(std::span<const char> bytes) {
  if (read_ == input_.size()) {
    input_.clear();
    read_ = 0;
  }
  input_.append(bytes.data(), bytes.size());
}

server_engine::event server_engine::next() {
  while (!closing_) {
    const std::string_view rest = std::string_view(input_).substr(read_);
    const auto newline = rest.find('\n');
    if (newline == rest.npos) {
      if (rest.size() > limits::mail_command_line)
        return end_session({500, "5.5.6", "Command line too long"});
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
    if (line.find_first_of(std::string_view("\r\0", 2)) != line.npos)
      return end_session({500, "5.5.2", "Control characters in a command"});
    const command c = parse_command(line);
    if (must_wait(c.what))
      return event::need_input;
    read_ += newline + 1;
    const event what = handle(c, line.size() + 2);
    if (what != event::need_input)
      return what;
  }
  return event::close;
}

// A command whose meaning depends on replies that are still to come has its turn after them.
bool server_engine::must_wait(verb what) const {
  switch (what) {
  case verb::ehlo:
  case verb::helo:
  case verb::rset:
  case verb::quit:
    return unanswered_ != 0;
  case verb::mail:
    return unanswered_ != 0 && state_ != state::idle;
  default:
    return false;
  }
}

server_engine::event server_engine::handle(const command& c, std::size_t length) {
  const bool envelope_verb = c.what == verb::mail || c.what == verb::rcpt;
  if (length > (envelope_verb ? limits::mail_command_line : limits::command_line))
    return error({500, "5.5.6", "Command line too long"});
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
  slots_.push_back({false, c.what, {}});
  return event::hello;
}

void server_engine::answer_hello(const extensions& offer) {
  greeted_ = true;
  offered_ = esmtp_ ? offer : extensions{};
  if (!options_.xforward_allowed)
    offered_.set &= ~static_cast<unsigned>(xforward);
  slots_.back().wire =
      esmtp_ ? ehlo_reply(options_.hostname, offered_) : reply(250, "", options_.hostname).wire();
  slots_.back().answered = true;
  flush_slots();
}

server_engine::event server_engine::handle_mail(const command& c) {
  if (!greeted_)
    return error({503, "5.5.1", "Say EHLO or HELO first"});
  if (state_ == state::lost)
    reset_transaction();
  if (state_ != state::idle)
    return error({503, "5.5.1", "Nested MAIL command"});
  auto parsed = parse_mail(c.argument, offered_);
  if (!parsed.command)
    return error(std::move(parsed.refusal));
  auto& mail = *parsed.command;
  if (mail.size && offered_.size && *mail.size > *offered_.size)
    return error(
        {552, "5.3.4",
         "Message size exceeds the limit of " + std::to_string(*offered_.size) + " octets"});
  state_ = state::mail;
  mail_pending_ = true;
  utf8_ = mail.utf8;
  envelope_.reverse_path = mail.path;
  const event what = forward(verb::mail, "MAIL FROM:" + mail.path + mail.parameters, mail.needs);
  forwarded_.has_size = mail.size.has_value();
  forwarded_.size = mail.size.value_or(0);
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
    return error(std::move(parsed.refusal));
  ++rcpt_seen_;
  ++rcpt_pending_;
  const auto& rcpt = *parsed.command;
  const event what = forward(verb::rcpt, "RCPT TO:" + rcpt.path + rcpt.parameters, rcpt.needs);
  forwarded_.recipient = rcpt.path;
  return what;
}

server_engine::event server_engine::handle_data(const command& c) {
  if (!c.argument.empty())
    return error({501, "5.5.4", "Syntax: DATA"});
  if (state_ == state::lost)
    return local({451, "4.4.2", "The next hop lost this transaction; try again"});
  if (state_ != state::mail)
    return error({503, "5.5.1", "Need MAIL command"});
  if (!mail_pending_ && rcpt_pending_ == 0 && envelope_.recipients == 0)
    return rcpt_seen_ == 0 ? error({503, "5.5.1", "Need RCPT command"})
                           : error({554, "5.5.1", "No valid recipients"});
  if (read_ != input_.size()) // RFC 2920 §3.1: DATA is the last of a group; wait for our 354
    return end_session({554, "5.5.0", "Data sent before the reply to DATA"});
  return forward(verb::data, "DATA", 0);
}

server_engine::event server_engine::handle_xforward(const command& c) {
  if (!offered_.has(xforward))
    return error(options_.xforward_allowed ? reply(502, "5.5.1", "Command not implemented")
                                           : reply(550, "5.7.1", "XFORWARD is not for you"));
  if (state_ != state::idle)
    return error({503, "5.5.1", "XFORWARD inside a transaction"});
  auto parsed = parse_xforward(c.argument, offered_.xforward_attributes, envelope_.client);
  if (parsed.refusal.code() != 0)
    return error(std::move(parsed.refusal));
  if (parsed.parameters.empty())
    return local({250, "2.0.0", "Ok"});
  return forward(verb::xforward, "XFORWARD" + parsed.parameters, xforward);
}

server_engine::event server_engine::forward(verb what, std::string line, unsigned needs) {
  slots_.push_back({false, what, {}});
  ++unanswered_;
  forwarded_ = forwarded_command();
  forwarded_.what = what;
  forwarded_.line = std::move(line);
  forwarded_.needs = needs;
  return event::forward;
}

void server_engine::answer(const reply& r) {
  const auto oldest =
      std::find_if(slots_.begin(), slots_.end(), [](const slot& s) { return !s.answered; });
  --unanswered_;
  oldest->answered = true;
  oldest->wire = r.wire();
  switch (oldest->what) {
  case verb::mail:
    mail_pending_ = false;
    mail_refused_ = !r.positive();
    break;
  case verb::rcpt:
    --rcpt_pending_;
    envelope_.recipients += r.positive() ? 1 : 0;
    break;
  case verb::data:
    if (r.code() == 354)
      state_ = state::data;
    break;
  default:
    break;
  }
  // The rest of the group behind a refused MAIL is still answered by the next hop.
  if (mail_refused_ && unanswered_ == 0 && state_ == state::mail)
    reset_transaction();
  flush_slots();
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
  (void)end_session(r);
}

server_engine::event server_engine::local(reply r) {
  slots_.push_back({true, verb::unknown, r.wire()});
  flush_slots();
  return event::need_input;
}

server_engine::event server_engine::error(reply r) {
  if (++errors_ > limits::command_errors)
    return end_session({421, "4.7.0", "Too many errors"});
  return local(std::move(r));
}

server_engine::event server_engine::end_session(reply r) {
  local(std::move(r));
  closing_ = true;
  return event::close;
}

void server_engine::reset_transaction() {
  state_ = state::idle;
  mail_pending_ = false;
  mail_refused_ = false;
  utf8_ = false;
  rcpt_pending_ = 0;
  rcpt_seen_ = 0;
  envelope_.reverse_path.clear();
  envelope_.recipients = 0;
}

void server_engine::flush_slots() {
  std::size_t done = 0;
  while (done < slots_.size() && slots_[done].answered)
    output_ += slots_[done++].wire;
  slots_.erase(slots_.begin(), slots_.begin() + static_cast<std::ptrdiff_t>(done));
}

} // namespace sealonce::smtp
