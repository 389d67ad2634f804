#pragma once
// Copies a block of 64 octets without some of them. Private to dkim/.
// SSE2 is part of every amd64; other machines get the same from a plain loop.

#include <sealonce/octets/block_masks.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace sealonce::dkim {

using octets::block_size;

#if defined(__SSE2__)

inline __m128i sixteen(const char* at) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}

/// Copies a block, each TAB as SP.
inline void copy_without_tabs(const char* block, char* to) {
  const __m128i tab = _mm_set1_epi8('\t');
  const __m128i difference = _mm_set1_epi8('\t' ^ ' ');
  for (std::size_t i = 0; i < block_size; i += sizeof(__m128i)) {
    const __m128i v = sixteen(block + i);
    const __m128i change = _mm_and_si128(_mm_cmpeq_epi8(v, tab), difference);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + i), _mm_xor_si128(v, change));
  }
}

#else

inline void copy_without_tabs(const char* block, char* to) {
  for (std::size_t i = 0; i < block_size; ++i) {
    to[i] = block[i] == '\t' ? ' ' : block[i];
  }
}

#endif

/// Copies the octets of a block whose bit in `goes` is not set; returns the end of the copy. Up to
/// two blocks are read at `block` and may be written at `to`, whatever stays.
inline char* copy_rest(const char* block, std::uint64_t goes, char* to) {
  std::size_t at = 0;
  while (goes != 0) {
    const std::uint64_t first = goes & (~goes + 1);
    const auto run = static_cast<std::size_t>(std::countr_zero(goes));
    std::memcpy(to, block + at, block_size); // a fixed size is faster than the right one
    to += run - at;
    at = static_cast<std::size_t>(std::countr_zero(goes + first)); // 64 where it ends the block
    goes &= goes + first;
  }
  std::memcpy(to, block + at, block_size);
  return to + (block_size - at);
}

} // namespace sealonce::dkim
