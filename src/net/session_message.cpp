// NAME
//   session_message - one message, from 354 to the next hop's last word
//
// DESCRIPTION
//   The octets go into the store while the scanner finds the end and the sealer collects and
//   hashes; then the decision, and what is kept goes to the next hop (session_delivery.cpp).
//
// DIAGNOSTICS
//   Refused here: 552 5.3.4 (size), 554 5.4.6 (hops), 550 5.6.11 (stray CR or LF), 550 (policy),
//   451 4.7.5 (key), 452 4.3.1 (store). The next hop then waits for data that never come: its
//   connection is closed, so that half a message is never delivered.

#include "session.hpp"
#include <sealonce/crypto/tls_session.hpp>
#include <sealonce/limits.hpp>
#include <sealonce/smtp/data_scanner.hpp>

#include <ctime>
#include <utility>
#include <vector>

namespace sealonce::net {
policy::author_query session::who() const {
  const auto& envelope = engine_.current();
  policy::author_query who;
  who.reverse_path = envelope.reverse_path;
  who.recipients = recipients_;
  who.origin = {peer_.text, envelope.client.addr, envelope.client.source};
  who.relay = relay_.name;
  return who;
}

awaitable<void> session::take_message() {
  incoming_message message(worker_.chunks, settings_, relay_.mode, who());
  if (!flush_at_once())
    co_await flush();
  const bool complete = co_await receive_message(message);
  if (!complete) {
    log_lost_upstream(message);
    drop_next_hop();
    co_return end();
  }
  engine_.received(message.store.undecided());
  const seal::outcome what = message.sealer.finish(std::time(nullptr));
  message_end end;
  end.replies.push_back(refuse_message(message, what));
  end.by_us = end.replies.back().code() != 0;
  if (end.by_us)
    drop_next_hop();
  else
    end = co_await deliver(message.store, message.sealer, what);
  finish_message(message, end, what);
}

awaitable<bool> session::receive_message(incoming_message& message) {
  pace_.begin(deadline::clock::now());
  for (;;) {
    const auto room = message.store.room();
    deadline_.set(relay_.timeouts.data, pace_.due(deadline::clock::now(), relay_.timeouts.data));
    const auto [error, octets] = co_await upstream_.read_some(room);
    pace_.more(octets);
    if (error && deadline_.take_expired())
      engine_.farewell(smtp::reply(421, "4.4.2", "Timeout: the message did not come to its end"));
    if (error)
      co_return false;
    message.store.received(octets);
    if (message.look(settings_.message.max_size))
      co_return true;
  }
}

void session::log_lost_upstream(const incoming_message& message) {
  const smtp::reply none;
  log_transaction("deferred", "upstream-gone", {}, message.sealer.size(), none);
}

bool session::stray_refused(const incoming_message& message) const {
  return message.scanner.stray_seen() && settings_.message.stray == config::stray_cr_lf::reject;
}

bool session::goes_round(const incoming_message& message) const {
  return message.sealer.scanned().head().count("Received") > relay_.max_hops;
}

/// What is wrong with a message whether or not it is complete; no code = nothing.
smtp::reply session::refuse_octets(const incoming_message& message) const {
  if (message.too_big)
    return {552, "5.3.4",
            "Message size exceeds the limit of " + std::to_string(settings_.message.max_size) +
                " octets"};
  if (stray_refused(message))
    return {550, "5.6.11", "Stray CR or LF in the message: lines must end with CRLF"};
  if (!message.store.failure().empty())
    return {452, "4.3.1", smtp::printable("Try again later: " + message.store.failure())};
  return {};
}

smtp::reply session::refuse_message(const incoming_message& message,
                                    const seal::outcome& what) const {
  smtp::reply refused = refuse_octets(message);
  if (refused.code() != 0)
    return refused;
  if (goes_round(message))
    return {554, "5.4.6",
            "Too many hops: more than " + std::to_string(relay_.max_hops) +
                " Received fields, the message goes round"};
  if (what.what == policy::action::refuse)
    return {550, "5.6.0", smtp::printable(what.detail)};
  if (what.what == policy::action::defer)
    return {451, "4.7.5", smtp::printable(what.detail)};
  return {};
}

void session::log_transaction(std::string_view action, std::string_view reason,
                              std::string_view keys, std::uint64_t size, const smtp::reply& answer,
                              std::size_t refused) {
  const auto& envelope = engine_.current();
  log::transaction t;
  t.relay = relay_.name;
  t.queue_id = envelope.client.ident.empty() ? std::string_view(own_id_) : envelope.client.ident;
  t.client = envelope.client.addr.empty() ? std::string_view(peer_.text) : envelope.client.addr;
  t.client_name = envelope.client.name;
  t.helo = envelope.client.helo;
  t.proto = envelope.client.proto;
  std::string_view from = envelope.reverse_path;
  if (from.size() >= 2)
    from = from.substr(1, from.size() - 2);
  t.from = from;
  t.nrcpt = envelope.recipients;
  t.refused = refused;
  t.size = size;
  t.action = action;
  t.keys = keys;
  t.reason = reason;
  const std::string reply = answer.code() == 0 ? std::string() : answer.one_line();
  t.reply = reply;
  t.delay = std::chrono::duration_cast<std::chrono::milliseconds>(deadline::clock::now() - begun_);
  const std::string client_tls = upstream_.tls() ? upstream_.tls()->description() : std::string();
  t.client_tls = client_tls;
  t.next_hop_tls = hop_tls_;
  worker_.record(t);
}

} // namespace sealonce::net
