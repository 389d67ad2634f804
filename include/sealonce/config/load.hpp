#pragma once

#include <sealonce/config/settings.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sealonce::config {

inline constexpr std::string_view default_file = "/etc/sealonce/sealonce.toml";

/// What is wrong with a configuration, all of it at once: each entry is
/// "FILE:LINE:COLUMN: KEY: what is wrong, and the remedy".
struct errors {
  std::vector<std::string> lines;
};

/// Reads the file and the keys that it names. Keys that cannot be used are not errors: they stand
/// in domain_settings::unusable, so that the other domains go on.
///
/// `before` are the settings in force, for a reload: where a key of a domain cannot be used now,
/// and the domain had good ones, it keeps those; so does a key file of the tables that cannot be
/// read. settings::kept says so. (A process that has given up root often cannot read what it read
/// first.)
[[nodiscard]] std::variant<settings_ptr, errors> load(const std::filesystem::path& file,
                                                      const settings* before = nullptr);

/// The same for a text; relative key files are beside `file`.
[[nodiscard]] std::variant<settings_ptr, errors>
parse(std::string_view text, const std::filesystem::path& file, const settings* before = nullptr);

/// Every key that a configuration may hold, as "section.key": "relay.listen", "domain.key.file".
[[nodiscard]] std::vector<std::string> known_keys();

} // namespace sealonce::config
