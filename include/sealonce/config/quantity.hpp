#pragma once

#include <sealonce/result.hpp>

#include <chrono>
#include <cstdint>
#include <string_view>

namespace sealonce::config {

/// "30s", "5m", "2h", "7d".
[[nodiscard]] result<std::chrono::seconds> parse_duration(std::string_view text);

/// "512KiB", "50MiB", "1GiB" (powers of 1024), "100KB", "100MB", "1GB" (powers of 1000), "100B".
[[nodiscard]] result<std::uint64_t> parse_size(std::string_view text);

} // namespace sealonce::config
