#pragma once
// Names and patterns of a table, looked up in a time that does not depend on their number. Private
// to policy/.

#include "text_pool_detail.hpp"

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace sealonce::policy {

/// "user@host" or a name without "@", with the hashes of its parts.
struct split_name {
  std::string_view user; ///< before the last "@"
  std::string_view host; ///< behind it, or the whole name
  bool at = false;

  [[nodiscard]] static split_name of(std::string_view name);
  [[nodiscard]] std::uint64_t hash() const;
  [[nodiscard]] bool is(std::string_view name) const;
};

/// Names as they are ("file:", "csl:"). Rows are added in the order of the table; of two with the
/// same name the first counts.
class exact_index {
public:
  void reserve(std::size_t rows);
  /// The row itself, or the earlier one that has this name.
  row_index::row add(text_pool::offset name, const text_pool& pool);
  [[nodiscard]] row_index::row find(const split_name& name, const text_pool& pool) const;
  [[nodiscard]] row_index::row find(std::string_view name, const text_pool& pool) const {
    return find(split_name::of(name), pool);
  }
  [[nodiscard]] std::size_t octets() const;

private:
  std::vector<text_pool::offset> names_;
  row_index index_;
};

/// Patterns with "*" ("refile:"), found by what stands before their first and behind their last
/// "*".
class wildcard_index {
public:
  void reserve(std::size_t rows);
  void add(text_pool::offset pattern, const text_pool& pool);
  /// The first row that matches, or row_index::none.
  [[nodiscard]] row_index::row first(std::string_view text, const text_pool& pool) const;
  /// Every row that matches, in the order of the table.
  [[nodiscard]] std::vector<row_index::row> all(std::string_view text, const text_pool& pool) const;
  [[nodiscard]] std::size_t octets() const;

private:
  /// Where the end of a pattern can stand in an address.
  enum class anchor : std::uint8_t {
    whole,   ///< there is no "*": the address itself
    at,      ///< "@host": the last "@" alone
    dot,     ///< ".parent" without "@": the dots behind the last "@"
    anywhere ///< any other end, also none
  };
  /// Lengths of beginnings, or of beginnings and ends, that occur in the table.
  using shape = std::pair<std::uint16_t, std::uint16_t>;
  struct bucket_name {
    anchor where;
    std::string_view prefix;
    std::string_view suffix;
    [[nodiscard]] std::uint64_t hash() const;
  };

  [[nodiscard]] static bucket_name bucket_of(std::string_view pattern);
  template <class Visit>
  void visit_matches(std::string_view text, const text_pool& pool, Visit visit) const;
  template <class Visit>
  void visit_bucket(const bucket_name& name, std::string_view text, const text_pool& pool,
                    Visit visit) const;
  template <class Visit>
  void visit_shapes(anchor where, std::string_view suffix, std::string_view text,
                    const text_pool& pool, Visit visit) const;

  struct row_data {
    text_pool::offset pattern = 0;
    row_index::row next = row_index::none; ///< of the same bucket
  };
  std::vector<row_data> rows_;
  std::vector<row_index::row> last_; ///< of each bucket, by its first row; only while rows come in
  row_index index_;
  std::vector<shape> shapes_[4]; ///< by anchor, sorted; where the anchor says the end, it counts 0
};

} // namespace sealonce::policy
