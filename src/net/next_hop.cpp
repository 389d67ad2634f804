// NAME
//   next_hop - one connection to a next hop
//
// DIAGNOSTICS
//   explain() has a sentence for each way in which it can fail.

#include "next_hop.hpp"

#include <sealonce/crypto/tls_session.hpp>
#include <sealonce/limits.hpp>

#include <utility>

namespace sealonce::net {

namespace {

smtp::starttls_use starttls(const hop_security& how) {
  if (!how.context || how.implicit)
    return smtp::starttls_use::never;
  return how.may ? smtp::starttls_use::may : smtp::starttls_use::must;
}

} // namespace

next_hop::next_hop(poller& watch, std::string hostname, bool speaks_lmtp, hop_security how)
    : io(watch), engine(std::move(hostname), speaks_lmtp, starttls(how)), lmtp(speaks_lmtp),
      security_(std::move(how)) {}

awaitable<hop_event> next_hop::connect(const hop_address& address, deadline& until) {
  to = address;
  until.set(connect_timeout_);
  io_error = co_await io.connect(to.endpoint);
  if (io_error)
    co_return until.take_expired() ? hop_event::timed_out : hop_event::lost;
  if (security_.context && security_.implicit) {
    const hop_event started = co_await start_tls(until);
    if (started != hop_event::ready)
      co_return started;
  }
  const hop_event greeted = co_await greet(until);
  co_return greeted;
}

void next_hop::wait_as(const config::relay_timeouts& t) {
  connect_timeout_ = t.next_hop_connect;
  hello_timeout_ = t.next_hop_hello;
  engine.wait_as({t.next_hop_hello, t.next_hop_reply, t.next_hop_data_done});
}

awaitable<hop_event> next_hop::greet(deadline& until) {
  until.set(hello_timeout_);
  hop_event event = co_await wait(until);
  if (event != hop_event::start_tls)
    co_return event;
  event = co_await start_tls(until);
  if (event != hop_event::ready)
    co_return event;
  until.set(hello_timeout_);
  event = co_await wait(until);
  co_return event;
}

awaitable<hop_event> next_hop::start_tls(deadline& until) {
  until.set(hello_timeout_);
  const std::string& name = security_.name.empty() ? to.name : security_.name;
  auto tls = std::make_unique<crypto::tls_session>(security_.context, name);
  io_error = co_await io.secure(std::move(tls));
  if (io_error)
    co_return until.take_expired() ? hop_event::timed_out : hop_event::tls_failed;
  engine.tls_started(io.tls()->authenticated());
  co_return hop_event::ready;
}

/// What could not be sent at once.
awaitable<error_code> next_hop::flush(deadline& until) {
  const error_code error = co_await io.write(engine.output(), until);
  engine.output().clear();
  co_return error;
}

hop_event next_hop::at_hand() {
  switch (engine.next()) {
  case smtp::client_engine::event::start_tls:
    return hop_event::start_tls;
  case smtp::client_engine::event::ready:
    return hop_event::ready;
  case smtp::client_engine::event::reply:
    return hop_event::reply;
  case smtp::client_engine::event::failed:
    return hop_event::failed;
  case smtp::client_engine::event::need_input:
    break;
  }
  return hop_event::nothing;
}

awaitable<hop_event> next_hop::wait(deadline& until) {
  for (;;) {
    const hop_event event = at_hand();
    if (event != hop_event::nothing)
      co_return event;
    // A next hop that refuses and closes may do so before it has read everything: its reply counts
    // more than the failed write.
    error_code wrote;
    if (!engine.output().empty() && !io.write_at_once(engine.output(), wrote))
      wrote = co_await flush(until);
    engine.output().clear();
    const auto [error, octets] = co_await io.read_some(buffer_);
    if (error) {
      io_error = wrote ? wrote : error;
      co_return until.take_expired() ? hop_event::timed_out : hop_event::lost;
    }
    engine.received({buffer_.data(), octets});
  }
}

std::string next_hop::explain(hop_event event) const {
  const std::string who = "next hop " + to.text;
  switch (event) {
  case hop_event::timed_out:
    return who + " did not answer in time";
  case hop_event::lost:
    if (io.tls() && !io.tls()->failure().empty())
      return who + ": " + io.tls()->failure();
    return io_error == asio::error::eof ? who + " closed the connection"
                                        : who + ": " + io_error.message();
  case hop_event::tls_failed:
    if (!io.tls()->failure().empty())
      return who + ": " + io.tls()->failure();
    return who + " broke off in the TLS handshake: " + io_error.message();
  case hop_event::failed:
    return who + explain_failure();
  default:
    return who;
  }
}

std::string next_hop::explain_failure() const {
  switch (engine.failure()) {
  case smtp::client_failure::refused_greeting:
    return " refused the connection: " + engine.refusal().one_line();
  case smtp::client_failure::refused_hello:
    return (lmtp ? " refused LHLO: " : " refused EHLO and HELO: ") + engine.refusal().one_line();
  case smtp::client_failure::refused_auth:
    return " refused our user name or password: " + engine.refusal().one_line();
  case smtp::client_failure::no_auth:
    return " " + engine.why();
  case smtp::client_failure::no_starttls:
    return " does not offer STARTTLS: have it switched on there, or set next_hop_tls.level";
  case smtp::client_failure::refused_starttls:
    return " refused STARTTLS: " + engine.refusal().one_line();
  case smtp::client_failure::starttls_injected:
    return " sent octets in plaintext behind its answer to STARTTLS";
  case smtp::client_failure::unasked_reply:
    return " sent a reply that belongs to no command";
  default:
    return " sent what is not an SMTP reply";
  }
}

bool next_hop::tls_trouble(hop_event event) const {
  switch (engine.failure()) {
  case smtp::client_failure::no_starttls:
  case smtp::client_failure::refused_starttls:
  case smtp::client_failure::starttls_injected:
    return event == hop_event::failed;
  default:
    return event == hop_event::tls_failed || (io.tls() && !io.tls()->failure().empty());
  }
}

} // namespace sealonce::net
