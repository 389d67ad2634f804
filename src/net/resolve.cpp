// NAME
//   resolve - addresses of the next hops
//
// DIAGNOSTICS
//   A name that cannot be resolved is a sentence that names the relay: at start the process does
//   not start, at reload the old configuration stays.

#include "resolve.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <netdb.h>

namespace sealonce::net {
namespace {

using tcp = asio::ip::tcp;

result<void> add_name(const config::endpoint& to, std::vector<hop_address>& out) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const auto port = std::to_string(to.port);
  const int error = ::getaddrinfo(to.host.c_str(), port.c_str(), &hints, &found);
  if (error != 0)
    return failure("next_hop " + to.text + ": " + ::gai_strerror(error));
  for (const addrinfo* a = found; a != nullptr; a = a->ai_next) {
    hop_address address;
    address.endpoint = asio::generic::stream_protocol::endpoint(a->ai_addr, a->ai_addrlen);
    address.text = to.text;
    out.push_back(std::move(address));
  }
  ::freeaddrinfo(found);
  return success();
}

result<void> add_address(const config::endpoint& to, std::vector<hop_address>& out) {
  hop_address address;
  address.text = to.text;
  switch (to.what) {
  case config::endpoint::kind::name:
    return add_name(to, out);
  case config::endpoint::kind::unix_socket:
    address.endpoint = asio::local::stream_protocol::endpoint(to.host);
    break;
  case config::endpoint::kind::ip: {
    error_code error;
    const auto ip = asio::ip::make_address(to.host, error);
    if (error)
      return failure("next_hop " + to.text + ": not an address");
    address.endpoint = tcp::endpoint(ip, to.port);
    break;
  }
  }
  out.push_back(std::move(address));
  return success();
}

} // namespace

result<snapshot_ptr> resolve(config::settings_ptr settings) {
  auto made = std::make_shared<snapshot>();
  for (const auto& relay : settings->relays)
    for (const auto& to : relay.next_hop) {
      auto added = add_address(to, made->next_hops[relay.name]);
      if (!added)
        return failure("relay " + relay.name + ": " + added.error().what);
    }
  made->settings = std::move(settings);
  return snapshot_ptr(std::move(made));
}

} // namespace sealonce::net
