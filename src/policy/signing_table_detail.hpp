#pragma once
// OpenDKIM's SigningTable. Private to policy/.

#include "key_table_detail.hpp"
#include <sealonce/policy/key_selection.hpp>

namespace sealonce::policy {

/// Rows "PATTERN KEYNAME[:SIGNER]". KEYNAME "%" names the key that is called as the author's
/// domain; "%" in SIGNER is that domain.
class signing_table final : private row_names {
public:
  using row = row_index::row;

  /// `keys` is complete.
  void load(const table_text& table, table_source::kind what, const key_table& keys,
            complaints& wrong);

  /// Adds the first row that is for this address, or all of them, in the order that
  /// opendkim.conf(5) tells. `user` and `domain` in lower case; `out` is empty.
  void find(std::string_view user, std::string_view domain, bool all, selection_trace* trace,
            std::vector<row>& out) const;

  /// The row of the key table that a row names; fails with the row's place in the sentence.
  [[nodiscard]] result<key_table::row> key_row(row r, std::string_view author_domain,
                                               const key_table& keys) const;
  /// The signer with the author's domain in it; empty where the row has none.
  [[nodiscard]] std::string signer(row r, std::string_view author_domain) const;

  /// "PATH:LINE: sentence" of every row that names no key.
  [[nodiscard]] std::vector<std::string> unusable() const;
  [[nodiscard]] std::string where(row r) const;
  [[nodiscard]] std::size_t size() const { return rows_.size(); }
  [[nodiscard]] std::size_t octets() const;

private:
  struct row_data {
    text_pool::offset pattern = 0;
    text_pool::offset signer = no_signer;
    key_table::row key = row_index::none; ///< none = see trouble_
    std::uint32_t line = 0;
  };
  /// The kinds of names that are looked up, in their order. What no row is of is not looked for.
  enum form : unsigned {
    whole_address = 1,
    own_host = 2,
    user_at_parent = 4,
    parent = 8,
    user_anywhere = 16,
    anybody = 32
  };
  static constexpr unsigned every_form = 63;
  static constexpr text_pool::offset no_signer = 0xffffffff;
  static constexpr key_table::row named_by_author = 0xfffffffe;

  class name_sequence;
  void tell(selection_trace* trace, const split_name& name, row found) const;
  void find_pattern(std::string_view user, std::string_view domain, bool all,
                    selection_trace* trace, std::vector<row>& out) const;
  [[nodiscard]] std::string_view name_of(row r) const override {
    return pool_.at(rows_[r].pattern);
  }
  void add_pattern(const table_row& from, complaints& wrong);
  [[nodiscard]] row_data parse(const table_row& from, const key_table& keys, complaints& wrong);
  [[nodiscard]] static form form_of(std::string_view pattern);

  std::string name_;
  table_source::kind what_ = table_source::kind::file;
  text_pool pool_;
  std::vector<row_data, large_pages<row_data>> rows_;
  exact_index names_;
  wildcard_index patterns_;
  unsigned forms_ = 0;
  std::unordered_map<row, std::string> trouble_; ///< of rows that name no key
};

} // namespace sealonce::policy
