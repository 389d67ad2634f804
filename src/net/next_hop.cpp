// NAME
//   next_hop - one connection to a next hop
//
// DIAGNOSTICS
//   explain() has a sentence for each way in which it can fail.

#include "next_hop.hpp"

#include <sealonce/limits.hpp>

#include <utility>

namespace sealonce::net {

next_hop::next_hop(asio::io_context& context, std::string hostname, bool speaks_lmtp)
    : io(stream_socket(context)), engine(std::move(hostname), speaks_lmtp), lmtp(speaks_lmtp) {}

awaitable<hop_event> next_hop::connect(const hop_address& address, deadline& until) {
  to = address;
  until.set(limits::next_hop_connect_timeout);
  io.socket().open(to.endpoint.protocol(), io_error);
  if (io_error)
    co_return hop_event::lost;
  const auto [error] = co_await io.socket().async_connect(to.endpoint, as_result);
  io_error = error;
  if (error)
    co_return until.take_expired() ? hop_event::timed_out : hop_event::lost;
  prepare(io.socket());
  until.set(limits::next_hop_hello_timeout);
  const hop_event greeted = co_await wait(until);
  co_return greeted;
}

awaitable<error_code> next_hop::flush(deadline& until) {
  if (engine.output().empty())
    co_return error_code();
  const error_code error = co_await io.write(engine.output(), until);
  engine.output().clear();
  co_return error;
}

awaitable<hop_event> next_hop::wait(deadline& until) {
  for (;;) {
    switch (engine.next()) {
    case smtp::client_engine::event::ready:
      co_return hop_event::ready;
    case smtp::client_engine::event::reply:
      co_return hop_event::reply;
    case smtp::client_engine::event::failed:
      co_return hop_event::failed;
    case smtp::client_engine::event::need_input:
      break;
    }
    // A next hop that refuses and closes may do so before it has read everything: its reply counts
    // more than the failed write.
    const error_code wrote = co_await flush(until);
    const io_result got = co_await io.read_some(buffer_);
    if (got.error) {
      io_error = wrote ? wrote : got.error;
      co_return until.take_expired() ? hop_event::timed_out : hop_event::lost;
    }
    engine.received({buffer_.data(), got.octets});
  }
}

std::string next_hop::explain(hop_event event) const {
  const std::string who = "next hop " + to.text;
  switch (event) {
  case hop_event::timed_out:
    return who + " did not answer in time";
  case hop_event::lost:
    return io_error == asio::error::eof ? who + " closed the connection"
                                        : who + ": " + io_error.message();
  case hop_event::failed:
    switch (engine.failure()) {
    case smtp::client_failure::refused_greeting:
      return who + " refused the connection: " + engine.refusal().one_line();
    case smtp::client_failure::refused_hello:
      return who + (lmtp ? " refused LHLO: " : " refused EHLO and HELO: ") +
             engine.refusal().one_line();
    case smtp::client_failure::refused_auth:
      return who + " refused our user name or password: " + engine.refusal().one_line();
    case smtp::client_failure::no_auth:
      return who + " " + engine.why();
    case smtp::client_failure::unasked_reply:
      return who + " sent a reply that belongs to no command";
    default:
      return who + " sent what is not an SMTP reply";
    }
  default:
    return who;
  }
}

} // namespace sealonce::net
