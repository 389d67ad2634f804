// NAME
//   next_hop_pool - connections to the next hops that wait for the next message
//
// DESCRIPTION
//   A connection that rested in the pool may have been closed meanwhile: take() looks, and the
//   session replaces it silently while nothing of the transaction has been answered. Octets that
//   came while it rested make it unfit, whatever they are: they would be believed as answers.
//
//   An address that failed is the last to be tried until limits::next_hop_pause is over; then one
//   session tries it first, and a relay goes back to it from the address that stood in.

#include "next_hop_pool.hpp"

#include <sealonce/limits.hpp>

#include <algorithm>
#include <utility>

namespace sealonce::net {

const next_hop_pool::trouble* next_hop_pool::trouble_with(const hop_address& address) const {
  const auto found = std::find_if(troubles_.begin(), troubles_.end(), [&address](const trouble& t) {
    return t.endpoint == address.endpoint;
  });
  return found == troubles_.end() ? nullptr : &*found;
}

std::vector<const hop_address*> next_hop_pool::order(std::span<const hop_address> all,
                                                     clock::time_point now) const {
  std::vector<const hop_address*> ordered;
  for (const auto& address : all)
    ordered.push_back(&address);
  if (!troubles_.empty())
    std::stable_partition(ordered.begin(), ordered.end(), [this, now](const hop_address* address) {
      const trouble* known = trouble_with(*address);
      return known == nullptr || now >= known->again_at;
    });
  return ordered;
}

std::unique_ptr<next_hop> next_hop_pool::take(const hop_address& address,
                                              const config::settings_ptr& settings) {
  for (auto i = idle_.size(); i-- > 0;) {
    if (idle_[i]->to.endpoint != address.endpoint || idle_[i]->made_under != settings)
      continue;
    auto hop = std::move(idle_[i]);
    idle_.erase(idle_.begin() + static_cast<std::ptrdiff_t>(i));
    if (!hop->io.heard_nothing())
      continue;
    hop->used = true;
    hop->answered = false;
    return hop;
  }
  return nullptr;
}

void next_hop_pool::give_back(std::unique_ptr<next_hop> hop, const config::relay_settings& relay) {
  if (!hop || hop->dirty || !hop->engine.idle() || hop->transactions >= relay.next_hop_max_use ||
      relay.next_hop_max_idle == 0)
    return;
  if (idle_.size() >= relay.next_hop_max_idle)
    idle_.erase(idle_.begin());
  hop->idle_until = clock::now() + relay.next_hop_idle;
  idle_.push_back(std::move(hop));
}

void next_hop_pool::expire(clock::time_point now, const config::settings_ptr& current) {
  std::erase_if(idle_, [&](const std::unique_ptr<next_hop>& hop) {
    return now >= hop->idle_until || hop->made_under != current || !hop->io.heard_nothing();
  });
  // An address that nobody has asked for long is perhaps no longer configured.
  std::erase_if(troubles_, [now](const trouble& known) {
    return now - known.again_at > limits::next_hop_trouble_age;
  });
}

void next_hop_pool::trying(const hop_address& address, clock::time_point now) {
  for (trouble& known : troubles_)
    if (known.endpoint == address.endpoint)
      known.again_at = now + limits::next_hop_pause;
}

bool next_hop_pool::note_failure(const hop_address& address, clock::time_point now) {
  for (trouble& known : troubles_) {
    if (known.endpoint != address.endpoint)
      continue;
    known.again_at = now + limits::next_hop_pause;
    known.login_under = nullptr;
    const bool tell = now - known.told_at >= limits::repeated_complaint;
    if (tell)
      known.told_at = now;
    return tell;
  }
  troubles_.push_back({address.endpoint, now + limits::next_hop_pause, now, nullptr, {}});
  return true;
}

void next_hop_pool::note_refused_login(const hop_address& address, config::settings_ptr under,
                                       std::string why) {
  for (trouble& known : troubles_) {
    if (known.endpoint != address.endpoint)
      continue;
    known.login_under = std::move(under);
    known.login_refused = std::move(why);
    return;
  }
}

const std::string* next_hop_pool::refused_login(const hop_address& address,
                                                const config::settings_ptr& under,
                                                clock::time_point now) const {
  const trouble* known = trouble_with(address);
  return known != nullptr && known->login_under == under && now < known->again_at
             ? &known->login_refused
             : nullptr;
}

bool next_hop_pool::note_success(const hop_address& address) {
  return std::erase_if(troubles_,
                       [&address](const trouble& t) { return t.endpoint == address.endpoint; }) > 0;
}

bool next_hop_pool::may_tell_of_login(clock::time_point now) {
  const bool tell = !login_told_at_ || now - *login_told_at_ >= limits::repeated_complaint;
  if (tell)
    login_told_at_ = now;
  return tell;
}

const smtp::extensions* next_hop_pool::recent_offer(clock::time_point now) const {
  return offer_known_ && now - offered_at_ < limits::next_hop_offer_age ? &offer_ : nullptr;
}

void next_hop_pool::note_offer(const smtp::extensions& offer) {
  offer_ = offer;
  offered_at_ = clock::now();
  offer_known_ = true;
}

} // namespace sealonce::net
