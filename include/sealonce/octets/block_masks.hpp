#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace sealonce::octets {

/// What is looked at in one step: a bit of a mask for each octet.
inline constexpr std::size_t block_size = 64;

/// Where three octets stand in a block: bit i of a mask is octet i.
struct block_masks {
  std::uint64_t first = 0;
  std::uint64_t second = 0;
  std::uint64_t third = 0;
};

/// The octets that are looked for, in the order of the masks.
using wanted_octets = std::array<char, 3>;

/// Fills `blocks` with the masks of as many blocks as it has, the first of which is at `octets`.
/// Nothing behind the last block is read. Takes the widest instructions that the processor has.
void find_octets(const char* octets, const wanted_octets& wanted, std::span<block_masks> blocks);

/// One way to do it. For tests: all of them must find the same.
struct octet_finder {
  const char* name;
  bool usable; ///< on this processor
  void (*find)(const char* octets, const wanted_octets& wanted, std::span<block_masks> blocks);
};
[[nodiscard]] std::span<const octet_finder> octet_finders();

} // namespace sealonce::octets
