// NAME
//   section - known keys, unknown keys and missing keys of a table
//
// DIAGNOSTICS
//   An unknown key gets the name that was probably meant: a near one of the same section, or the
//   section where a key of exactly that name lives.

#include "section_detail.hpp"
#include <sealonce/config/load.hpp>

#include <algorithm>

namespace sealonce::config {

namespace {

/// Sections where a key of this name is known.
std::string homes_of(std::string_view name) {
  std::string homes;
  for (const std::string& known : known_keys()) {
    const std::size_t dot = known.rfind('.');
    if (known.substr(dot + 1) == name)
      homes += (homes.empty() ? "[" : ", [") + known.substr(0, dot) + "]";
  }
  return homes;
}

} // namespace

std::string key_path(std::string_view section, std::string_view key) {
  return section.empty() ? std::string(key) : std::string(section) + "." + std::string(key);
}

std::optional<std::size_t> find_key(const toml::key& key, std::string_view section,
                                    const std::vector<std::string_view>& names, report& r) {
  const std::string_view name = key.str();
  const auto at = std::find(names.begin(), names.end(), name);
  if (at != names.end())
    return static_cast<std::size_t>(at - names.begin());
  constexpr std::size_t longest_shown = 64;
  const bool simple = name.size() <= longest_shown && in_quotes(name).size() == name.size() + 2;
  std::string sentence = section.empty() ? "unknown section or key" : "unknown key";
  if (const std::string homes = simple ? homes_of(name) : ""; !homes.empty())
    sentence += "; a key of this name belongs in " + homes;
  else if (const auto near = nearest(name, names); !near.empty())
    sentence += "; the nearest known name is " + in_quotes(near);
  r.error(place_of(key.source()),
          key_path(section, simple ? std::string(name) : in_quotes(name.substr(0, longest_shown))),
          sentence);
  return std::nullopt;
}

const toml::table* single_table(const value& v) {
  const auto* table = v.node().as_table();
  if (table == nullptr)
    v.error("a table is expected: write [" + v.key() + "] and its keys below, not " +
            std::string(type_name(v.node())));
  return table;
}

std::vector<const toml::table*> tables(const value& v) {
  std::vector<const toml::table*> out;
  const auto* list = v.node().as_array();
  if (list == nullptr) {
    v.error("it may stand several times: write [[" + v.key() + "]] with two brackets");
    return out;
  }
  for (const toml::node& element : *list) {
    if (const auto* table = element.as_table())
      out.push_back(table);
    else
      v.errors().error(place_of(element.source()), v.key(),
                       "a table is expected, not " + std::string(type_name(element)));
  }
  return out;
}

void require(const toml::table& table, std::string_view section,
             std::initializer_list<std::string_view> names, report& r) {
  for (const std::string_view name : names)
    if (!table.contains(name))
      r.error(place_of(table.source()), key_path(section, name), "missing");
}

} // namespace sealonce::config
