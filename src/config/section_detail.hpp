#pragma once

#include "value_detail.hpp"

#include <span>
#include <string_view>
#include <vector>

namespace sealonce::config {

/// How far a key of the contract is built.
enum class support {
  ready,
  no_effect_yet, ///< read and checked, with a warning that nothing follows from it
  none,          ///< an error that says so
};

/// One key of a section: its name and what its value does to the section's draft.
template <class T> // one reader for sections of different types; each stays a table of rows
struct row {
  std::string_view name;
  void (*read)(const value& v, T& out) = nullptr;
  support how = support::ready;
};

/// The value of the known key `index` of `names`, or nothing with an error in the report.
[[nodiscard]] std::optional<std::size_t> find_key(const toml::key& key, std::string_view section,
                                                  const std::vector<std::string_view>& names,
                                                  report& r);

/// "section.key", or the key alone at top level.
[[nodiscard]] std::string key_path(std::string_view section, std::string_view key);

template <class T> // as row
[[nodiscard]] std::vector<std::string_view> names_of(std::span<const row<T>> rows) {
  std::vector<std::string_view> names;
  for (const row<T>& known : rows)
    names.push_back(known.name);
  return names;
}

/// The names that this version takes.
template <class T> // as row
[[nodiscard]] std::vector<std::string_view> taken_names(std::span<const row<T>> rows) {
  std::vector<std::string_view> names;
  for (const row<T>& known : rows)
    if (known.how != support::none)
      names.push_back(known.name);
  return names;
}

/// Reads every key of a table by its row; what has no row is an error.
template <class T> // as row
void read_section(const toml::table& table, std::string_view section, std::span<const row<T>> rows,
                  T& out, report& r) {
  const auto names = names_of(rows);
  for (auto&& [key, node] : table) {
    const auto index = find_key(key, section, names, r);
    if (!index)
      continue;
    const row<T>& known = rows[*index];
    const place at = place_of(key.source());
    const std::string path = key_path(section, known.name);
    if (known.how == support::none) {
      r.error(at, path, "not supported by this version");
      continue;
    }
    if (known.how == support::no_effect_yet)
      r.warning(at, path, "has no effect in this version");
    known.read(value(node, path, r), out);
  }
}

/// The table of "[section]", or null with an error.
[[nodiscard]] const toml::table* single_table(const value& v);
/// The tables of "[[section]]"; empty with an error where it is something else.
[[nodiscard]] std::vector<const toml::table*> tables(const value& v);
/// An error for each name that the table does not have.
void require(const toml::table& table, std::string_view section,
             std::initializer_list<std::string_view> names, report& r);

} // namespace sealonce::config
