// NAME
//   session_delivery - a message goes to the next hop, and its last word to the upstream
//
// DESCRIPTION
//   The new fields and the stored octets leave in one write. The reply of an SMTP next hop is for
//   all recipients, an LMTP next hop has one for each (RFC 2033 §4.2); an upstream that speaks LMTP
//   gets one for each, as they come where they come one by one.
//
// DIAGNOSTICS
//   Lost after the message was sent, or an answer that is not one: 451 4.4.2 for every recipient
//   that has no reply yet, and for no other; the upstream keeps the message for those and may send
//   it a second time, which SMTP cannot avoid (RFC 5321 §4.5.3.2.6). The log has the first refusal,
//   and how many recipients were refused where not all ended alike.

#include "session.hpp"
#include <sealonce/limits.hpp>
#include <sealonce/smtp/received.hpp>

#include <algorithm>
#include <ctime>
#include <utility>
#include <vector>

namespace sealonce::net {
namespace {

std::string_view action_name(policy::action what) {
  switch (what) {
  case policy::action::sign:
    return "signed";
  case policy::action::already_signed:
    return "already-signed";
  case policy::action::replace:
    return "replaced";
  case policy::action::pass_unsigned:
    return "unsigned";
  case policy::action::refuse:
    return "refused";
  case policy::action::defer:
    break;
  }
  return "deferred";
}

void add_text(std::string_view text, std::vector<segment>& pieces) {
  segment one;
  one.data = text.data();
  one.size = text.size();
  if (one.size > 0)
    pieces.push_back(one);
}

/// `trace` stands above the signatures, which do not cover it.
void collect_pieces(const message_store& store, const seal::sealer& sealer,
                    const seal::outcome& what, std::string_view trace,
                    std::vector<segment>& pieces) {
  store.segments(0, sealer.insert_at(), pieces);
  add_text(trace, pieces);
  add_text(what.new_fields, pieces);
  std::uint64_t done = sealer.insert_at();
  for (const seal::wire_range& gap : what.removed) {
    store.segments(done, gap.begin, pieces);
    done = gap.end;
  }
  store.segments(done, store.size(), pieces);
}

bool refuses(const smtp::reply& r) {
  return r.code() >= 400;
}

} // namespace

awaitable<message_end> session::deliver(message_store& store, seal::sealer& sealer,
                                        const seal::outcome& what) {
  std::vector<segment> pieces;
  const std::string trace = trace_field();
  collect_pieces(store, sealer, what, trace, pieces);
  message_end end;
  // Whatever the next hop has said since its 354 is not an answer to this message.
  if (!hop_ || !hop_->io.quiet() || hop_->has_input()) {
    drop_next_hop();
    end.replies.emplace_back(451, "4.4.2", "The next hop broke off before the message was sent");
    co_return end;
  }
  const std::size_t due = hop_->lmtp ? engine_.current().recipients : 1;
  if (due == 0) { // its 354 was for nobody, and it owes no answer
    drop_next_hop();
    end.replies.emplace_back(554, "5.5.1", "No valid recipients");
    co_return end;
  }
  deadline_.set(relay_.timeouts.next_hop_transfer);
  waiting_for_hop_ = true;
  std::span<segment> left(pieces);
  error_code wrote;
  if (!hop_->io.write_at_once(left, wrote))
    wrote = co_await hop_->io.write(left, deadline_);
  hop_->engine.message_sent(due);
  const std::string missing = co_await collect_answers(due, !wrote, end);
  waiting_for_hop_ = false;
  if (!missing.empty()) {
    const std::string text = "Delivery is not confirmed: " + missing;
    end.replies.emplace_back(451, "4.4.2", smtp::printable(text));
    drop_next_hop();
    co_return end;
  }
  // A refusal may have come before the last octets, and then the dot may get a second answer.
  hop_->dirty = wrote || std::any_of(end.replies.begin(), end.replies.end(), refuses);
  ++hop_->transactions;
  if (!hop_->dirty)
    pool_.give_back(std::move(hop_), relay_);
  drop_next_hop();
  co_return end;
}

std::string session::trace_field() const {
  if (!relay_.received)
    return {};
  smtp::received_facts facts;
  facts.hello = engine_.hello_name();
  facts.peer = peer_.unix_domain ? std::string_view() : peer_.text;
  facts.by = settings_.server.hostname;
  facts.id = own_id_;
  if (recipients_.size() == 1) // several must not learn of each other
    facts.recipient = recipients_.front();
  facts.esmtp = engine_.esmtp();
  facts.lmtp = relay_.listen_protocol == config::protocol::lmtp;
  facts.utf8 = engine_.utf8();
  facts.tls = upstream_.tls() != nullptr;
  facts.time = std::time(nullptr);
  return smtp::received_field(facts);
}

/// Gives why an answer is missing; empty = all have come. `sent` = the whole message left; else
/// only refusals that are there already count.
awaitable<std::string> session::collect_answers(std::size_t due, bool sent, message_end& end) {
  const bool one_by_one = relay_.listen_protocol == config::protocol::lmtp;
  while (end.replies.size() < due) {
    if (sent)
      deadline_.set(relay_.timeouts.next_hop_data_done);
    const hop_event event = co_await hop_->wait(deadline_);
    if (event != hop_event::reply)
      co_return hop_->explain(event);
    smtp::reply& answer = hop_->engine.last_reply();
    excuse_login(answer);
    if (!refuses(answer) && !(answer.positive() && sent))
      co_return "next hop " + hop_->to.text + " answered the message with " + answer.one_line();
    end.replies.push_back(std::move(answer));
    if (!one_by_one || end.replies.size() == due || hop_->has_input())
      continue;
    tell_recipients(end, end.replies.size());
    if (!flush_at_once())
      co_await flush();
  }
  co_return std::string();
}

void session::tell_recipients(message_end& end, std::size_t until) {
  for (; end.told < until; ++end.told)
    engine_.recipient_done(end.replies[end.told]);
}

/// Why a message was refused or deferred, in one word.
std::string_view session::refusal_reason(const incoming_message& message,
                                         const message_end& end) const {
  if (message.too_big)
    return "size";
  if (end.by_us && !message.store.failure().empty())
    return "store";
  if (goes_round(message))
    return "hops";
  return stray_refused(message) ? "stray-cr-lf" : "next-hop";
}

void session::finish_message(const incoming_message& message, message_end& end,
                             const seal::outcome& what) {
  const auto& replies = end.replies;
  const smtp::reply& last = replies.back();
  const auto failed =
      std::find_if(replies.begin(), replies.end(), [](const auto& r) { return !r.positive(); });
  const smtp::reply& shown = failed == replies.end() ? last : *failed;
  // What stands last is the reply for all recipients that have no other.
  const std::size_t recipients = engine_.current().recipients;
  auto accepted = static_cast<std::size_t>(
      std::count_if(replies.begin(), replies.end(), [](const auto& r) { return r.positive(); }));
  if (last.positive() && recipients > replies.size())
    accepted += recipients - replies.size();
  const bool ours =
      last.code() != 0 && what.what != policy::action::defer && what.what != policy::action::refuse;
  std::string_view action = action_name(what.what);
  std::string_view reason = what.reason;
  if (ours && accepted == 0) {
    const bool again = std::any_of(replies.begin(), replies.end(),
                                   [](const auto& r) { return r.code() / 100 == 4; });
    action = again ? "deferred" : "refused";
    reason = refusal_reason(message, end);
  }
  log_transaction(action, reason, what.keys, message.sealer.size(), shown,
                  accepted == 0 ? 0 : recipients - std::min(accepted, recipients));
  if (upstream_gone_)
    return this->end();
  if (relay_.listen_protocol == config::protocol::lmtp)
    tell_recipients(end, replies.size() - 1);
  engine_.message_done(last);
}

} // namespace sealonce::net
