// NAME
//   session_message - one message, from 354 to the next hop's last word
//
// DESCRIPTION
//   The octets go into the store while the scanner finds the end and the sealer collects and
//   hashes; then the decision, the new fields, and everything to the next hop in one write. Our
//   reply to the end of the data is the next hop's.
//
// DIAGNOSTICS
//   Refused here: 552 5.3.4 (size), 550 5.6.11 (stray CR or LF), 550 (policy), 451 4.7.5 (key),
//   452 4.3.1 (store). The next hop then waits for data that never come: its connection is closed,
//   so that half a message is never delivered. Lost after the message was sent, or an answer that
//   is not one: 451 4.4.2; the upstream keeps the message and may send it a second time, which SMTP
//   cannot avoid (RFC 5321 §4.5.3.2.6).

#include "session.hpp"
#include <sealonce/limits.hpp>
#include <sealonce/smtp/data_scanner.hpp>

#include <ctime>
#include <utility>
#include <vector>

namespace sealonce::net {
namespace {

const std::string spill_directory = "/var/tmp";

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

} // namespace

awaitable<void> session::take_message() {
  message_store store(worker_.chunks, settings_.message.memory_limit, spill_directory);
  const auto& envelope = engine_.current();
  policy::author_query who;
  who.reverse_path = envelope.reverse_path;
  who.recipients = recipients_;
  who.origin = {peer_.text, envelope.client.addr, envelope.client.source};
  who.relay = relay_.name;
  seal::sealer sealer(settings_, relay_.mode, who);
  stray_seen_ = too_big_ = false;
  co_await flush();
  const bool complete = co_await receive_message(store, sealer);
  if (!complete) {
    const smtp::reply none;
    log_transaction("deferred", "upstream-gone", {}, sealer.size(), none);
    drop_next_hop();
    co_return end();
  }
  engine_.received(store.undecided());
  const seal::outcome what = sealer.finish(std::time(nullptr));
  smtp::reply answer = refuse_message(store, what);
  if (answer.code() == 0)
    answer = co_await deliver(store, sealer, what);
  else
    drop_next_hop();
  finish_message(answer, what, sealer.size());
}

awaitable<bool> session::receive_message(message_store& store, seal::sealer& sealer) {
  smtp::data_scanner scanner(sealer);
  for (;;) {
    const auto room = store.room();
    deadline_.set(limits::data_timeout);
    const io_result got = co_await upstream_.read_some(room);
    if (got.error && deadline_.take_expired())
      engine_.farewell(smtp::reply(421, "4.4.2", "Timeout: the message did not come to its end"));
    if (got.error)
      co_return false;
    store.received(got.octets);
    const auto progress = scanner.scan(store.undecided());
    store.decide(progress.decided);
    stray_seen_ = scanner.stray_seen();
    if (!too_big_ && sealer.size() > settings_.message.max_size) {
      too_big_ = true;
      store.discard();
    }
    if (progress.ended)
      co_return true;
  }
}

smtp::reply session::refuse_message(const message_store& store, const seal::outcome& what) {
  if (too_big_)
    return {552, "5.3.4",
            "Message size exceeds the limit of " + std::to_string(settings_.message.max_size) +
                " octets"};
  if (stray_seen_ && settings_.message.stray == config::stray_cr_lf::reject)
    return {550, "5.6.11", "Stray CR or LF in the message: lines must end with CRLF"};
  if (!store.failure().empty())
    return {452, "4.3.1", smtp::printable("Try again later: " + store.failure())};
  if (what.what == policy::action::refuse)
    return {550, "5.6.0", smtp::printable(what.detail)};
  if (what.what == policy::action::defer)
    return {451, "4.7.5", smtp::printable(what.detail)};
  return {};
}

awaitable<smtp::reply> session::deliver(message_store& store, seal::sealer& sealer,
                                        const seal::outcome& what) {
  std::vector<segment> pieces;
  store.segments(0, sealer.insert_at(), pieces);
  segment fields;
  fields.data = what.new_fields.data();
  fields.size = what.new_fields.size();
  if (fields.size > 0)
    pieces.push_back(fields);
  std::uint64_t done = sealer.insert_at();
  for (const seal::wire_range& gap : what.removed) {
    store.segments(done, gap.begin, pieces);
    done = gap.end;
  }
  store.segments(done, store.size(), pieces);

  // Whatever the next hop has said since its 354 is not an answer to this message.
  if (!hop_ || !hop_->io.quiet() || hop_->has_input()) {
    drop_next_hop();
    co_return smtp::reply(451, "4.4.2", "The next hop broke off before the message was sent");
  }
  deadline_.set(limits::next_hop_transfer_timeout);
  waiting_for_hop_ = true;
  const error_code wrote = co_await hop_->io.write(pieces, deadline_);
  hop_->engine.message_sent();
  if (!wrote) // else only for a reply that is there already
    deadline_.set(limits::next_hop_data_done_timeout);
  const hop_event event = co_await hop_->wait(deadline_);
  waiting_for_hop_ = false;
  const int code = event == hop_event::reply ? hop_->engine.last_reply().code() : 0;
  if (code >= 400 || (code / 100 == 2 && !wrote)) {
    smtp::reply answer = std::move(hop_->engine.last_reply());
    // A refusal may have come before the last octets, and then the dot may get a second answer.
    hop_->dirty = wrote || code >= 400;
    ++hop_->transactions;
    if (!hop_->dirty)
      worker_.pool(relay_.name).give_back(std::move(hop_));
    drop_next_hop();
    co_return answer;
  }
  const std::string why = event == hop_event::reply
                              ? "next hop " + hop_->to.text + " answered the message with " +
                                    hop_->engine.last_reply().one_line()
                              : hop_->explain(event);
  drop_next_hop();
  co_return smtp::reply(451, "4.4.2", smtp::printable("Delivery is not confirmed: " + why));
}

void session::finish_message(const smtp::reply& answer, const seal::outcome& what,
                             std::uint64_t size) {
  const bool ours = answer.code() != 0 && what.what != policy::action::defer &&
                    what.what != policy::action::refuse;
  std::string_view action = action_name(what.what);
  std::string_view reason = what.reason;
  if (ours && !answer.positive()) {
    action = answer.code() / 100 == 4 ? "deferred" : "refused";
    reason = "next-hop";
    if (too_big_)
      reason = "size";
    else if (answer.code() == 452)
      reason = "store";
    else if (stray_seen_ && settings_.message.stray == config::stray_cr_lf::reject)
      reason = "stray-cr-lf";
  }
  log_transaction(action, reason, what.keys, size, answer);
  if (upstream_gone_)
    return end();
  engine_.message_done(answer);
}

void session::log_transaction(std::string_view action, std::string_view reason,
                              std::string_view keys, std::uint64_t size,
                              const smtp::reply& answer) {
  const auto& envelope = engine_.current();
  log::transaction t;
  t.relay = relay_.name;
  t.queue_id = envelope.client.ident;
  t.client = envelope.client.addr.empty() ? std::string_view(peer_.text) : envelope.client.addr;
  std::string_view from = envelope.reverse_path;
  if (from.size() >= 2)
    from = from.substr(1, from.size() - 2);
  t.from = from;
  t.nrcpt = envelope.recipients;
  t.size = size;
  t.action = action;
  t.keys = keys;
  t.reason = reason;
  const std::string reply = answer.code() == 0 ? std::string() : answer.one_line();
  t.reply = reply;
  t.delay = std::chrono::duration_cast<std::chrono::milliseconds>(deadline::clock::now() - begun_);
  worker_.record(t);
}

} // namespace sealonce::net
