#pragma once

#include "worker.hpp"
#include <sealonce/result.hpp>

namespace sealonce::net {

/// Turns settings into a snapshot: every next hop as addresses. A name is looked up here, at start
/// and at reload, because a resolver cannot be interrupted inside a message; all its addresses are
/// taken, in the resolver's order.
[[nodiscard]] result<snapshot_ptr> resolve(config::settings_ptr settings);

} // namespace sealonce::net
