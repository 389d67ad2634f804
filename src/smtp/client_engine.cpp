// NAME
//   client_engine - our side of the conversation with the next hop
//
// DESCRIPTION
//   Matches replies with commands by their order alone (RFC 5321 §2.1, RFC 2920 §3.1), so octets
//   that nobody asked for end the conversation: after them, every further reply would be believed
//   for the wrong command, and in the end a message would be taken for delivered. That goes for a
//   reply that was there before its command left.
//
// DIAGNOSTICS
//   See client_failure.

#include <sealonce/crypto/keyed_digest.hpp>
#include <sealonce/limits.hpp>
#include <sealonce/smtp/client_engine.hpp>

#include <stdexcept>
#include <utility>

namespace sealonce::smtp {

client_engine::client_engine(std::string hostname, bool lmtp, starttls_use tls)
    : hostname_(std::move(hostname)), lmtp_(lmtp), starttls_(tls) {}

void client_engine::tls_started(bool authenticated) {
  secure_ = true;
  authenticated_ = authenticated;
  if (state_ != state::handshake)
    return;
  offers_ = extensions();
  say_hello();
}

void client_engine::authenticate(std::shared_ptr<const credentials> who, std::string nonce) {
  login_.emplace(std::move(who), std::move(nonce));
}

void client_engine::received(std::span<const char> bytes) {
  if (read_ == input_.size()) {
    input_.clear();
    read_ = 0;
  }
  input_.append(bytes.data(), bytes.size());
}

void client_engine::command(std::string_view line) {
  if (line.find('\r') != line.npos || line.find('\n') != line.npos)
    throw std::invalid_argument("client_engine: a line end inside a command");
  if (output_.empty())
    unsent_ = 0;
  ++unsent_;
  ++unanswered_;
  output_.append(line).append("\r\n");
}

void client_engine::message_sent(std::size_t replies) {
  unanswered_ += replies;
  message_sent_ = replies != 0;
}

bool client_engine::idle() const {
  return state_ == state::ready && unanswered_ == 0 && !has_input();
}

std::chrono::seconds client_engine::timeout() const {
  if (state_ != state::ready)
    return patience_.hello;
  return message_sent_ ? patience_.data_done : patience_.reply;
}

/// Something that the next hop can have read is unanswered: the greeting, or a command (EHLO too)
/// that is no longer in output_.
bool client_engine::answer_due() const {
  if (state_ != state::ready)
    return output_.empty() && state_ != state::handshake;
  return unanswered_ > (output_.empty() ? 0 : unsent_);
}

client_engine::event client_engine::fail(client_failure why) {
  state_ = state::failed;
  failure_ = why;
  return event::failed;
}

void client_engine::say_hello() {
  state_ = state::ehlo;
  output_ += (lmtp_ ? "LHLO " : "EHLO ") + hostname_ + "\r\n";
}

client_engine::event client_engine::hello_answer() {
  switch (state_) {
  case state::greeting:
    if (reply_.code() != 220)
      return fail(client_failure::refused_greeting);
    say_hello();
    return event::need_input;
  case state::ehlo:
    if (reply_.positive())
      return ehlo_taken();
    if (reply_.code() / 100 != 5 || lmtp_)
      return fail(client_failure::refused_hello);
    state_ = state::helo;
    output_ += "HELO " + hostname_ + "\r\n";
    return event::need_input;
  case state::starttls:
    return starttls_answer();
  case state::auth:
    return auth_outcome(login_->step(reply_));
  default:
    if (!reply_.positive())
      return fail(client_failure::refused_hello);
    if (starttls_ == starttls_use::must && !secure_)
      return fail(client_failure::no_starttls);
    return greeted();
  }
}

/// The next hop has said all that there is to know of it.
client_engine::event client_engine::greeted() {
  if (login_)
    return auth_outcome(login_->begin(offers_.mechanisms, secure_));
  state_ = state::ready;
  return event::ready;
}

client_engine::event client_engine::auth_outcome(authentication::outcome what) {
  parser_.set_line_most(what == authentication::outcome::say ? limits::auth_line
                                                             : limits::reply_line);
  if (what == authentication::outcome::say) {
    state_ = state::auth;
    output_.append(login_->line()).append("\r\n");
    crypto::wipe(login_->line());
    return event::need_input;
  }
  output_.resize(output_.capacity()); // what was sent still lies there
  crypto::wipe(output_);
  switch (what) {
  case authentication::outcome::done:
    state_ = state::ready;
    return event::ready;
  case authentication::outcome::refused:
    return fail(client_failure::refused_auth);
  default:
    return fail(client_failure::no_auth);
  }
}

client_engine::event client_engine::ehlo_taken() {
  offers_ = parse_ehlo(reply_);
  if (!authenticated_)
    offers_.set &= ~static_cast<unsigned>(require_tls);
  if (!secure_ && starttls_ != starttls_use::never && offers_.starttls) {
    state_ = state::starttls;
    output_ += "STARTTLS\r\n";
    return event::need_input;
  }
  if (!secure_ && starttls_ == starttls_use::must)
    return fail(client_failure::no_starttls);
  return greeted();
}

client_engine::event client_engine::starttls_answer() {
  if (reply_.code() == 220) {
    if (has_input()) // somebody speaks for the next hop who is not inside TLS (CVE-2011-0411)
      return fail(client_failure::starttls_injected);
    state_ = state::handshake;
    return event::start_tls;
  }
  if (starttls_ == starttls_use::must)
    return fail(client_failure::refused_starttls);
  return greeted();
}

client_engine::event client_engine::next() {
  if (state_ == state::failed)
    return event::failed;
  if (!has_input())
    return event::need_input;
  if (!answer_due())
    return fail(client_failure::unasked_reply);
  const auto step = parser_.feed({input_.data() + read_, input_.size() - read_});
  read_ += step.consumed;
  if (step.what == reply_parser::status::need_more)
    return event::need_input;
  if (step.what == reply_parser::status::malformed)
    return fail(client_failure::malformed_reply);
  std::swap(reply_, parser_.result()); // both keep their buffers
  if (state_ != state::ready) {
    const event answered = hello_answer();
    return answered == event::need_input ? next() : answered;
  }
  --unanswered_;
  message_sent_ = message_sent_ && unanswered_ != 0;
  return event::reply;
}

} // namespace sealonce::smtp
