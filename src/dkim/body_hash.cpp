// NAME
//   body_hash - body canonicalization and SHA-256 in one pass
// DESCRIPTION
//   Two stages. relax() (relaxed only) takes out blanks: of each run of SP and TAB the last one
//   stays, as SP, unless CRLF follows. lines() holds CRLFs back until something else follows, so
//   that those at the end of the body never get out. What is between goes to the digest where it
//   lies, without a copy, as long as it is long enough to be worth a call.
//
//   relax() looks at 64 octets at a time: a mask of the blanks and a shift tell which of them go.
//   In most blocks none does. Where a decision needs the octets behind the piece (a blank or a CR
//   comes last), at most two octets are kept back as flags, and settle() decides at the next piece.
//   Where the processor can copy the octets of a mask together, squeeze() does nearly all of it.
// DIAGNOSTICS
//   None: every sequence of octets has a canonical form.
#include "block_detail.hpp"
#include "squeeze_detail.hpp"
#include <sealonce/dkim/body_hash.hpp>

#include <algorithm>

namespace sealonce::dkim {
namespace {

using octets::block_masks;
using octets::block_size;

constexpr std::string_view line_end = "\r\n";
constexpr octets::wanted_octets blank_octets = {' ', '\t', '\r'};
constexpr std::size_t blocks_at_once = 32;
constexpr std::uint64_t last_octet = std::uint64_t{1} << (block_size - 1);
/// On the stack of update(), so that an idle object stays small.
constexpr std::size_t buffer_size = 16384;
/// Spans from here on go to the digest directly: a call costs less than a copy.
constexpr std::size_t direct_span = 768;

constexpr auto make_line_ends() {
  std::array<char, 512> many{};
  for (std::size_t i = 0; i < many.size(); ++i) {
    many[i] = line_end[i % line_end.size()];
  }
  return many;
}
constexpr auto many_line_ends = make_line_ends();

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

/// How many CRLFs `text` ends with.
std::size_t count_line_ends(std::span<const char> text) {
  std::size_t left = text.size();
  const char* const data = text.data();
  while (left >= block_size &&
         std::memcmp(data + left - block_size, many_line_ends.data(), block_size) == 0) {
    left -= block_size;
  }
  while (left >= 2 && data[left - 2] == '\r' && data[left - 1] == '\n') {
    left -= 2;
  }
  return (text.size() - left) / line_end.size();
}

/// The blanks that go: those that a blank or CRLF follows. `blanks` and `cr` are the masks of the
/// block at `block`; up to `left` octets may be read there, at least as many as the block has.
std::uint64_t surplus_blanks(std::uint64_t blanks, std::uint64_t cr, const char* block,
                             std::size_t left) {
  const char behind = left > block_size ? block[block_size] : '\0';
  std::uint64_t surplus = blanks & (blanks >> 1 | (is_blank(behind) ? last_octet : 0));
  std::uint64_t before_cr = blanks & (cr >> 1 | (behind == '\r' ? last_octet : 0));
  for (; before_cr != 0; before_cr &= before_cr - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(before_cr));
    if (i + 2 < left && block[i + 2] == '\n') {
      surplus |= std::uint64_t{1} << i;
    }
  }
  return surplus;
}

} // namespace

/// Collects what relax() lets through: long spans pass, short ones wait in the buffer.
struct body_hash::output {
  explicit output(body_hash& h) : owner(h) {}
  output(const output&) = delete;
  output& operator=(const output&) = delete;

  void flush() {
    owner.lines({buffer.data(), used});
    used = 0;
  }
  /// Room for `n` octets at buffer + used.
  void reserve(std::size_t n) {
    if (used + n > buffer.size()) {
      flush();
    }
  }
  void put(char c) {
    reserve(1);
    buffer[used++] = c;
  }
  void put(const char* from, const char* to) {
    const auto n = static_cast<std::size_t>(to - from);
    if (n >= direct_span) {
      flush();
      owner.lines({from, n});
    } else if (n != 0) {
      reserve(n);
      std::memcpy(buffer.data() + used, from, n);
      used += n;
    }
  }
  /// The octets of a block whose bit in `goes` is not set, TABs as SP. `left` octets may be read.
  void put_some(const char* block, std::size_t left, std::uint64_t goes, bool tabs) {
    reserve(2 * block_size);
    char* const to = buffer.data() + used;
    char padded[2 * block_size];
    if (tabs || left < sizeof padded) {
      copy_without_tabs(block, padded);
      std::memset(padded + block_size, 0, block_size);
      block = padded;
    }
    used += static_cast<std::size_t>(copy_rest(block, goes, to) - to);
  }

  /// Blocks from `at` on as long as there are such with lookahead before `behind`; gives where the
  /// next one begins.
  const char* squeeze_all(const char* at, const char* behind) {
    for (;;) {
      const auto left = static_cast<std::size_t>(behind - at);
      if (left < block_size + squeeze_ahead) {
        return at;
      }
      std::size_t blocks = (left - squeeze_ahead) / block_size;
      if (const std::size_t clean = blocks_without_blanks(at, blocks); clean != 0) {
        put(at, at + clean * block_size);
        at += clean * block_size;
        continue;
      }
      reserve(block_size);
      blocks = std::min(blocks, (buffer.size() - used) / block_size);
      char* const end = squeeze(at, blocks, buffer.data() + used);
      used = static_cast<std::size_t>(end - buffer.data());
      at += blocks * block_size;
    }
  }

