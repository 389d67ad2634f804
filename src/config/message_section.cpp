// NAME
//   message_section - [message]: how large, and what becomes of odd octets

#include "draft_detail.hpp"
#include <sealonce/config/quantity.hpp>
#include <sealonce/limits.hpp>

#include <array>
#include <filesystem>

namespace sealonce::config {

namespace {

void read_max_size(const value& v, message_settings& s) {
  const auto size = v.parsed<std::uint64_t>(parse_size);
  if (size && *size < limits::message_size_least)
    v.error("at least 1KiB is expected");
  else if (size)
    s.max_size = *size;
}

void read_spill_directory(const value& v, message_settings& s) {
  const auto path = v.text();
  if (!path)
    return;
  if (path->empty() || path->front() != '/' || path->find('\0') != std::string::npos)
    return v.error("an absolute path of a directory is expected");
  std::error_code unknown;
  if (!std::filesystem::is_directory(*path, unknown))
    return v.error(in_quotes(*path) +
                   " is no directory: make it, for the account of [server] user");
  s.spill_directory = *path;
}

constexpr std::array<row<message_settings>, 6> rows{{
    {"max_size", read_max_size},
    {"memory_limit",
     [](const value& v, message_settings& s) {
       s.memory_limit = v.parsed<std::uint64_t>(parse_size).value_or(s.memory_limit);
       s.memory_ample = 0;
     }},
    {"memory_budget",
     [](const value& v, message_settings& s) {
       s.memory_budget = v.parsed<std::uint64_t>(parse_size).value_or(s.memory_budget);
     }},
    {"spill_directory", read_spill_directory},
    {"stray_cr_lf",
     [](const value& v, message_settings& s) {
       v.choice(s.stray, {{"replace", stray_cr_lf::replace}, {"reject", stray_cr_lf::reject}});
     }},
    {"long_lines",
     [](const value& v, message_settings& s) {
       v.choice(s.lines, {{"unsigned", long_lines::unsigned_},
                          {"refuse", long_lines::refuse},
                          {"sign", long_lines::sign}});
     }},
}};

} // namespace

std::vector<std::string_view> message_names() {
  return taken_names<message_settings>(rows);
}

void read_message(const value& v, draft& d) {
  if (const toml::table* table = single_table(v))
    read_section<message_settings>(*table, "message", rows, d.made.message, v.errors());
}

} // namespace sealonce::config
