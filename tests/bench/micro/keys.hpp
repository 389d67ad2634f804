#pragma once

#include <sealonce/config/settings.hpp>

#include <string_view>

namespace bench {

/// A new key; ends the process where there is none.
[[nodiscard]] std::shared_ptr<const sealonce::crypto::private_key>
new_key(sealonce::crypto::key_type type);

/// 1,000 domains, customer-N.example, with one Ed25519 key, and bench.example with an RSA-2048 key.
[[nodiscard]] const sealonce::config::settings& settings();

/// With an Ed25519 key for bench.example instead: what a message costs without RSA.
[[nodiscard]] const sealonce::config::settings& settings_without_rsa();

} // namespace bench
