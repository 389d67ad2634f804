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

#include <sealonce/octets/block_masks.hpp>
#include <sealonce/smtp/data_scanner.hpp>

#include <algorithm>
#include <array>
#include <bit>

namespace sealonce::smtp {
namespace {

using octets::block_masks;
using octets::block_size;

constexpr octets::wanted_octets line_octets = {'\r', '\n', '.'};
constexpr std::size_t blocks_at_once = 32;
constexpr std::size_t look_ahead = 2; // octets behind a dot that say whether it is the final one
constexpr unsigned last_bit = block_size - 1;

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
  bool one_block(const block_masks& in);
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
  bool after_cr_ = false; ///< the octet before position_ is a CR that is not decided
  bool stray_ = false;
  bool ended_ = false;
};

void walk::by_blocks() {
  std::array<block_masks, blocks_at_once> masks;
  for (;;) {
    const auto left = static_cast<std::size_t>(end_ - position_);
    if (left < block_size + look_ahead)
      break;
    const std::span<block_masks> some(masks.data(),
                                      std::min((left - look_ahead) / block_size, blocks_at_once));
    octets::find_octets(position_, line_octets, some);
    for (const block_masks& block : some)
      if (one_block(block))
        return;
  }
  if (after_cr_)
    --position_;
}

/// True = the message has ended.
bool walk::one_block(const block_masks& in) {
  const auto [cr, lf, dot] = in;
  const auto line_end = lf & (cr << 1 | (after_cr_ ? 1u : 0u));
  const auto dots = dot & (line_end << 1 | (line_start_ ? 1u : 0u));
  const auto strays = (lf ^ line_end) | (cr & ~(lf >> 1) & ~(std::uint64_t{1} << last_bit));
  if (after_cr_ && (lf & 1) == 0)
    overwrite(position_ - 1);
  if ((dots | strays) != 0 && block_events(dots, strays))
    return true;
  after_cr_ = cr >> last_bit != 0;
  line_start_ = line_end >> last_bit != 0;
  position_ += block_size;
  return false;
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
