// NAME
//   tables - OpenDKIM's KeyTable and SigningTable
//
// DIAGNOSTICS
//   A table that cannot be read is an error at its key. A row or key that cannot be used is a
//   warning that names the table and line: the rest of the mail does not depend on it.

#include "draft_detail.hpp"
#include <sealonce/policy/signing_tables.hpp>

namespace sealonce::config {

void load_tables(draft& d, const std::filesystem::path& beside, const settings* before, report& r) {
  if (!d.tables.keys || !d.tables.signing)
    return;
  policy::signing_tables::sources from;
  from.keys = *d.tables.keys;
  from.signing = *d.tables.signing;
  from.beside = beside;
  from.later = later_account(d.made.server);
  from.before = before != nullptr ? before->signing.tables.get() : nullptr;
  auto loaded = policy::signing_tables::load(from);
  if (!loaded) {
    const std::string& why = loaded.error().what;
    const bool keys = why.starts_with((beside / from.keys.text).lexically_normal().string() + ":");
    return r.error(keys ? d.tables.keys_at : d.tables.signing_at,
                   keys ? "signing.key_table" : "signing.signing_table", why);
  }
  for (const std::string& complaint : loaded.value().complaints)
    r.warning(complaint);
  d.made.signing.tables = std::move(loaded.value().tables);
}

} // namespace sealonce::config
