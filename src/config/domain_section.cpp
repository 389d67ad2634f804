// NAME
//   domain_section - [[domain]] and [[domain.key]]: who signs with which key

#include "draft_detail.hpp"
#include <sealonce/config/names.hpp>
#include <sealonce/policy/wildcard.hpp>

#include <array>
#include <unordered_set>

namespace sealonce::config {

namespace {

constexpr std::array<row<key_draft>, 2> key_rows{{
    {"selector",
     [](const value& v, key_draft& d) {
       d.selector = v.parsed<std::string>(parse_selector).value_or("");
       d.selector_at = v.at();
     }},
    {"file",
     [](const value& v, key_draft& d) {
       d.file = v.text().value_or("");
       d.file_at = v.at();
       if (d.file.find('\0') != std::string::npos)
         v.error("a NUL octet stands in the path");
     }},
}};

void read_key(const toml::table& table, domain_draft& d, report& r) {
  key_draft key;
  read_section<key_draft>(table, "domain.key", key_rows, key, r);
  require(table, "domain.key", {"selector", "file"}, r);
  for (const key_draft& other : d.keys)
    if (!key.selector.empty() && other.selector == key.selector)
      r.error(key.selector_at, "domain.key.selector",
              in_quotes(key.selector) + " is the selector of another key of this domain");
  d.keys.push_back(std::move(key));
}

void read_aliases(const value& v, domain_draft& d) {
  for (const value& one : v.strings(true))
    if (auto name = one.parsed<std::string>(parse_domain))
      d.aliases.push_back({std::move(*name), one.at()});
}

void read_lists(const value& v, domain_draft& d) {
  for (const value& one : v.strings(true))
    if (const auto pattern = one.text())
      d.lists.push_back({policy::lower_case(*pattern), one.at()});
}

constexpr std::array<row<domain_draft>, 8> rows{{
    {"name",
     [](const value& v, domain_draft& d) {
       d.name = v.parsed<std::string>(parse_domain).value_or("");
       d.name_at = v.at();
     }},
    {"key",
     [](const value& v, domain_draft& d) {
       for (const toml::table* table : tables(v))
         read_key(*table, d, v.errors());
     }},
    {"aliases", read_aliases},
    {"subdomains",
     [](const value& v, domain_draft& d) { d.made.subdomains = v.flag().value_or(true); }},
    {"lists", read_lists},
    {"exclude_recipients",
     [](const value& v, domain_draft& d) { read_excluded_recipients(v, d.made.exclude); }},
    {"exclude_headers",
     [](const value& v, domain_draft& d) { read_excluded_headers(v, d.made.exclude); }},
    {"sign", [](const value& v, domain_draft& d) { d.made.sign = v.flag().value_or(true); }},
}};

void check_lengths(const domain_draft& d, report& r) {
  for (const key_draft& key : d.keys) {
    const auto name = key_record_name(key.selector, d.name);
    if (!name)
      r.error(key.selector_at, "domain.key.selector", name.error().what);
    for (const placed_text& alias : d.aliases)
      if (const auto other = key_record_name(key.selector, alias.text); !other)
        r.error(alias.at, "domain.aliases", other.error().what);
  }
}

} // namespace

std::vector<std::string_view> domain_names() {
  return taken_names<domain_draft>(rows);
}
std::vector<std::string_view> domain_key_names() {
  return taken_names<key_draft>(key_rows);
}

void read_domains(const value& v, draft& d) {
  std::unordered_set<std::string> names;
  for (const toml::table* table : tables(v)) {
    domain_draft one;
    read_section<domain_draft>(*table, "domain", rows, one, v.errors());
    require(*table, "domain", {"name"}, v.errors());
    if (!table->contains("key") && one.made.sign)
      v.errors().error(place_of(table->source()), "domain.key",
                       "missing: below [[domain]] at least one [[domain.key]] with selector and "
                       "file is needed, or sign = false");
    if (!one.name.empty() && !names.insert(one.name).second)
      v.errors().error(one.name_at, "domain.name", in_quotes(one.name) + " is there twice");
    for (const placed_text& alias : one.aliases)
      if (!names.insert(alias.text).second)
        v.errors().error(alias.at, "domain.aliases", in_quotes(alias.text) + " is there twice");
    check_lengths(one, v.errors());
    d.domains.push_back(std::move(one));
  }
}

} // namespace sealonce::config
