// NAME
//   data_scanner - where the message ends, and what its line ends are
//
// DESCRIPTION
//   Works on the wire form, because the very same octets go to the next hop. It keeps one bit
//   between calls; what a call cannot decide (a CR whose next octet has not come, a dot at the
//   start of a line) is given to it again. Stray CR and LF are overwritten before anyone hashes or
//   forwards them: a line end that only some servers see is how messages are smuggled
//   (CVE-2023-51764 and its kin).

#include <sealonce/smtp/data_scanner.hpp>

#include <cstring>

#ifdef __SSE2__
#include <bit>
#include <emmintrin.h>
#endif

namespace sealonce::smtp {
namespace {

/// The first CR or LF at or after `from`, or `end`.
char* find_line_octet(char* from, char* end) {
#ifdef __SSE2__
  constexpr std::ptrdiff_t width = 16;
  const __m128i cr = _mm_set1_epi8('\r');
  const __m128i lf = _mm_set1_epi8('\n');
  for (; end - from >= width; from += width) {
    const __m128i octets = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    const __m128i found = _mm_or_si128(_mm_cmpeq_epi8(octets, cr), _mm_cmpeq_epi8(octets, lf));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(found));
    if (mask != 0)
      return from + std::countr_zero(mask);
  }
#endif
  while (from != end && *from != '\r' && *from != '\n')
    ++from;
  return from;
}

} // namespace

data_scanner::progress data_scanner::scan(std::span<char> bytes) {
  char* const begin = bytes.data();
  char* const end = begin + bytes.size();
  char* position = begin;
  char* run = begin; // first octet that the sink has not had
  bool ended = false;
  const auto hand_over = [&](char* until) {
    if (until != run)
      sink_.content({run, until}, wire_ + static_cast<std::uint64_t>(run - begin));
    run = until;
  };
  while (position != end) {
    if (line_start_ && *position == '.') {
      const auto left = end - position;
      if (left == 1 || (left == 2 && position[1] == '\r'))
        break;
      hand_over(position);
      run = position + 1;
      if (position[1] == '\r' && position[2] == '\n') {
        position += 3;
        run = position;
        ended = true;
        break;
      }
      ++position;
    }
    line_start_ = false;
    position = find_line_octet(position, end);
    if (position == end)
      break;
    if (*position == '\r') {
      if (position + 1 == end)
        break;
      if (position[1] == '\n') {
        position += 2;
        line_start_ = true;
        continue;
      }
    }
    *position++ = ' ';
    stray_ = true;
  }
  hand_over(position);
  const auto decided = static_cast<std::size_t>(position - begin);
  wire_ += decided;
  return {decided, ended};
}

} // namespace sealonce::smtp
