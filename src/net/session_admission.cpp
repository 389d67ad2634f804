// NAME
//   session_admission - who the client is, and whether it may
//
// DESCRIPTION
//   The address is the connection's, the PROXY header's where the connection comes from
//   proxy_protocol_from, or what XCLIENT claims. Access, limits, rules and the log go by it;
//   whether a client may use XCLIENT and XFORWARD goes by the connection's or the PROXY header's,
//   as with Postfix.
//
// DIAGNOSTICS
//   554 5.7.1 not in `allow`; 421 4.7.0 too many connections of this client; 450 4.7.1 too many
//   messages of this client. The log tells each once for a spell, and who was refused entrance each
//   time. No PROXY header in time, or one that cannot be understood: the connection is closed, with
//   a line in the log.

#include "session.hpp"
#include <sealonce/limits.hpp>
#include <sealonce/smtp/proxy_header.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace sealonce::net {
namespace {

constexpr std::size_t ipv6_network = 8; ///< octets: whoever has one address has all of its /64

/// A client of this relay, for the table.
std::string counted_name(const config::relay_settings& relay, const peer_address& peer) {
  constexpr std::array<char, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '\xff', '\xff'};
  const auto* octets = reinterpret_cast<const char*>(peer.octets.data());
  const bool v4 = std::equal(mapped.begin(), mapped.end(), octets);
  return relay.name + ' ' + std::string(octets, v4 ? peer.octets.size() : ipv6_network);
}

} // namespace

/// Code 0 = it may; then `counted_` holds its place.
smtp::reply session::admit(const peer_address& peer) {
  const std::string who = "relay " + relay_.name + ": " + peer.text + " refused: ";
  if (!peer.unix_domain && !peer.in(relay_.allow)) {
    worker_.log(config::log_level::warning, who + "not in its allow list");
    return {554, "5.7.1", "Access denied"};
  }
  const std::size_t most = relay_.max_connections_per_client;
  counted_ = counted_connection();
  if (most == 0)
    return {};
  auto& table = worker_.shared.clients;
  const std::string name = counted_name(relay_, peer);
  const allowance may = table.connect(name, most, deadline::clock::now());
  if (may == allowance::granted) {
    counted_ = counted_connection(table, name);
    return {};
  }
  const std::string limit = std::to_string(most);
  if (may == allowance::refused_and_told)
    worker_.log(config::log_level::warning, who + "max_connections_per_client is " + limit);
  return {421, "4.7.0",
          "Too many connections from " + peer.text + ": the limit is " + limit +
              "; try again later"};
}

/// Code 0 = this client may send one more message.
smtp::reply session::admit_message() {
  const std::size_t rate = relay_.message_rate;
  if (rate == 0)
    return {};
  const allowance may =
      worker_.shared.clients.message(counted_name(relay_, peer_), rate, deadline::clock::now());
  if (may == allowance::granted)
    return {};
  const std::string limit = std::to_string(rate);
  if (may == allowance::refused_and_told)
    worker_.log(config::log_level::warning, "relay " + relay_.name + ": messages of " + peer_.text +
                                                " deferred: message_rate is " + limit);
  return {450, "4.7.1",
          "Too many messages from " + peer_.text + ": the limit is " + limit + " in a minute"};
}

/// The PROXY header, where there must be one. False = close the connection.
awaitable<bool> session::learn_client() {
  if (!peer_.in(relay_.proxy_protocol_from))
    co_return true;
  smtp::proxy_header_parser header;
  auto status = smtp::proxy_header_parser::status::need_more;
  deadline_.set(limits::proxy_header_timeout);
  std::string why;
  while (status == smtp::proxy_header_parser::status::need_more && why.empty()) {
    const std::size_t most = std::min(header.wanted(), buffer_.size());
    const std::span<char> room(buffer_.data(), most);
    const auto [error, octets] = co_await upstream_.read_some(room);
    if (error)
      why = deadline_.take_expired() ? "no PROXY header came in time"
                                     : "it closed before its PROXY header";
    else
      status = header.feed({buffer_.data(), octets});
  }
  if (status == smtp::proxy_header_parser::status::malformed)
    why = "what came is no PROXY header";
  if (why.empty()) {
    if (!header.client().own)
      peer_ = peer_of(header.client().address);
    engine_.permit(peer_.in(relay_.xforward_from), peer_.in(relay_.xclient_from));
    co_return true;
  }
  if (header.begun() ||
      deadline_.past(deadline::clock::now())) // else it only looked whether we live
    worker_.log(config::log_level::warning,
                "relay " + relay_.name + ": proxy " + peer_.text + " closed: " + why);
  co_return false;
}

/// False = it is not let in, and has been told.
awaitable<bool> session::enter() {
  const bool known = co_await learn_client();
  if (!known) {
    engine_.output_sent();
    co_return false;
  }
  const smtp::reply refusal = admit(peer_);
  if (refusal.code() == 0)
    co_return true;
  engine_.output() = refusal.wire(); // instead of the greeting
  if (relay_.tls && relay_.tls->mode == config::tls_mode::implicit)
    engine_.output_sent(); // a word in plaintext would only confuse
  co_await flush();
  co_return false;
}

/// XCLIENT puts another client in the place of this one.
void session::take_claimed_client() {
  const auto& claimed = engine_.claimed();
  peer_address next = peer_;
  if (claimed.address_told) {
    next = peer_address();
    next.text = "unknown";
    if (claimed.address)
      next = peer_of(*claimed.address);
  }
  const smtp::reply refusal = admit(next);
  peer_ = std::move(next);
  engine_.answer_xclient(refusal);
}

} // namespace sealonce::net
