// NAME
//   server_commands - what each command of the upstream means
//
// DESCRIPTION
//   One handler for each verb: its syntax, its place in the sequence (RFC 5321 §4.1.4), and whether
//   the answer is ours or the next hop's. The methods of HTTP end the session: what follows them
//   are no commands. So does STARTTLS with something behind it, which was said in plaintext and
//   would be believed as if it had come inside TLS (CVE-2011-0411). What follows BDAT is in
//   server_chunks.cpp.
//
// DIAGNOSTICS
//   500/501/502/503/530/552/553/554/555 with enhanced codes.

#include <sealonce/limits.hpp>
#include <sealonce/smtp/server_engine.hpp>

#include <algorithm>
#include <utility>

namespace sealonce::smtp {
namespace {

/// Octets of a line with its CRLF, RFC 5321 §4.5.3.1.4: what is offered lengthens MAIL and RCPT.
std::size_t longest_line(verb what, const extensions& offered) {
  constexpr unsigned with_parameters = eight_bit_mime | smtp_utf8 | dsn | message_size |
                                       deliver_by | future_release | mt_priority | rrvs | tracking |
                                       no_soliciting;
  const bool envelope_verb = what == verb::mail || what == verb::rcpt;
  return envelope_verb && (offered.set & with_parameters) != 0 ? limits::mail_command_line
                                                               : limits::command_line;
}

bool clean_argument(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

/// What may be said where TLS is required and has not begun (RFC 3207 §4). HTTP ends the session,
/// and BDAT is refused with the octets behind it.
bool is_for_plaintext(verb what) {
  switch (what) {
  case verb::ehlo:
  case verb::lhlo:
  case verb::noop:
  case verb::quit:
  case verb::starttls:
  case verb::bdat:
  case verb::http:
    return true;
  default:
    return false;
  }
}

} // namespace

server_engine::event server_engine::handle(const command& c, std::size_t length) {
  if (length > longest_line(c.what, offered_)) {
    const reply too_long(500, "5.5.2", "Command line too long");
    return c.what == verb::bdat ? cut_off(too_long) : error(too_long);
  }
  if (options_.tls == security::required && !is_for_plaintext(c.what))
    return error({530, "5.7.0", "Must issue a STARTTLS command first"});
  switch (c.what) {
  case verb::ehlo:
  case verb::helo:
  case verb::lhlo:
    return handle_hello(c);
  case verb::mail:
    return handle_mail(c);
  case verb::rcpt:
    return handle_rcpt(c);
  case verb::data:
    return handle_data(c);
  case verb::xforward:
    return handle_xforward(c);
  case verb::xclient:
    return handle_xclient(c);
  case verb::rset:
    if (!c.argument.empty())
      return error({501, "5.5.4", "Syntax: RSET"});
    if (too_useless())
      return cut_off_useless();
    reset_transaction();
    envelope_.client = original_client();
    local({250, "2.0.0", "Ok"});
    return event::reset;
  case verb::noop:
    return useless({250, "2.0.0", "Ok"});
  case verb::vrfy:
    if (c.argument.empty())
      return error({501, "5.5.4", "Syntax: VRFY address"});
    return useless(
        {252, "2.0.0", "Not verified here; send some mail and the next hop will answer"});
  case verb::help:
    return useless({214, "2.0.0",
                    std::string(options_.lmtp ? "LHLO" : "EHLO HELO") + " MAIL RCPT DATA " +
                        (options_.chunking ? "BDAT " : "") + "RSET NOOP VRFY HELP QUIT"});
  case verb::quit:
    if (!c.argument.empty())
      return error({501, "5.5.4", "Syntax: QUIT"});
    return end_session({221, "2.0.0", "Bye"});
  case verb::starttls:
    return handle_starttls(c);
  case verb::expn:
    return error({502, "5.5.1", "Command not implemented"});
  case verb::bdat:
    return handle_bdat(c);
  case verb::http:
    return cut_off({500, "5.5.2", "This is an SMTP server"});
  case verb::proxy:
    return cut_off({500, "5.5.2", "The PROXY protocol is not expected from you"});
  case verb::unknown:
    break;
  }
  return error({500, "5.5.2", "Command not recognized"});
}

server_engine::event server_engine::handle_hello(const command& c) {
  const std::string_view name = c.what == verb::helo ? "HELO" : options_.lmtp ? "LHLO" : "EHLO";
  if ((c.what == verb::lhlo) != options_.lmtp) // RFC 2033 §4.1 wants 500 for EHLO and HELO
    return error({500, "5.5.2",
                  options_.lmtp ? "This is LMTP: say LHLO" : "This is SMTP: say EHLO or HELO"});
  if (!clean_argument(c.argument))
    return error({501, "5.5.4", "Syntax: " + std::string(name) + " hostname"});
  if (greeted_ && too_useless())
    return cut_off_useless();
  hello_name_ = c.argument;
  esmtp_ = c.what != verb::helo;
  reset_transaction();
  envelope_.client = original_client();
  hello_due_ = true;
  return event::hello;
}

server_engine::event server_engine::handle_starttls(const command& c) {
  if (options_.tls == security::secure)
    return error({503, "5.5.1", "TLS is active already"});
  if (options_.tls == security::plain)
    return error({502, "5.5.1", "Command not implemented"});
  if (!c.argument.empty())
    return error({501, "5.5.4", "Syntax: STARTTLS"});
  if (in_transaction())
    return error({503, "5.5.1", "STARTTLS inside a transaction"});
  // What stands behind it was said by somebody who need not be the one inside TLS.
  if (read_ != input_.size())
    return cut_off({554, "5.5.0", "Commands sent behind STARTTLS"});
  tls_due_ = true;
  local({220, "2.0.0", "Ready to start TLS"});
  return event::start_tls;
}

server_engine::event server_engine::handle_mail(const command& c) {
  if (!greeted_)
    return error({503, "5.5.1", options_.lmtp ? "Say LHLO first" : "Say EHLO or HELO first"});
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
  const unsigned told = envelope_.client.told() != 0 ? xforward : 0u;
  const event what = forward(verb::mail, mail.needs | told);
  forwarded_.line.append("MAIL FROM:").append(mail.path).append(mail.parameters);
  forwarded_.has_size = mail.size.has_value();
  forwarded_.size = mail.size.value_or(0);
  envelope_.reverse_path = std::move(mail.path);
  return what;
}

server_engine::event server_engine::handle_rcpt(const command& c) {
  if (state_ == state::lost)
    return local(lost_reply_);
  if (state_ == state::chunks) // RFC 3030 §2
    return error({503, "5.5.1", "The message has begun with BDAT"});
  if (state_ != state::mail)
    return error({503, "5.5.1", "Need MAIL command"});
  if (rcpt_seen_ >= options_.max_recipients) {
    const reply refusal(452, "4.5.3",
                        "Too many recipients: the limit is " +
                            std::to_string(options_.max_recipients));
    if (!std::exchange(recipients_told_, true))
      notice_ = "it was told: " + refusal.one_line();
    return local(refusal);
  }
  if (options_.one_recipient && envelope_.recipients != 0)
    return local({452, "4.5.3", "One recipient at a time: the next hop speaks LMTP"});
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
    return local(lost_reply_);
  if (state_ == state::chunks) // RFC 3030 §2
    return error({503, "5.5.1", "The message has begun with BDAT"});
  if (state_ != state::mail)
    return error({503, "5.5.1", "Need MAIL command"});
  if (rcpt_pending_ == 0 && envelope_.recipients == 0)
    return rcpt_seen_ == 0 ? error({503, "5.5.1", "Need RCPT command"})
                           : local({options_.lmtp ? 503 : 554, "5.5.1", "No valid recipients"});
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
  const reply refusal = parse_xforward(c.argument, envelope_.client);
  if (refusal.code() != 0)
    return error(refusal);
  const bool alone = output_.empty() || output_.size() == patient_;
  const event what = local({250, "2.0.0", "Ok"});
  patient_ = alone ? output_.size() : 0;
  return what;
}

server_engine::event server_engine::handle_xclient(const command& c) {
  if (!options_.xclient_allowed)
    return error({550, "5.7.0", "XCLIENT is not for you"});
  if (state_ != state::idle)
    return error({503, "5.5.1", "XCLIENT inside a transaction"});
  const reply refusal = parse_xclient(c.argument, claimed_);
  if (refusal.code() != 0)
    return error(refusal);
  if (too_useless())
    return cut_off_useless();
  hello_due_ = true;
  return event::xclient;
}

} // namespace sealonce::smtp
