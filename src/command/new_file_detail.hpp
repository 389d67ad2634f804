#pragma once

#include <sealonce/result.hpp>

#include <filesystem>
#include <optional>
#include <string_view>
#include <sys/types.h>

namespace sealonce::command {

struct file_owner {
  uid_t user = 0;
  gid_t group = 0;
};

/// Writes a file that is there in full or not at all: a temporary file beside it, synced, then
/// moved into its place. Without `replace` a file that is there already is a failure. The mode does
/// not depend on the umask. `owner` is whom the file is given to; absent = whoever makes it.
[[nodiscard]] result<void> write_new_file(const std::filesystem::path& file, std::string_view text,
                                          mode_t mode, bool replace,
                                          const std::optional<file_owner>& owner = std::nullopt);

} // namespace sealonce::command
