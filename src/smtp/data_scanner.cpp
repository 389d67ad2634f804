// NAME
//   data_scanner - where the message ends, and what its line ends are
//
// DESCRIPTION
//   Works on the wire form, because the very same octets go to the next hop. It keeps one bit
//   between calls; what a call cannot decide (a CR whose next octet has not come, a dot at the
//   start of a line) is given to it again. Stray CR and LF are overwritten before anyone hashes or
//   forwards them: a line end that only some servers see is how messages are smuggled
//   (CVE-2023-51764 and its kin).
//
//   Octets are looked at in blocks of 64 as bit masks; the last few of a call one by one.
//   Overwriting a stray octet never makes or unmakes a line end, so the masks of a block hold to
//   its end.

#include <sealonce/smtp/data_scanner.hpp>

#include <bit>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace sealonce::smtp {
namespace {

constexpr std::size_t block = 64;     // octets: one bit of a mask for each
constexpr std::size_t look_ahead = 2; // octets behind a dot that say whether it is the final one
constexpr unsigned last_bit = block - 1;

/// Bit i is set where octets[i] is `wanted`.
std::uint64_t where_equal(const char* octets, char wanted) {
#ifdef __SSE2__
  const __m128i pattern = _mm_set1_epi8(wanted);
  const auto sixteen = [octets, pattern](int quarter) {
    const auto found = _mm_cmpeq_epi8(
        _mm_loadu_si128(reinterpret_cast<const __m128i*>(octets) + quarter), pattern);
    return std::uint64_t{static_cast<unsigned>(_mm_movemask_epi8(found))};
  };
  return sixteen(0) | sixteen(1) << 16 | sixteen(2) << 32 | sixteen(3) << 48;
#else
  std::uint64_t mask = 0;
  for (std::size_t i = block; i-- > 0;)
    mask = mask << 1 | (octets[i] == wanted ? 1u : 0u);
  return mask;
#endif
}

/// One call of scan(): walks from the front until the end, the final dot or what cannot be decided.
class walk {
public:
  walk(std::span<char> bytes, content_sink& sink, std::uint64_t wire, bool line_start)
      : begin_(bytes.data()), end_(begin_ + bytes.size()), position_(begin_), run_(begin_),
        sink_(sink), wire_(wire), line_start_(line_start) {}

  void run() {
    by_blocks();
    while (!ended_ && position_ != end_ && one_octet()) {
    }
    hand_over(position_);
  }

  [[nodiscard]] std::size_t decided() const { return static_cast<std::size_t>(position_ - begin_); }
  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] bool line_start() const { return line_start_; }
  [[nodiscard]] bool stray() const { return stray_; }

private:
  void by_blocks();
  bool block_events(std::uint64_t dots, std::uint64_t strays);
  bool one_octet();

  void hand_over(char* until) {
    if (until != run_)
      sink_.content({run_, until}, wire_ + static_cast<std::uint64_t>(run_ - begin_));
    run_ = until;
  }

  /// The dot at the start of a line is no content; true = it was the final one.
  bool pass_dot(char* dot) {
    hand_over(dot);
    run_ = dot + 1;
    if (dot[1] != '\r' || dot[2] != '\n')
      return false;
    position_ = run_ = dot + 1 + look_ahead;
    ended_ = true;
    return true;
  }

  void overwrite(char* octet) {
    *octet = ' ';
    stray_ = true;
  }

  char* const begin_;
  char* const end_;
  char* position_;
  char* run_; ///< the first octet that the sink has not had
  content_sink& sink_;
  const std::uint64_t wire_;
  bool line_start_;
  bool stray_ = false;
  bool ended_ = false;
};

void walk::by_blocks() {
  bool after_cr = false; // the octet before the block is a CR that is not decided
  while (static_cast<std::size_t>(end_ - position_) >= block + look_ahead) {
    const auto cr = where_equal(position_, '\r');
    const auto lf = where_equal(position_, '\n');
    const auto dot = where_equal(position_, '.');
    const auto behind_cr = cr << 1 | (after_cr ? 1u : 0u);
    const auto line_end = lf & behind_cr;
    const auto dots = dot & (line_end << 1 | (line_start_ ? 1u : 0u));
    const auto strays = (lf ^ line_end) | (cr & ~(lf >> 1) & ~(std::uint64_t{1} << last_bit));
    if (after_cr && (lf & 1) == 0)
      overwrite(position_ - 1);
    if ((dots | strays) != 0 && block_events(dots, strays))
      return;
    after_cr = cr >> last_bit != 0;
    line_start_ = line_end >> last_bit != 0;
    position_ += block;
  }
  if (after_cr)
    --position_;
}

/// True = the message has ended; octets behind its end are left alone.
bool walk::block_events(std::uint64_t dots, std::uint64_t strays) {
  for (auto events = dots | strays; events != 0; events &= events - 1) {
    const int bit = std::countr_zero(events);
    if ((strays >> bit & 1) != 0)
      overwrite(position_ + bit);
    else if (pass_dot(position_ + bit))
      return true;
  }
  return false;
}

/// False = it cannot be decided yet.
bool walk::one_octet() {
  const auto left = static_cast<std::size_t>(end_ - position_);
  if (line_start_ && *position_ == '.') {
    if (left == 1 || (left == look_ahead && position_[1] == '\r'))
      return false;
    if (pass_dot(position_))
      return true;
  } else if (*position_ == '\r') {
    if (left == 1)
      return false;
    if (position_[1] == '\n') {
      position_ += 2;
      line_start_ = true;
      return true;
    }
    overwrite(position_);
  } else if (*position_ == '\n') {
    overwrite(position_);
  }
  ++position_;
  line_start_ = false;
  return true;
}

} // namespace

data_scanner::progress data_scanner::scan(std::span<char> bytes) {
  walk now(bytes, sink_, wire_, line_start_);
  now.run();
  wire_ += now.decided();
  line_start_ = now.line_start();
  stray_ = stray_ || now.stray();
  return {now.decided(), now.ended()};
}

} // namespace sealonce::smtp
