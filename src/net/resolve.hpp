#pragma once

#include "worker.hpp"
#include <sealonce/result.hpp>

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace sealonce::net {

/// Turns settings into a snapshot: every next hop as addresses. A name is looked up here, at start
/// and at reload, because a resolver cannot be interrupted inside a message; all its addresses are
/// taken, IPv6 and IPv4, in the resolver's order.
[[nodiscard]] result<snapshot_ptr> resolve(config::settings_ptr settings);

/// Some next hop is given by name.
[[nodiscard]] bool has_names(const config::settings& settings);

/// Names that could not be looked up the last time.
using name_complaints = std::set<std::string>;

struct renewed_addresses {
  snapshot_ptr made; ///< null = all names have the addresses that they had
  std::vector<std::pair<config::log_level, std::string>> lines; ///< for the log
};

/// Looks all names up again. One that cannot be looked up keeps its addresses; the order in which
/// the resolver gives the same addresses does not count, because many servers turn it.
[[nodiscard]] renewed_addresses resolve_again(const snapshot& before, name_complaints& complained);

} // namespace sealonce::net
