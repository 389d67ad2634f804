#pragma once

#include <sealonce/result.hpp>

#include <filesystem>
#include <string_view>
#include <sys/types.h>

namespace sealonce::command {

/// Writes a file that is there in full or not at all: a temporary file beside it, synced, then
/// moved into its place. Without `replace` a file that is there already is a failure. The mode does
/// not depend on the umask.
[[nodiscard]] result<void> write_new_file(const std::filesystem::path& file, std::string_view text,
                                          mode_t mode, bool replace);

} // namespace sealonce::command