  body_hash& owner;
  std::size_t used = 0;
  std::array<char, buffer_size> buffer;
};

body_hash::body_hash(canonicalization how, std::uint64_t limit, bool squeezes)
    : how_(how), squeezes_(squeezes && can_squeeze()), limit_(limit) {}

void body_hash::update(std::span<const char> piece) {
  if (!begun_) {
    begun_ = true;
    length_ = 0;
  }
  if (piece.empty()) {
    return;
  }
  if (how_ == canonicalization::simple) {
    lines(piece);
  } else {
    relax(piece);
  }
}

crypto::sha256_value body_hash::finish() {
  update({}); // a body of nothing has a hash too
  if (cr_) {
    lines(std::string_view(blank_ ? " \r" : "\r"));
  }
  if (line_cr_) {
    release_lines();
    digest({"\r", 1});
  }
  // Of the line ends that were held back one stays; simple has it even in an empty body.
  if (length_ != 0 || how_ == canonicalization::simple) {
    digest(line_end);
  }
  begun_ = blank_ = cr_ = line_cr_ = false;
  line_ends_ = 0;
  return hash_.finish();
}

/// Decides about the octets kept back from the last piece. Returns how many octets of this piece
/// that took.
std::size_t body_hash::settle(std::span<const char> piece, output& out) {
  std::size_t taken = 0;
  if (cr_) {
    cr_ = false;
    if (piece[0] == '\n') {
      blank_ = false;
      out.put('\r');
      out.put('\n');
      return 1;
    }
    if (blank_) {
      out.put(' ');
    }
    blank_ = false;
    out.put('\r');
  }
  if (blank_ && !is_blank(piece[0])) {
    if (piece[0] == '\r' && piece.size() == 1) {
      cr_ = true;
      return 1;
    }
    if (piece[0] != '\r' || piece[1] != '\n') {
      out.put(' ');
    }
  }
  blank_ = false; // a blank of this piece stands for it now
  return taken;
}

void body_hash::relax(std::span<const char> piece) {
  output out(*this);
  piece = piece.subspan(settle(piece, out));
  // What lookahead is missing for is kept back: a CR at the end, and one blank before it.
  std::size_t ready = piece.size();
  if (ready != 0 && piece[ready - 1] == '\r') {
    cr_ = true;
    --ready;
  }
  if (ready != 0 && is_blank(piece[ready - 1])) {
    blank_ = true;
    --ready;
  }
  const char* const end = piece.data() + ready;
  const char* at = piece.data();
  const char* const behind = at + piece.size();
  if (squeezes_) {
    at = out.squeeze_all(at, behind);
  }
  const char* clean = at; // nothing goes from here to `at`
  std::array<block_masks, blocks_at_once> masks;
  while (end - at >= static_cast<std::ptrdiff_t>(block_size)) {
    const std::span<block_masks> some(
        masks.data(), std::min(static_cast<std::size_t>(end - at) / block_size, blocks_at_once));
    octets::find_octets(at, blank_octets, some);
    for (const auto& [space, tab, cr] : some) {
      const std::uint64_t blanks = space | tab;
      const auto left = static_cast<std::size_t>(behind - at);
      const bool may_go_last =
          left > block_size && (is_blank(at[block_size]) || at[block_size] == '\r');
      // Usually no blank is before another one or a CR.
      const std::uint64_t next = (blanks | cr) >> 1 | (may_go_last ? last_octet : 0);
      if ((blanks & next) != 0 || tab != 0) {
        const std::uint64_t goes = surplus_blanks(blanks, cr, at, left);
        if (goes != 0 || tab != 0) {
          out.put(clean, at);
          out.put_some(at, left, goes, tab != 0);
          clean = at + block_size;
        }
      }
      at += block_size;
    }
  }
  out.put(clean, at);
  for (; at != end; ++at) {
    const bool goes = is_blank(*at) && (is_blank(at[1]) || (at[1] == '\r' && at[2] == '\n'));
    if (!goes) {
      out.put(*at == '\t' ? ' ' : *at);
    }
  }
  out.flush();
}

void body_hash::lines(std::span<const char> canonical) {
  if (canonical.empty()) {
    return;
  }
  if (line_cr_) {
    line_cr_ = false;
    if (canonical[0] == '\n') {
      ++line_ends_;
      canonical = canonical.subspan(1);
    } else {
      release_lines();
      digest({"\r", 1});
    }
  }
  if (!canonical.empty() && canonical.back() == '\r') {
    line_cr_ = true;
    canonical = canonical.first(canonical.size() - 1);
  }
  const std::size_t held = count_line_ends(canonical);
  canonical = canonical.first(canonical.size() - held * line_end.size());
  if (!canonical.empty()) {
    release_lines();
    digest(canonical);
  }
  line_ends_ += held;
}

void body_hash::release_lines() {
  while (line_ends_ != 0) {
    const auto some = std::min<std::uint64_t>(line_ends_, many_line_ends.size() / line_end.size());
    digest({many_line_ends.data(), static_cast<std::size_t>(some * line_end.size())});
    line_ends_ -= some;
  }
}

void body_hash::digest(std::span<const char> canonical) {
  const std::uint64_t hashed = std::min(length_, limit_);
  const auto n = std::min<std::uint64_t>(canonical.size(), limit_ - hashed);
  if (n != 0) {
    hash_.update(canonical.first(static_cast<std::size_t>(n)));
  }
  length_ += canonical.size();
}

} // namespace sealonce::dkim
