// NAME
//   session_envelope - MAIL, RCPT and DATA, answered by the next hop
//
// DESCRIPTION
//   A group of commands is sent in one write (one by one where the next hop does not pipeline), and
//   every reply goes back as it came. A connection from the pool that turns out dead before it has
//   answered anything is replaced silently, once, by a new one.
//
// DIAGNOSTICS
//   No next hop: 451 4.4.1 for each command, the session goes on. Lost in mid-envelope: 451 4.4.2
//   for the command that waited; 421 4.4.2 for those of its group behind it, and the session ends
//   (a 503 would make a Postfix upstream bounce). Later RCPT and DATA of a lost transaction get
//   451. XFORWARD refused: the same, for a next hop that takes the mail for its own machine's may
//   rewrite it.

#include "session.hpp"
#include <sealonce/limits.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <ctime>
#include <utility>

namespace sealonce::net {

using smtp::verb;

namespace {

/// Not there twice, also after a restart: seconds and a number, in hexadecimal digits.
std::string new_id() {
  static std::atomic<unsigned> number{0};
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%llX-%X",
                static_cast<unsigned long long>(std::time(nullptr)),
                number.fetch_add(1, std::memory_order_relaxed));
  return text.data();
}

} // namespace

awaitable<hop_event> session::wait_next_hop() {
  waiting_for_hop_ = true;
  deadline_.set(hop_->engine.timeout());
  const hop_event event = co_await hop_->wait(deadline_);
  waiting_for_hop_ = false;
  co_return event;
}

bool session::extensions_suffice() const {
  const auto& offers = hop_->engine.offers();
  return std::all_of(batch_.begin(), batch_.end(),
                     [&offers](const auto& c) { return offers.has(c.needs); });
}

void session::queue_command(const smtp::server_engine::forwarded_command& c) {
  hop_->dirty = true;
  if (c.has_size && hop_->engine.offers().has(smtp::message_size))
    hop_->engine.command(c.line + " SIZE=" + std::to_string(c.size));
  else
    hop_->engine.command(c.line);
}

void session::answer_from_next_hop(std::size_t index) {
  auto& r = hop_->engine.last_reply();
  hop_->answered = true;
  excuse_login(r);
  if (batch_[index].what == verb::mail && !r.positive()) // before the engine forgets the sender
    log_transaction(r.code() / 100 == 4 ? "deferred" : "refused", "next-hop", {}, 0, r);
  engine_.answer(r);
  if (batch_[index].what == verb::mail)
    recipients_.clear();
  if (const std::string& path = batch_[index].recipient; r.positive() && path.size() > 2)
    recipients_.push_back(path.substr(1, path.size() - 2));
}

/// XFORWARD before MAIL, on whichever connection it is. `pipelined` = it is on its way with the
/// batch. True = go on.
awaitable<bool> session::tell_original_client(std::span<const std::string> lines, bool pipelined) {
  for (const auto& line : lines) {
    hop_->dirty = true;
    if (!pipelined)
      hop_->engine.command(line);
    const hop_event event = co_await wait_next_hop();
    if (event != hop_event::reply) {
      hop_failure_ = hop_->explain(event);
      co_return false;
    }
    const auto& r = hop_->engine.last_reply();
    if (r.positive())
      continue;
    hop_failure_ = "next hop " + hop_->to.text + " refused XFORWARD: " + r.one_line();
    hop_->answered = r.code() != 421;
    co_return false;
  }
  co_return true;
}

