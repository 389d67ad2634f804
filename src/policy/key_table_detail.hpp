#pragma once
// OpenDKIM's KeyTable. Private to policy/.

#include "complaints_detail.hpp"
#include "name_index_detail.hpp"
#include <sealonce/crypto/stored_key.hpp>
#include <sealonce/dkim/signer.hpp>
#include <sealonce/policy/table_source.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sealonce::policy {

/// Rows "NAME DOMAIN:SELECTOR:KEY[:ALGORITHM]". KEY is a path where it begins with "/", "./" or
/// "../", else a key itself (crypto::stored_key::from_line). DOMAIN "%" is the author's domain;
/// then
/// "%" in an absolute path is it, too.
class key_table final : private row_names {
public:
  using row = row_index::row;

  /// Where key files are looked for, and who is going to use them.
  struct reading {
    std::filesystem::path beside;
    std::optional<crypto::key_account> later;
    const key_table* before = nullptr; ///< whose keys stay where a file cannot be read any more
  };
  void load(const table_text& table, table_source::kind what, const reading& how,
            complaints& wrong);

  /// Names differ where only the case of a letter does. None where there is no such row.
  [[nodiscard]] row find(std::string_view name) const;
  /// The key of a row for mail of an author; fails with the row's place in the sentence.
  [[nodiscard]] result<std::shared_ptr<const dkim::signing_key>>
  key(row r, std::string_view author_domain) const;
  /// The row with this d= and s=, in lower case; rows of "%" apart.
  [[nodiscard]] row held(std::string_view domain, std::string_view selector) const;

  [[nodiscard]] std::string where(row r) const;
  [[nodiscard]] std::size_t size() const { return rows_.size(); }
  [[nodiscard]] std::size_t octets() const;
  /// "PATH:LINE: sentence" of every row whose key cannot be used; parses them all.
  [[nodiscard]] std::vector<std::string> unusable() const;

private:
  enum class algorithm : std::uint8_t { any, rsa, ed25519 };
  struct row_data {
    text_pool::offset name = 0;
    text_pool::offset domain = 0; ///< empty = the author's
    text_pool::offset selector = 0;
    std::uint32_t key = no_key; ///< none = see trouble_
    std::uint32_t line = 0;
    algorithm must_be = algorithm::any;
    bool by_author = false; ///< `key` is one of by_author_
  };
  /// A key, or why there is none; both where it could not be read anew.
  struct key_slot {
    std::shared_ptr<const crypto::stored_key> key;
    std::string why;
  };
  /// Keys by the author's domain: what stood on the disk for a path with "%".
  struct author_keys {
    std::string path;
    std::unordered_map<std::string, std::uint32_t> by_domain;
  };
  struct loader;
  static constexpr std::uint32_t no_key = 0xffffffff;

  [[nodiscard]] std::string_view name_of(row r) const override { return pool_.at(rows_[r].name); }
  [[nodiscard]] result<std::uint32_t> key_of(const row_data& r, std::string_view author) const;
  [[nodiscard]] result<std::shared_ptr<const crypto::private_key>>
  usable(const row_data& r, std::string_view author) const;

  std::string name_;
  table_source::kind what_ = table_source::kind::file;
  text_pool pool_;
  std::vector<row_data, large_pages<row_data>> rows_;
  exact_index names_;
  wildcard_index patterns_;
  row_index held_;
  std::vector<key_slot> keys_;
  std::vector<author_keys> by_author_;
  std::unordered_map<row, std::string> trouble_; ///< of rows without a key
};

} // namespace sealonce::policy
