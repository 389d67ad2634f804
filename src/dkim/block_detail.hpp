#pragma once
// 64 octets at a time: where blanks stand, as bit masks. Bit i is octet i. Private to dkim/.
// SSE2 is part of every amd64; other machines get the same masks from a plain loop.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace sealonce::dkim {

inline constexpr std::size_t block_size = 64;

/// What decides whether a block of text with blanks is canonical as it is.
struct block_look {
  std::uint64_t low = 0; ///< octets up to SP: blanks, CR, LF and other controls
  bool tab = false;      ///< there is a TAB
};

#if defined(__SSE2__)

inline __m128i sixteen(const char* at) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}

inline std::uint64_t mask_of(__m128i hits, std::size_t at) {
  return std::uint64_t{static_cast<std::uint32_t>(_mm_movemask_epi8(hits))} << at;
}

/// The octets of a block that are `a` or `b`.
inline std::uint64_t where_either(const char* block, char a, char b) {
  const __m128i va = _mm_set1_epi8(a);
  const __m128i vb = _mm_set1_epi8(b);
  std::uint64_t mask = 0;
  for (std::size_t i = 0; i < block_size; i += sizeof(__m128i)) {
    const __m128i v = sixteen(block + i);
    mask |= mask_of(_mm_or_si128(_mm_cmpeq_epi8(v, va), _mm_cmpeq_epi8(v, vb)), i);
  }
  return mask;
}

inline block_look look_at(const char* block) {
  const __m128i tab = _mm_set1_epi8('\t');
  const __m128i blank = _mm_set1_epi8(' ');
  __m128i tabs = _mm_setzero_si128();
  block_look look;
  for (std::size_t i = 0; i < block_size; i += sizeof(__m128i)) {
    const __m128i v = sixteen(block + i);
    look.low |= mask_of(_mm_cmpeq_epi8(_mm_min_epu8(v, blank), v), i);
    tabs = _mm_or_si128(tabs, _mm_cmpeq_epi8(v, tab));
  }
  look.tab = _mm_movemask_epi8(tabs) != 0;
  return look;
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

inline std::uint64_t where_either(const char* block, char a, char b) {
  std::uint64_t mask = 0;
  for (std::size_t i = 0; i < block_size; ++i) {
    mask |= std::uint64_t{block[i] == a || block[i] == b} << i;
  }
  return mask;
}

inline block_look look_at(const char* block) {
  block_look look;
  for (std::size_t i = 0; i < block_size; ++i) {
    look.low |= std::uint64_t{static_cast<unsigned char>(block[i]) <= ' '} << i;
    look.tab |= block[i] == '\t';
  }
  return look;
}

inline void copy_without_tabs(const char* block, char* to) {
  for (std::size_t i = 0; i < block_size; ++i) {
    to[i] = block[i] == '\t' ? ' ' : block[i];
  }
}

#endif

inline std::uint64_t where(const char* block, char c) {
  return where_either(block, c, c);
}

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