awaitable<std::size_t> session::send_batch() {
  const bool pipelined = hop_->engine.offers().has(smtp::pipelining);
  std::vector<std::string> lines;
  if (batch_.front().what == verb::mail)
    lines =
        smtp::xforward_lines(engine_.current().client, hop_->engine.offers().xforward_attributes);
  if (pipelined) {
    for (const auto& line : lines)
      hop_->engine.command(line);
    for (const auto& c : batch_)
      queue_command(c);
  }
  if (!lines.empty()) {
    const bool told = co_await tell_original_client(lines, pipelined);
    if (!told)
      co_return 0;
  }
  for (std::size_t i = 0; i < batch_.size(); ++i) {
    if (!pipelined)
      queue_command(batch_[i]);
    // A next hop that thinks long about one recipient must not hold the others.
    if (i != 0 && !hop_->has_input() && !flush_at_once())
      co_await flush();
    hop_event event = hop_->at_hand();
    if (event == hop_event::nothing)
      event = co_await wait_next_hop();
    if (event != hop_event::reply) {
      hop_failure_ = hop_->explain(event);
      co_return i;
    }
    const bool closing = hop_->engine.last_reply().code() == 421;
    if (closing)
      hop_failure_ = "next hop " + hop_->to.text + " said " + hop_->engine.last_reply().one_line();
    if (closing && hop_->used && !hop_->answered)
      co_return i; // it was closed while it rested
    answer_from_next_hop(i);
    if (closing) {
      drop_next_hop();
      co_return i + 1;
    }
  }
  co_return batch_.size();
}

void session::begin_transaction() {
  begun_ = deadline::clock::now();
  own_id_ = relay_.received ? new_id() : std::string();
}

awaitable<void> session::exchange() {
  // The reply to the message before does not wait for the next one's next hop.
  if (!engine_.output_can_wait() && !flush_at_once())
    co_await flush();
  if (over_)
    co_return batch_.clear();
  if (batch_.front().what == verb::mail) { // it never stands behind another command of a group
    begin_transaction();
    const smtp::reply refusal = admit_message();
    if (refusal.code() != 0)
      co_return refuse_batch(refusal);
  }
  // One that rested with us, behind RSET: what it has said meanwhile, a farewell mostly, is no
  // answer.
  if (hop_ && !hop_->dirty && !hop_->io.heard_nothing())
    drop_next_hop();
  for (bool fresh = false;; fresh = true) {
    const bool reached = co_await reach_next_hop(fresh);
    if (!reached) {
      answer_rest(0, 451, hop_trouble_, "Try again later: " + hop_failure_);
      break;
    }
    if (!extensions_suffice()) {
      pool_.note_offer(hop_->engine.offers());
      if (hop_->dirty) // its transaction is lost to the upstream, who may begin another
        drop_next_hop();
      answer_rest(0, 451, "4.3.5", "The next hop's extensions have changed; say EHLO again");
      break;
    }
    const std::size_t answered = co_await send_batch();
    if (answered == batch_.size() && hop_) {
      // It waits for a message that never comes where the engine did not take its 354 for one.
      if (batch_.back().what == verb::data && hop_->engine.last_reply().code() == 354 &&
          !engine_.in_data()) {
        drop_next_hop();
        engine_
            .transaction_lost(); // what comes next for it would be the first that a new one hears
      }
      break;
    }
    const bool replaceable = hop_ && hop_->used && !hop_->answered;
    drop_next_hop();
    if (replaceable && !fresh && !upstream_gone_)
      continue;
    lose_transaction(answered, hop_failure_);
    break;
  }
  batch_.clear();
  if (upstream_gone_)
    end();
}

void session::refuse_batch(const smtp::reply& r) {
  log_transaction("deferred", "message-rate", {}, 0, r);
  for (std::size_t i = 0; i < batch_.size(); ++i)
    engine_.answer(r);
  batch_.clear();
}

void session::answer_rest(std::size_t from, int code, std::string_view enhanced,
                          const std::string& text) {
  const smtp::reply r(code, enhanced, smtp::printable(text));
  bool told = false;
  engine_.transaction_lost();
  for (std::size_t i = from; i < batch_.size(); ++i) {
    if (!told) {
      log_transaction("deferred", "next-hop", {}, 0, r);
      told = true;
    }
    engine_.answer(r);
  }
}

void session::lose_transaction(std::size_t answered, const std::string& why) {
  const std::string text = "The next hop lost this transaction: " + why;
  engine_.transaction_lost();
  if (answered < batch_.size()) {
    const smtp::reply r(451, "4.4.2", smtp::printable(text));
    log_transaction("deferred", "next-hop-lost", {}, 0, r);
    engine_.answer(r);
    ++answered;
  }
  if (answered < batch_.size()) {
    const smtp::reply rest(421, "4.4.2", smtp::printable(text));
    for (std::size_t i = answered; i < batch_.size(); ++i)
      engine_.answer(rest);
    over_ = true;
  }
}

} // namespace sealonce::net
