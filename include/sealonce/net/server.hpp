#pragma once

#include <sealonce/config/load.hpp>

#include <functional>
#include <variant>

namespace sealonce::net {

/// Reads the configuration anew, for SIGHUP; the argument is what is in force.
using reload_function =
    std::function<std::variant<config::settings_ptr, config::errors>(const config::settings&)>;

/// Runs the relays of the settings until SIGTERM or SIGINT: binds, becomes the configured user,
/// says that it is ready (one line on standard error, sd_notify(3)), serves. True after an orderly
/// end; false, with a sentence on standard error, when a socket, an address or the account to run
/// as cannot be had.
[[nodiscard]] bool run_server(config::settings_ptr settings, const reload_function& reload);

} // namespace sealonce::net
