// NAME
//   fuzz_tables - OpenDKIM's tables with anything in them
//
// DESCRIPTION
//   The first line is an address to look up, the second the key table, the third the signing table,
//   both as lists ("csl:"); then the whole input is read as the rows of a file. Rows lie inside the
//   text; a lookup names keys or says why not.

#include "fuzzing.hpp"
#include <sealonce/policy/signing_tables.hpp>
#include <sealonce/policy/table_source.hpp>

using namespace sealonce;
using fuzz::require;

namespace {

std::string_view next_line(std::string_view& rest) {
  const auto line = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  return line;
}

void check_rows(std::string_view text, policy::table_source::kind what) {
  policy::table_rows rows(text, what);
  policy::table_row row;
  std::size_t most = rows.at_most();
  while (rows.next(row)) {
    require(most-- > 0 && !row.key.empty());
    require(row.key.data() >= text.data() &&
            row.key.data() + row.key.size() <= text.data() + text.size());
  }
}

/// No file is opened: what stands for a path in a key table is cut off.
std::string without_paths(std::string_view text) {
  std::string out(text);
  std::replace(out.begin(), out.end(), '/', '|');
  return out;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in(data, size);
  const std::string_view text = in.all();
  check_rows(text, policy::table_source::kind::file);
  check_rows(text, policy::table_source::kind::list);
  std::string_view rest = text;
  const std::string_view address = next_line(rest);
  policy::signing_tables::sources from;
  from.keys = {policy::table_source::kind::list, without_paths(next_line(rest))};
  from.signing = {policy::table_source::kind::list, std::string(next_line(rest))};
  from.beside = "/nonexistent";
  const auto loaded = policy::signing_tables::load(from);
  if (!loaded)
    return 0;
  const auto at = address.find('@');
  policy::selection out;
  const bool matched = loaded.value().tables->select(
      address.substr(0, at), at == address.npos ? "" : address.substr(at + 1), true, out, nullptr);
  require(matched || (out.keys.empty() && !out.key_trouble));
  (void)loaded.value().tables->held("example.com", "mail");
  (void)loaded.value().tables->unusable();
  return 0;
}
