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

/// The rows of a table, as far as an index looks at them: what is looked up by.
class row_names {
public:
  /// Valid as long as nothing is added to the table.
  [[nodiscard]] virtual std::string_view name_of(row_index::row r) const = 0;

protected:
  ~row_names() = default;
};

/// Names as they are ("file:", "csl:"). Rows are added in the order of the table; of two with the
/// same name the first counts.
class exact_index {
public:
  void reserve(std::size_t rows) { index_.reserve(rows); }
  /// `mine` itself, or the earlier row that has its name.
  row_index::row add(row_index::row mine, const row_names& rows);
  /// `hash` is name.hash().
  [[nodiscard]] row_index::row find(const split_name& name, std::uint64_t hash,
                                    const row_names& rows) const;
  [[nodiscard]] row_index::row find(std::string_view name, const row_names& rows) const {
    const auto split = split_name::of(name);
    return find(split, split.hash(), rows);
  }
  /// Several names that are looked up one after the other cost one cache miss instead of several.
  void prefetch(std::uint64_t hash) const { index_.prefetch(hash); }
  [[nodiscard]] std::size_t octets() const { return index_.octets(); }

private:
  row_index index_;
};

/// Patterns with "*" ("refile:"), found by what stands before their first and behind their last
/// "*".
class wildcard_index {
public:
  void reserve(std::size_t rows);
  /// `mine` is the number of rows so far.
  void add(row_index::row mine, const row_names& rows);
  /// All rows are there.
  void complete() { std::vector<row_index::row>().swap(last_); }
  /// The first row that matches, or row_index::none.
  [[nodiscard]] row_index::row first(std::string_view text, const row_names& rows) const;
  /// Every row that matches, in the order of the table.
  [[nodiscard]] std::vector<row_index::row> all(std::string_view text, const row_names& rows) const;
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
  void visit_matches(std::string_view text, const row_names& rows, Visit visit) const;
  template <class Visit>
  void visit_bucket(const bucket_name& name, std::string_view text, const row_names& rows,
                    Visit visit) const;
  template <class Visit>
  void visit_shapes(anchor where, std::string_view suffix, std::string_view text,
                    const row_names& rows, Visit visit) const;

  std::vector<row_index::row, large_pages<row_index::row>> next_; ///< of the same bucket
  std::vector<row_index::row> last_; ///< of each bucket, by its first row; until complete()
  row_index index_;
  std::vector<shape> shapes_[4]; ///< by anchor, sorted; where the anchor says the end, it counts 0
};

} // namespace sealonce::policy
