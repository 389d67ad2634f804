#pragma once

#include <sealonce/crypto/secret_text.hpp>
#include <sealonce/result.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace sealonce::policy {

/// Where a table of OpenDKIM stands ("data set", opendkim(8)).
struct table_source {
  enum class kind {
    file,   ///< "file:/path", or a path alone: names that are looked up as they are
    refile, ///< "refile:/path": patterns, in which "*" stands for anything
    list,   ///< "csl:NAME=VALUE,NAME=VALUE": as a file, in the configuration itself
  };
  kind what = kind::file;
  std::string text; ///< the path, or the list
};

/// Fails on kinds that are not supported (db, dsn, ldap, lua, …) with what can be done instead.
[[nodiscard]] result<table_source> parse_table_source(std::string_view written);

/// A table as it was read. It may hold private keys.
struct table_text {
  crypto::secret_text text;
  std::string name;            ///< the path; "csl" for a list
  bool open_to_others = false; ///< the file can be read or written by others
};

/// Reads the file, or takes the list. Relative paths are looked for beside `beside`.
[[nodiscard]] result<table_text> read_table(const table_source& source,
                                            const std::filesystem::path& beside);

/// One row of a table. Views into its text.
struct table_row {
  std::uint32_t line = 0; ///< from 1; of a list: the number of the entry
  std::string_view key;   ///< up to the first white space; never empty
  std::string_view value; ///< the rest, without white space at its ends; may be empty
};

/// Goes through the rows. "#" and what follows it on the line is comment, as OpenDKIM has it;
/// lines without a key are left out.
class table_rows {
public:
  table_rows(std::string_view text, table_source::kind what) : rest_(text), what_(what) {}
  /// False at the end.
  [[nodiscard]] bool next(table_row& row);
  /// There are not more rows than this to come.
  [[nodiscard]] std::size_t at_most() const;

private:
  [[nodiscard]] std::string_view cut(char end);

  std::string_view rest_;
  table_source::kind what_;
  std::uint32_t line_ = 0;
};

/// The part of `value` before the first colon, which is taken from it together with the colon.
/// White space around it is no part of it.
[[nodiscard]] std::string_view take_part(std::string_view& value);

} // namespace sealonce::policy
