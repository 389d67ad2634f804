#pragma once
// Texts of a table side by side, and where to find them again. Private to policy/.

#include "large_pages_detail.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace sealonce::policy {

/// Texts that stay, each of at most `longest` octets: 2 octets more than the text, where a
/// std::string takes 32.
class text_pool {
public:
  using offset = std::uint32_t;
  static constexpr std::size_t longest = 0xffff;

  /// Throws std::length_error where 4 GiB are not enough.
  [[nodiscard]] offset add(std::string_view text);
  /// Valid until the next add().
  [[nodiscard]] std::string_view at(offset where) const {
    const auto high = static_cast<unsigned char>(octets_[where]);
    const auto low = static_cast<unsigned char>(octets_[where + 1]);
    return {octets_.data() + where + 2, high * 256u + low};
  }
  void shrink() { octets_.shrink_to_fit(); }
  [[nodiscard]] std::size_t octets() const { return octets_.capacity(); }

private:
  std::vector<char, large_pages<char>> octets_;
};

/// Not for hostile texts: whoever writes the tables could make them slow.
[[nodiscard]] std::uint64_t hash_of(std::string_view text);
/// The hash of a pair of texts. It is not that of the texts joined.
[[nodiscard]] std::uint64_t hash_of_pair(std::uint64_t first, std::uint64_t second);

/// Rows by the hash of what they are looked up by: open addressing, 11 octets for a row. Built in
/// one go, then never changed.
class row_index {
public:
  using row = std::uint32_t;
  static constexpr row none = 0xffffffff;

  /// Makes room for so many rows.
  void reserve(std::size_t rows);

  /// The row that `same(row)` accepts among those with this hash; else `mine` is put in and
  /// returned.
  template <class Same> // a lambda that compares; a std::function would cost more than the lookup
  row insert(std::uint64_t hash, row mine, Same same) {
    std::size_t at = place(hash);
    for (; slots_[at].what != none; at = next(at))
      if (slots_[at].tag == tag(hash) && same(slots_[at].what))
        return slots_[at].what;
    slots_[at] = {tag(hash), mine};
    return mine;
  }

  template <class Same> // as insert
  [[nodiscard]] row find(std::uint64_t hash, Same same) const {
    if (slots_.empty())
      return none;
    for (std::size_t at = place(hash); slots_[at].what != none; at = next(at))
      if (slots_[at].tag == tag(hash) && same(slots_[at].what))
        return slots_[at].what;
    return none;
  }

  /// Fetches the place of a hash that is going to be looked for.
  void prefetch(std::uint64_t hash) const {
    if (!slots_.empty())
      __builtin_prefetch(&slots_[place(hash)]);
  }

  [[nodiscard]] std::size_t octets() const { return slots_.capacity() * sizeof(slot); }

private:
  struct slot {
    std::uint32_t tag = 0;
    row what = none;
  };
  static std::uint32_t tag(std::uint64_t hash) { return static_cast<std::uint32_t>(hash); }
  [[nodiscard]] std::size_t place(std::uint64_t hash) const {
    return static_cast<std::size_t>(((hash >> 32) * slots_.size()) >> 32);
  }
  [[nodiscard]] std::size_t next(std::size_t at) const {
    return at + 1 == slots_.size() ? 0 : at + 1;
  }

  std::vector<slot, large_pages<slot>> slots_;
};

} // namespace sealonce::policy
