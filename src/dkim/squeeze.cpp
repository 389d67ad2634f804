// NAME
//   squeeze - relaxed canonicalization of whole blocks, without a branch
//
// DESCRIPTION
//   Which blanks go differs from block to block, so that a branch for it is guessed wrongly in
//   every third block of text. VBMI2 copies the octets of a mask together in one instruction: all
//   blocks then take the same few cycles, and the worst bodies are no worse than others.
//
// DIAGNOSTICS
//   None.

#include "squeeze_detail.hpp"
#include <sealonce/octets/block_masks.hpp>

#include <bit>
#include <cstdint>
#include <exception>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace sealonce::dkim {

#if defined(__x86_64__)

namespace {
constexpr unsigned last_bit = octets::block_size - 1;
}

bool can_squeeze() {
  static const bool can =
      __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512vbmi2") != 0;
  return can;
}

__attribute__((target("avx512f,avx512bw"))) std::size_t blocks_without_blanks(const char* from,
                                                                              std::size_t blocks) {
  const __m512i space = _mm512_set1_epi8(' ');
  const __m512i tab = _mm512_set1_epi8('\t');
  std::size_t clean = 0;
  for (; clean != blocks; ++clean, from += octets::block_size) {
    const __m512i block = _mm512_loadu_si512(from);
    if ((_mm512_cmpeq_epi8_mask(block, tab) | _mm512_cmpeq_epi8_mask(block, space)) != 0) {
      break;
    }
  }
  return clean;
}

__attribute__((target("avx512f,avx512bw,avx512vbmi2"))) char*
squeeze(const char* from, std::size_t blocks, char* to) {
  const __m512i space = _mm512_set1_epi8(' ');
  const __m512i tab = _mm512_set1_epi8('\t');
  const __m512i cr = _mm512_set1_epi8('\r');
  const __m512i lf = _mm512_set1_epi8('\n');
  for (; blocks != 0; --blocks, from += octets::block_size) {
    const __m512i block = _mm512_loadu_si512(from);
    const std::uint64_t tabs = _mm512_cmpeq_epi8_mask(block, tab);
    const std::uint64_t blanks = tabs | _mm512_cmpeq_epi8_mask(block, space);
    const std::uint64_t crs = _mm512_cmpeq_epi8_mask(block, cr);
    const std::uint64_t lfs = _mm512_cmpeq_epi8_mask(block, lf);
    // What stands behind the block, as the bits that a shift takes in at its end.
    const char one = from[octets::block_size];
    const char two = from[octets::block_size + 1];
    const std::uint64_t blank_next = std::uint64_t{one == ' ' || one == '\t'} << last_bit;
    const std::uint64_t lf_next = std::uint64_t{one == '\n'} << last_bit;
    const std::uint64_t line_end_next = std::uint64_t{one == '\r' && two == '\n'} << last_bit;
    const std::uint64_t line_ends = crs & (lfs >> 1 | lf_next);
    const std::uint64_t goes = blanks & (blanks >> 1 | blank_next | line_ends >> 1 | line_end_next);
    const __m512i spaced = _mm512_mask_mov_epi8(block, tabs, space);
    _mm512_storeu_si512(to, _mm512_maskz_compress_epi8(~goes, spaced));
    to += octets::block_size - static_cast<std::size_t>(std::popcount(goes));
  }
  return to;
}

#else

bool can_squeeze() {
  return false;
}

std::size_t blocks_without_blanks(const char*, std::size_t) {
  std::terminate(); // nobody may ask
}

char* squeeze(const char*, std::size_t, char*) {
  std::terminate(); // nobody may ask
}

#endif

} // namespace sealonce::dkim
