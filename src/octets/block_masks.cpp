// NAME
//   block_masks - where certain octets stand, 64 at a time
//
// DESCRIPTION
//   What runs over every octet of a message asks for masks first and then has to do with the few
//   octets that matter. SSE2 is part of every amd64; where the processor has AVX2 or AVX-512, a
//   block takes half or a quarter of the time. The choice is made once.
//
//   AVX-512 is taken only with VBMI: processors before that lower their clock for it.
//
// DIAGNOSTICS
//   None.

#include <sealonce/octets/block_masks.hpp>

#include <algorithm>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace sealonce::octets {
namespace {

std::uint64_t plain_mask(const char* octets, char wanted) {
  std::uint64_t mask = 0;
  for (std::size_t i = 0; i < block_size; ++i) {
    mask |= std::uint64_t{octets[i] == wanted} << i;
  }
  return mask;
}

void find_plain(const char* octets, const wanted_octets& wanted, std::span<block_masks> blocks) {
  for (block_masks& block : blocks) {
    block.first = plain_mask(octets, wanted[0]);
    block.second = plain_mask(octets, wanted[1]);
    block.third = plain_mask(octets, wanted[2]);
    octets += block_size;
  }
}

#if defined(__x86_64__)

struct sixteens {
  __m128i part[4];
};

std::uint64_t mask_of(const sixteens& block, __m128i pattern) {
  std::uint64_t mask = 0;
  for (int i = 3; i >= 0; --i) {
    const auto found = _mm_movemask_epi8(_mm_cmpeq_epi8(block.part[i], pattern));
    mask = mask << 16 | static_cast<unsigned>(found);
  }
  return mask;
}

void find_sse2(const char* octets, const wanted_octets& wanted, std::span<block_masks> blocks) {
  const __m128i first = _mm_set1_epi8(wanted[0]);
  const __m128i second = _mm_set1_epi8(wanted[1]);
  const __m128i third = _mm_set1_epi8(wanted[2]);
  for (block_masks& block : blocks) {
    const auto* from = reinterpret_cast<const __m128i*>(octets);
    const sixteens all = {{_mm_loadu_si128(from), _mm_loadu_si128(from + 1),
                           _mm_loadu_si128(from + 2), _mm_loadu_si128(from + 3)}};
    block.first = mask_of(all, first);
    block.second = mask_of(all, second);
    block.third = mask_of(all, third);
    octets += block_size;
  }
}

__attribute__((target("avx2"))) inline std::uint64_t mask_of(__m256i low, __m256i high,
                                                             __m256i pattern) {
  const int a = _mm256_movemask_epi8(_mm256_cmpeq_epi8(low, pattern));
  const int b = _mm256_movemask_epi8(_mm256_cmpeq_epi8(high, pattern));
  return std::uint64_t{static_cast<std::uint32_t>(b)} << 32 | static_cast<std::uint32_t>(a);
}

__attribute__((target("avx2"))) void find_avx2(const char* octets, const wanted_octets& wanted,
                                               std::span<block_masks> blocks) {
  const __m256i first = _mm256_set1_epi8(wanted[0]);
  const __m256i second = _mm256_set1_epi8(wanted[1]);
  const __m256i third = _mm256_set1_epi8(wanted[2]);
  for (block_masks& block : blocks) {
    const auto* from = reinterpret_cast<const __m256i*>(octets);
    const __m256i low = _mm256_loadu_si256(from);
    const __m256i high = _mm256_loadu_si256(from + 1);
    block.first = mask_of(low, high, first);
    block.second = mask_of(low, high, second);
    block.third = mask_of(low, high, third);
    octets += block_size;
  }
}

__attribute__((target("avx512f,avx512bw"))) void
find_avx512(const char* octets, const wanted_octets& wanted, std::span<block_masks> blocks) {
  const __m512i first = _mm512_set1_epi8(wanted[0]);
  const __m512i second = _mm512_set1_epi8(wanted[1]);
  const __m512i third = _mm512_set1_epi8(wanted[2]);
  for (block_masks& block : blocks) {
    const __m512i all = _mm512_loadu_si512(octets);
    block.first = _mm512_cmpeq_epi8_mask(all, first);
    block.second = _mm512_cmpeq_epi8_mask(all, second);
    block.third = _mm512_cmpeq_epi8_mask(all, third);
    octets += block_size;
  }
}

const std::array<octet_finder, 4>& all_finders() {
  static const std::array<octet_finder, 4> all = {{
      {"AVX-512",
       __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512vbmi") != 0,
       find_avx512},
      {"AVX2", __builtin_cpu_supports("avx2") != 0, find_avx2},
      {"SSE2", true, find_sse2},
      {"plain", true, find_plain},
  }};
  return all;
}

#else

const std::array<octet_finder, 1>& all_finders() {
  static const std::array<octet_finder, 1> all = {{{"plain", true, find_plain}}};
  return all;
}

#endif

} // namespace

std::span<const octet_finder> octet_finders() {
  return all_finders();
}

void find_octets(const char* octets, const wanted_octets& wanted, std::span<block_masks> blocks) {
  static const auto best =
      std::find_if(all_finders().begin(), all_finders().end(), [](const octet_finder& one) {
        return one.usable;
      })->find;
  best(octets, wanted, blocks);
}

} // namespace sealonce::octets
