// NAME
//   client_engine - our side of the conversation with the next hop
//
// DESCRIPTION
//   Matches replies with commands by their order alone (RFC 5321 §2.1, RFC 2920 §3.1), so a reply
//   that nobody asked for ends the conversation: after it, every further reply would be believed
//   for the wrong command, and in the end a message would be taken for delivered.
//
// DIAGNOSTICS
//   See client_failure.

#include <sealonce/limits.hpp>
#include <sealonce/smtp/client_engine.hpp>

#include <utility>

namespace sealonce::smtp {

client_engine::client_engine(std::string hostname) : hostname_(std::move(hostname)) {}

void client_engine::received(std::span<const char> bytes) {
  if (read_ == input_.size()) {
    input_.clear();
    read_ = 0;
  }
  input_.append(bytes.data(), bytes.size());
}

void client_engine::command(std::string_view line) {
  output_.append(line).append("\r\n");
  ++unanswered_;
}

bool client_engine::idle() const {
  return state_ == state::ready && unanswered_ == 0 && read_ == input_.size() &&
         !parser_.partial() && output_.empty();
}

std::chrono::seconds client_engine::timeout() const {
  return state_ == state::ready ? limits::next_hop_reply_timeout : limits::next_hop_hello_timeout;
}

client_engine::event client_engine::fail(client_failure why) {
  state_ = state::failed;
  failure_ = why;
  return event::failed;
}

client_engine::event client_engine::hello_answer() {
  switch (state_) {
  case state::greeting:
    if (reply_.code() != 220)
      return fail(client_failure::refused_greeting);
    state_ = state::ehlo;
    output_ += "EHLO " + hostname_ + "\r\n";
    return event::need_input;
  case state::ehlo:
    if (reply_.positive()) {
      offers_ = parse_ehlo(reply_);
      state_ = state::ready;
      return event::ready;
    }
    if (reply_.code() / 100 != 5)
      return fail(client_failure::refused_hello);
    state_ = state::helo;
    output_ += "HELO " + hostname_ + "\r\n";
    return event::need_input;
  default:
    if (!reply_.positive())
      return fail(client_failure::refused_hello);
    state_ = state::ready;
    return event::ready;
  }
}

client_engine::event client_engine::next() {
  if (state_ == state::failed)
    return event::failed;
  if (read_ == input_.size())
    return event::need_input;
  const auto step = parser_.feed({input_.data() + read_, input_.size() - read_});
  read_ += step.consumed;
  if (step.what == reply_parser::status::need_more)
    return event::need_input;
  if (step.what == reply_parser::status::malformed)
    return fail(client_failure::malformed_reply);
  reply_ = std::move(parser_.result());
  if (state_ != state::ready) {
    const event answered = hello_answer();
    // A second reply behind the greeting or EHLO's answer was not asked for.
    if (answered != event::failed && read_ != input_.size())
      return fail(client_failure::unasked_reply);
    return answered;
  }
  if (unanswered_ == 0)
    return fail(client_failure::unasked_reply);
  --unanswered_;
  return event::reply;
}

} // namespace sealonce::smtp
