// NAME
//   signing_section - [signing] and [once]: what a signature covers, and when there is one

#include "draft_detail.hpp"
#include <sealonce/config/names.hpp>
#include <sealonce/config/quantity.hpp>

#include <array>

namespace sealonce::config {

namespace {

using list = std::optional<std::vector<std::string>>;

/// The lists are read first and become a header_list together.
struct signing_draft {
  signing_settings made;
  list headers;
  list oversign;
  place headers_at;
  place oversign_at;
  tables_draft tables;
  place default_domain_at;
};

void read_list(const value& v, list& out, place& at) {
  out.emplace();
  at = v.at();
  for (const value& one : v.strings(true))
    if (auto name = one.text())
      out->push_back(std::move(*name));
}

void read_lifetime(const value& v, signing_draft& d) {
  d.made.lifetime = v.parsed<std::chrono::seconds>(parse_duration);
  if (d.made.lifetime && d.made.lifetime->count() == 0)
    v.error("a signature must live longer than no time at all; leave the key out for no x=");
}

void read_table(const value& v, std::optional<policy::table_source>& out, place& at) {
  at = v.at();
  out = v.parsed<policy::table_source>(policy::parse_table_source);
}

void read_author_headers(const value& v, signing_draft& d) {
  d.made.author_headers.clear();
  for (const value& one : v.strings()) {
    const auto name = one.text();
    if (name && !is_field_name(*name))
      one.error(in_quotes(*name) + ": the name of a header field is expected, without a colon");
    else if (name)
      d.made.author_headers.push_back(*name);
  }
}

constexpr std::array<row<signing_draft>, 12> signing_rows{{
    {"canonicalization",
     [](const value& v, signing_draft& d) {
       if (const auto c = v.parsed<dkim::canonicalizations>(dkim::parse_canonicalizations))
         d.made.canonical = *c;
     }},
    {"headers", [](const value& v, signing_draft& d) { read_list(v, d.headers, d.headers_at); }},
    {"oversign", [](const value& v, signing_draft& d) { read_list(v, d.oversign, d.oversign_at); }},
    {"lifetime", read_lifetime},
    {"on_error",
     [](const value& v, signing_draft& d) {
       v.choice(d.made.on_error,
                {{"tempfail", error_action::tempfail}, {"unsigned", error_action::unsigned_}});
     }},
    {"key_table",
     [](const value& v, signing_draft& d) { read_table(v, d.tables.keys, d.tables.keys_at); }},
    {"signing_table",
     [](const value& v, signing_draft& d) {
       read_table(v, d.tables.signing, d.tables.signing_at);
     }},
    {"multiple_signatures",
     [](const value& v, signing_draft& d) {
       d.made.multiple_signatures = v.flag().value_or(false);
     }},
    {"author_headers", read_author_headers},
    {"default_domain",
     [](const value& v, signing_draft& d) {
       d.made.default_domain = v.parsed<std::string>(parse_domain).value_or("");
       d.default_domain_at = v.at();
     }},
    {"exclude_recipients",
     [](const value& v, signing_draft& d) { read_excluded_recipients(v, d.made.exclude); }},
    {"exclude_headers",
     [](const value& v, signing_draft& d) { read_excluded_headers(v, d.made.exclude); }},
}};

/// Fails with the place of the list that is to blame.
void make_header_list(signing_draft& d, report& r) {
  const std::vector<std::string> unchanged{"*"};
  const auto headers = d.headers.value_or(unchanged);
  const auto alone = dkim::header_list::from_settings(headers, unchanged);
  if (!alone)
    return r.error(d.headers_at, "signing.headers", alone.error().what);
  auto both = dkim::header_list::from_settings(headers, d.oversign.value_or(unchanged));
  if (!both)
    return r.error(d.oversign_at, "signing.oversign", both.error().what);
  d.made.headers = std::move(both).value();
}

constexpr std::array<row<once_settings>, 3> once_rows{{
    {"broken",
     [](const value& v, once_settings& s) {
       v.choice(s.broken, {{"replace", broken_signature::replace},
                           {"keep", broken_signature::keep},
                           {"add", broken_signature::add}});
     }},
    {"foreign",
     [](const value& v, once_settings& s) {
       v.choice(s.foreign,
                {{"keep", foreign_signature::keep}, {"remove", foreign_signature::remove}});
     }},
    {"max_signatures",
     [](const value& v, once_settings& s) {
       constexpr unsigned most = 1000;
       if (const auto n = v.number(1, most))
         s.max_signatures = static_cast<unsigned>(*n);
     }},
}};

} // namespace

std::vector<std::string_view> signing_names() {
  return taken_names<signing_draft>(signing_rows);
}
std::vector<std::string_view> once_names() {
  return taken_names<once_settings>(once_rows);
}

void read_signing(const value& v, draft& d) {
  const toml::table* table = single_table(v);
  if (table == nullptr)
    return;
  signing_draft one;
  read_section<signing_draft>(*table, "signing", signing_rows, one, v.errors());
  make_header_list(one, v.errors());
  const tables_draft& t = one.tables;
  if (table->contains("key_table") != table->contains("signing_table"))
    v.errors().error(table->contains("key_table") ? t.keys_at : t.signing_at,
                     table->contains("key_table") ? "signing.key_table" : "signing.signing_table",
                     "key_table and signing_table are needed together");
  d.tables = t;
  d.default_domain_at = one.default_domain_at;
  d.made.signing = std::move(one.made);
}

void read_once(const value& v, draft& d) {
  if (const toml::table* table = single_table(v))
    read_section<once_settings>(*table, "once", once_rows, d.made.once, v.errors());
}

} // namespace sealonce::config
