#pragma once

#include <sealonce/config/settings.hpp>
#include <sealonce/result.hpp>

#include <string>

namespace sealonce::net {

/// Becomes the user of the settings where the process runs as root: groups, gid, uid, for good. The
/// value is a warning for the log, empty where there is none. Never goes on as root.
[[nodiscard]] result<std::string> drop_privileges(const config::server_settings& s);

/// No core files, which would hold keys; nor can another process of the account look into this one.
/// To be called again once privileges are dropped, which may undo it.
void forbid_core_dumps();

/// No core files, and as many descriptors as the system lets us have.
void set_process_limits();

/// Tells the service manager; nothing happens where there is none (sd_notify(3)).
void notify_service_manager(const std::string& state);

} // namespace sealonce::net
