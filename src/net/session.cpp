// NAME
//   session - one upstream connection: commands, greeting, end
//
// DESCRIPTION
//   The loop that drives the server engine. Commands that came together go to the next hop together
//   (session_envelope.cpp); after its 354 the message follows (session_message.cpp).
//
// DIAGNOSTICS
//   An upstream that is silent too long gets 421 4.4.2. An exception (no memory, a broken
//   invariant) ends the session with 451 4.3.0 and a line in the log; the message stays with the
//   upstream.

#include "session.hpp"

#include <sealonce/crypto/tls_session.hpp>
#include <sealonce/limits.hpp>

#include <exception>
#include <utility>

namespace sealonce::net {
namespace {

using security = smtp::server_engine::security;

security tls_of(const config::relay_settings& relay) {
  if (!relay.tls)
    return security::plain;
  switch (relay.tls->mode) {
  case config::tls_mode::starttls:
    return security::offered;
  case config::tls_mode::required:
    return security::required;
  case config::tls_mode::implicit:
    break;
  }
  return security::secure;
}

smtp::server_engine::options engine_options(const config::settings& s,
                                            const config::relay_settings& relay,
                                            const peer_address& peer) {
  smtp::server_engine::options o;
  o.hostname = s.server.hostname;
  o.max_size = s.message.max_size;
  o.xforward_allowed = peer.in(relay.xforward_from);
  o.xclient_allowed = peer.in(relay.xclient_from);
  o.max_recipients = relay.max_recipients;
  o.lmtp = relay.listen_protocol == config::protocol::lmtp;
  o.chunking = relay.chunking;
  o.one_recipient = !o.lmtp && relay.next_hop_protocol == config::protocol::lmtp;
  o.tls = tls_of(relay);
  return o;
}

} // namespace

session::session(worker& w, snapshot_ptr settings, const config::relay_settings& relay,
                 descriptor socket, peer_address peer)
    : worker_(w), snapshot_(std::move(settings)), settings_(*snapshot_->settings), relay_(relay),
      pool_(w.pool(relay.name)), upstream_(w.watch, std::move(socket)), peer_(std::move(peer)),
      engine_(engine_options(settings_, relay_, peer_)) {
  worker_.add(*this); // which may throw
  worker_.shared.sessions.fetch_add(1, std::memory_order_relaxed);
}

session::~session() {
  if (hop_ && !hop_->dirty)
    pool_.give_back(std::move(hop_), relay_);
  worker_.shared.sessions.fetch_sub(1, std::memory_order_relaxed);
  worker_.remove(*this);
}

awaitable<void> session::run(std::shared_ptr<session> self) {
  std::string broken;
  try {
    co_await self->converse();
  } catch (const std::exception& e) {
    broken = e.what();
  }
  if (broken.empty())
    co_return;
  self->worker_.log(config::log_level::error,
                    "session of " + self->peer_.text + " ended: " + broken);
  self->drop_next_hop();
  // Behind what is due already: a 250 to the message before must not be lost.
  self->engine_.output() += smtp::reply(451, "4.3.0", "Internal error; try again").wire();
  co_await self->flush();
}

awaitable<void> session::converse() {
  using event = smtp::server_engine::event;
  const bool entered = co_await enter();
  if (!entered)
    co_return;
  if (relay_.tls && relay_.tls->mode == config::tls_mode::implicit)
    co_await start_tls();
  if (!over_ && upstream_.has_octets())
    co_await refuse_early_talker();
  while (!over_) {
    const event what = engine_.next();
    if (what == event::forward) {
      batch_.push_back(std::move(engine_.forwarded()));
      if (batch_.back().what != smtp::verb::data && batch_.size() < limits::pipelined_commands)
        continue;
    }
    if (!batch_.empty()) {
      co_await exchange();
      pace_.begin(deadline::clock::now()); // the time that the next hop took is not the client's
      if (!over_ && engine_.in_data())
        co_await take_message();
      if (what != event::close)
        continue;
    }
    switch (what) {
    case event::hello:
      co_await hello();
      break;
    case event::reset:
      co_await reset_next_hop();
      break;
    case event::chunk:
      message_of_chunks().take(engine_.chunk(), settings_.message.max_size);
      break;
    case event::chunk_end:
      co_await end_chunk();
      break;
    case event::start_tls:
      co_await flush();
      if (!over_)
        co_await start_tls();
      break;
    case event::xclient:
      co_await reset_next_hop();
      take_claimed_client();
      break;
    case event::close:
      abandon_chunks();
      co_await flush();
      co_return;
    default:
      co_await receive_command();
      break;
    }
  }
  co_await flush();
}

awaitable<void> session::refuse_early_talker() {
  const auto [error, octets] = co_await upstream_.read_some(buffer_);
  engine_.spoke_too_early({buffer_.data(), octets});
}

void session::log_notice() {
  const std::string notice = engine_.take_notice();
  if (!notice.empty())
    worker_.log(config::log_level::warning,
                "relay " + relay_.name + ": client " + peer_.text + ": " + notice);
}

awaitable<void> session::receive_command() {
  if (worker_.stopping() && !engine_.in_transaction()) {
    engine_.farewell(smtp::reply(421, "4.3.2", "Service shutting down"));
    co_return;
  }
  if (!flush_at_once())
    co_await flush();
  if (over_)
    co_return;
  const bool chunk = engine_.in_chunk();
  const auto now = deadline::clock::now();
  if (engine_.unread() == 0 && !(chunk && in_chunk_))
    pace_.begin(now);
  in_chunk_ = chunk;
  const auto silence = chunk ? relay_.timeouts.data : relay_.timeouts.command;
  deadline_.set(silence, pace_.due(now, silence));
  waiting_for_command_ = true;
  const auto [error, octets] = co_await upstream_.read_some(buffer_);
  waiting_for_command_ = false;
  pace_.more(octets);
  if (error)
    abandon_chunks();
  if (error && deadline_.take_expired()) {
    engine_.farewell(smtp::reply(421, "4.4.2", "Timeout: no command came"));
    co_return;
  }
  if (error == asio::error::operation_aborted && worker_.stopping() && !aborted_)
    co_return; // the next turn says farewell
  if (error)
    co_return end();
  engine_.received({buffer_.data(), octets});
}

bool session::flush_at_once() {
  log_notice();
  if (engine_.output().empty() && !upstream_.unsent())
    return true;
  error_code error;
  if (!upstream_.write_at_once(engine_.output(), error))
    return false;
  engine_.output_sent();
  if (error)
    end();
  return true;
}

awaitable<void> session::flush() {
  if (flush_at_once())
    co_return;
  deadline_.set(relay_.timeouts.command);
  const error_code error = co_await upstream_.write(engine_.output(), deadline_);
  engine_.output_sent();
  if (error)
    end();
}

// Once TLS was begun nothing is said outside it: where the handshake fails, nobody is there to hear
// a farewell.
awaitable<void> session::start_tls() {
  deadline_.set(limits::tls_handshake_timeout);
  auto tls = std::make_unique<crypto::tls_session>(relay_.tls->context, std::string_view());
  const error_code error = co_await upstream_.secure(std::move(tls));
  if (!error)
    co_return engine_.tls_started();
  std::string why = upstream_.tls()->failure();
  if (why.empty())
    why = deadline_.take_expired() ? "it took too long" : error.message();
  worker_.log(config::log_level::warning,
              "relay " + relay_.name + ": " + peer_.text + ": TLS handshake: " + why);
  engine_.output_sent();
  end();
}

// EHLO mirrors the next hop. Where it cannot be reached and nothing is known of it, everything that
// we can carry is announced: MAIL will be deferred anyway, whereas an EHLO that lacks SMTPUTF8 or
// DSN would make the upstream bounce or report falsely.
awaitable<void> session::hello() {
  co_await reset_next_hop();
  const auto max_size = settings_.message.max_size;
  const auto* known = pool_.recent_offer(deadline::clock::now());
  if (known == nullptr && engine_.esmtp()) {
    const bool reached = co_await reach_next_hop(false);
    if (reached) { // an upstream that only says EHLO must not keep a connection from the others
      pool_.note_offer(hop_->engine.offers()); // one that rested is older than what is remembered
      pool_.give_back(std::move(hop_), relay_);
      known = pool_.recent_offer(deadline::clock::now());
    }
  }
  const bool inside_tls = upstream_.tls() != nullptr;
  engine_.answer_hello(known ? smtp::mirrored(*known, max_size, inside_tls)
                             : smtp::everything(max_size));
}

awaitable<void> session::reset_next_hop() {
  chunks_.reset();
  if (!hop_ || !hop_->dirty)
    co_return;
  hop_->engine.command("RSET");
  const hop_event event = co_await wait_next_hop();
  if (event != hop_event::reply || !hop_->engine.last_reply().positive())
    co_return drop_next_hop();
  hop_->dirty = false;
  hop_->answered = false;
  hop_->used = true;
}

void session::on_tick(deadline::clock::time_point now) {
  if (waiting_for_hop_ && (upstream_gone_ || upstream_.peer_gone())) {
    upstream_gone_ = true;
    if (hop_)
      hop_->io.cancel();
  }
  if (!deadline_.past(now))
    return;
  deadline_.expire();
  upstream_.cancel();
  if (hop_)
    hop_->io.cancel();
}

void session::on_stop() {
  if (!engine_.in_transaction() && waiting_for_command_)
    upstream_.cancel();
}

void session::abort() {
  aborted_ = true;
  over_ = true;
  upstream_.close();
  if (hop_)
    hop_->io.close();
}

void session::drop_next_hop() {
  hop_.reset();
}

void session::end() {
  over_ = true;
}

} // namespace sealonce::net
