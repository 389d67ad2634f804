#pragma once

#include "next_hop.hpp"
#include <sealonce/config/settings.hpp>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace sealonce::net {

/// Idle connections to the next hops of one relay, and what is known of its addresses. One for each
/// worker and relay.
class next_hop_pool {
public:
  using clock = deadline::clock;

  /// The addresses in the order in which they are to be tried: those that failed a short while ago
  /// come last, so that a dead first one does not cost every message its time. Views `all`.
  [[nodiscard]] std::vector<const hop_address*> order(std::span<const hop_address> all,
                                                      clock::time_point now) const;
  /// The connection to this address that was used last; null = none. Those that were made under
  /// other settings are not given out any more.
  [[nodiscard]] std::unique_ptr<next_hop> take(const hop_address& address,
                                               const config::settings_ptr& settings);
  /// Keeps the connection where it is fit for another transaction; the one that has been idle
  /// longest is closed where there are too many.
  void give_back(std::unique_ptr<next_hop> hop, const config::relay_settings& relay);
  /// Closes what has been idle too long, was closed by the next hop, or was made under other
  /// settings than the current ones.
  void expire(clock::time_point now, const config::settings_ptr& current);
  void clear() { idle_.clear(); }

  /// About to connect to an address that failed before: for the others it stays the last resort
  /// meanwhile.
  void trying(const hop_address& address, clock::time_point now);
  /// True where an administrator has not been told lately.
  [[nodiscard]] bool note_failure(const hop_address& address, clock::time_point now);
  /// It has just failed because it did not take our login under these settings: not to be asked
  /// with the same password for each message, because accounts get locked.
  void note_refused_login(const hop_address& address, config::settings_ptr under, std::string why);
  /// Why, while the pause is not over and the settings are the same; null = it may be asked.
  [[nodiscard]] const std::string* refused_login(const hop_address& address,
                                                 const config::settings_ptr& under,
                                                 clock::time_point now) const;
  /// True where it had failed before.
  [[nodiscard]] bool note_success(const hop_address& address);

  /// True where the log has not lately been told that the next hop wants a login.
  [[nodiscard]] bool may_tell_of_login(clock::time_point now);

  /// What the next hop offered last, while that is fresh enough to be announced.
  [[nodiscard]] const smtp::extensions* recent_offer(clock::time_point now) const;
  void note_offer(const smtp::extensions& offer);

private:
  /// An address that failed.
  struct trouble {
    asio::generic::stream_protocol::endpoint endpoint;
    clock::time_point again_at; ///< when it has its place in the order back
    clock::time_point told_at;
    config::settings_ptr login_under; ///< null = it was something else than the login
    std::string login_refused;        ///< why
  };
  [[nodiscard]] const trouble* trouble_with(const hop_address& address) const;

  std::vector<std::unique_ptr<next_hop>> idle_; ///< the last used last
  std::vector<trouble> troubles_;
  std::optional<clock::time_point> login_told_at_;
  smtp::extensions offer_;
  clock::time_point offered_at_{};
  bool offer_known_ = false;
};

} // namespace sealonce::net
