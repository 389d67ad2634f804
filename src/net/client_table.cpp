// NAME
//   client_table - how much each client has of what is limited
//
// DESCRIPTION
//   Asked once for a connection and once for a message, and only where a limit is configured. The
//   rate is a bucket: it holds as many messages as a minute may bring and fills evenly.

#include "client_table.hpp"

#include <algorithm>

namespace sealonce::net {
namespace {

constexpr std::chrono::seconds window{60};

} // namespace

bool spell::begins(time_point now) {
  const bool first = !last_ || now - *last_ > limits::refusal_spell;
  last_ = now;
  return first;
}

allowance client_table::connect(std::string_view client, std::size_t most, time_point now) {
  const std::lock_guard lock(mutex_);
  entry& e = at(client, now);
  if (e.connections < most) {
    ++e.connections;
    return allowance::granted;
  }
  return e.too_many_connections.begins(now) ? allowance::refused_and_told : allowance::refused;
}

void client_table::disconnect(std::string_view client) {
  const std::lock_guard lock(mutex_);
  const auto found = clients_.find(client);
  if (found == clients_.end() || found->second.connections == 0)
    return;
  entry& e = found->second;
  --e.connections;
  if (e.connections == 0 && e.messages_left < 0) // nothing else to remember
    clients_.erase(found);
}

allowance client_table::message(std::string_view client, std::size_t rate, time_point now) {
  const std::lock_guard lock(mutex_);
  entry& e = at(client, now);
  const auto most = static_cast<double>(rate);
  if (e.messages_left < 0) {
    e.messages_left = most;
  } else {
    const std::chrono::duration<double> since = now - e.counted_at;
    const std::chrono::duration<double> whole = window;
    e.messages_left = std::min(most, e.messages_left + most * (since / whole));
  }
  e.counted_at = now;
  if (e.messages_left >= 1) {
    e.messages_left -= 1;
    return allowance::granted;
  }
  return e.too_many_messages.begins(now) ? allowance::refused_and_told : allowance::refused;
}

allowance client_table::refuse(time_point now) {
  const std::lock_guard lock(mutex_);
  return full_.begins(now) ? allowance::refused_and_told : allowance::refused;
}

std::size_t client_table::size() {
  const std::lock_guard lock(mutex_);
  return clients_.size();
}

client_table::entry& client_table::at(std::string_view client, time_point now) {
  const auto found = clients_.find(client);
  if (found != clients_.end())
    return found->second;
  if (clients_.size() >= limits::counted_clients)
    make_room(now);
  return clients_.try_emplace(std::string(client)).first->second;
}

/// Those that have nothing to be remembered for go; where there are none, any without connections,
/// half of them, so that this happens seldom.
void client_table::make_room(time_point now) {
  std::erase_if(clients_, [now](const auto& one) {
    return one.second.connections == 0 && now - one.second.counted_at >= window;
  });
  if (clients_.size() < limits::counted_clients)
    return;
  bool other = false;
  std::erase_if(clients_, [&other](const auto& one) {
    return one.second.connections == 0 && (other = !other);
  });
}

} // namespace sealonce::net
