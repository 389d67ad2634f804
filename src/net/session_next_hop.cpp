// NAME
//   session_next_hop - a connection to the next hop, old or new
//
// DESCRIPTION
//   For each address in order: one that rests in the pool, else a new one. So an idle connection to
//   an address that stood in for another is not preferred for ever.
//
// DIAGNOSTICS
//   The log is told once of an address that fails (and again while it goes on, not for every
//   message), and when it is back. TLS that cannot be had is 451 4.7.5. A next hop that does not
//   take our password is trouble of ours: 451 4.7.8, and the mail stays with the upstream.

#include "session.hpp"
#include <sealonce/crypto/tls_session.hpp>
#include <sealonce/limits.hpp>

#include <utility>

namespace sealonce::net {
namespace {

hop_security security_of(const config::relay_settings& relay) {
  hop_security how;
  if (!relay.next_hop_tls)
    return how;
  how.context = relay.next_hop_tls->context;
  how.implicit = relay.next_hop_tls->implicit;
  how.may = relay.next_hop_tls->level == config::tls_level::may;
  how.name = relay.next_hop_tls->name;
  return how;
}

bool is_about_login(const next_hop& hop, hop_event event) {
  const auto failure = hop.engine.failure();
  return event == hop_event::failed && (failure == smtp::client_failure::refused_auth ||
                                        failure == smtp::client_failure::no_auth);
}

} // namespace

awaitable<bool> session::reach_next_hop(bool fresh) {
  if (hop_)
    co_return true;
  hop_tls_.clear();
  const auto& addresses = snapshot_->next_hops.at(relay_.name);
  hop_failure_ = "no address of the next hop is known";
  hop_trouble_ = "4.4.1";
  const auto begun = deadline::clock::now();
  for (const hop_address* address : pool_.order(addresses, begun)) {
    if (!fresh)
      hop_ = pool_.take(*address, snapshot_->settings);
    if (hop_)
      co_return note_next_hop();
    if (login_refused_lately(*address))
      continue;
    const bool reached = co_await connect_next_hop(*address);
    if (reached)
      co_return note_next_hop();
    const bool too_long = deadline::clock::now() - begun > limits::next_hop_search_timeout;
    if (upstream_gone_ || aborted_ || too_long)
      break;
  }
  worker_.shared.want_names();
  co_return false;
}

/// For the log. Always true.
bool session::note_next_hop() {
  if (hop_->io.tls())
    hop_tls_ = hop_->io.tls()->description();
  return true;
}

bool session::login_refused_lately(const hop_address& address) {
  const auto now = deadline::clock::now();
  const auto* why = pool_.refused_login(address, snapshot_->settings, now);
  if (why == nullptr)
    return false;
  hop_failure_ = *why;
  hop_trouble_ = "4.7.8";
  return true;
}

void session::make_next_hop(const hop_security& how) {
  const bool lmtp = relay_.next_hop_protocol == config::protocol::lmtp;
  hop_ = std::make_unique<next_hop>(worker_.watch, settings_.server.hostname, lmtp, how);
  hop_->made_under = snapshot_->settings;
  hop_->wait_as(relay_.timeouts);
  if (relay_.next_hop_auth)
    hop_->engine.authenticate(relay_.next_hop_auth);
}

/// With TLS as it is configured; without it after a failure only where it is a "may".
awaitable<hop_event> session::open_next_hop(const hop_address& address) {
  const hop_security how = security_of(relay_);
  make_next_hop(how);
  waiting_for_hop_ = true;
  hop_event event = co_await hop_->connect(address, deadline_);
  if (how.may && hop_->tls_trouble(event) && !upstream_gone_ && !aborted_) {
    worker_.log(config::log_level::warning, "relay " + relay_.name + ": " + hop_->explain(event) +
                                                "; next_hop_tls.level is may: without TLS now");
    make_next_hop(hop_security());
    event = co_await hop_->connect(address, deadline_);
  }
  waiting_for_hop_ = false;
  co_return event;
}

awaitable<bool> session::connect_next_hop(const hop_address& address) {
  hop_trouble_ = "4.4.1";
  pool_.trying(address, deadline::clock::now());
  const hop_event event = co_await open_next_hop(address);
  if (event == hop_event::ready) {
    pool_.note_offer(hop_->engine.offers());
    if (pool_.note_success(address))
      worker_.log(config::log_level::info,
                  "relay " + relay_.name + ": next hop " + address.text + " is back");
    co_return true;
  }
  hop_failure_ = hop_->explain(event);
  const bool login = is_about_login(*hop_, event);
  if (login)
    hop_trouble_ = "4.7.8";
  else if (hop_->tls_trouble(event))
    hop_trouble_ = "4.7.5";
  drop_next_hop();
  if (upstream_gone_ || aborted_)
    co_return false; // nobody waited to the end
  const bool tell = pool_.note_failure(address, deadline::clock::now());
  if (login)
    pool_.note_refused_login(address, snapshot_->settings, hop_failure_);
  if (tell)
    worker_.log(
        login ? config::log_level::error : config::log_level::warning,
        "relay " + relay_.name + ": " + hop_failure_ +
            (login ? "; its mail is deferred until next_hop_auth and the account are right" : ""));
  co_return false;
}

/// 530: the next hop would take the message from somebody it knows. That is our trouble, and the
/// upstream must not bounce for it.
void session::excuse_login(smtp::reply& r) {
  constexpr int authentication_required = 530; // RFC 4954 §6, RFC 3207 §4
  if (r.code() != authentication_required)
    return;
  const std::string said = "next hop " + hop_->to.text + " said " + r.one_line();
  if (pool_.may_tell_of_login(deadline::clock::now()))
    worker_.log(config::log_level::error, "relay " + relay_.name + ": " + said +
                                              "; its mail is deferred until the relay has the "
                                              "next_hop_auth or next_hop_tls that it wants");
  r = smtp::reply(451, "4.7.0", smtp::printable("Try again later: " + said));
}

} // namespace sealonce::net
