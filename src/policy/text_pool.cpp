// NAME
//   text_pool - the texts of a large table, and an index over them
//
// DIAGNOSTICS
//   std::length_error where a table does not fit into 4 GiB or a text into 64 KiB.

#include "text_pool_detail.hpp"

#include <cstring>
#include <limits>
#include <stdexcept>

namespace sealonce::policy {

namespace {

constexpr std::uint64_t odd = 0x9e3779b97f4a7c15; // 2^64 divided by the golden ratio
constexpr std::uint64_t other_odd = 0xd6e8feb86659fd93;

std::uint64_t mixed(std::uint64_t h) {
  h = (h ^ (h >> 32)) * other_odd;
  return h ^ (h >> 29);
}

} // namespace

text_pool::offset text_pool::add(std::string_view text) {
  if (text.size() > longest ||
      octets_.size() + text.size() + 2 > std::numeric_limits<offset>::max())
    throw std::length_error("a table of more than 4 GiB, or a text of more than 64 KiB in it");
  const auto where = static_cast<offset>(octets_.size());
  octets_.push_back(static_cast<char>(text.size() >> 8));
  octets_.push_back(static_cast<char>(text.size() & 0xff));
  octets_.insert(octets_.end(), text.begin(), text.end());
  return where;
}

std::uint64_t hash_of(std::string_view text) {
  std::uint64_t h = text.size() * odd;
  std::uint64_t word = 0;
  while (text.size() >= sizeof word) {
    std::memcpy(&word, text.data(), sizeof word);
    h = mixed((h ^ word) * odd);
    text.remove_prefix(sizeof word);
  }
  word = 0;
  if (!text.empty())
    std::memcpy(&word, text.data(), text.size());
  return mixed((h ^ word) * odd);
}

std::uint64_t hash_of_pair(std::uint64_t first, std::uint64_t second) {
  return mixed((first ^ (second >> 7) ^ (second << 57)) * odd + second);
}

void row_index::reserve(std::size_t rows) {
  constexpr std::size_t of_four = 3; // three slots in four are taken
  slots_.assign(rows * 4 / of_four + 2, slot());
}

} // namespace sealonce::policy
