// NAME
//   chunk_encoder - from BDAT to DATA
//
// DESCRIPTION
//   One pass, no memory but three bits. Lines are copied up to their LF at once; a dot at the start
//   of a line is doubled.

#include <sealonce/smtp/chunk_encoder.hpp>

#include <algorithm>
#include <cstring>

namespace sealonce::smtp {

chunk_encoder::progress chunk_encoder::encode(std::span<const char> content, std::span<char> room) {
  progress p;
  while (p.taken < content.size() && p.made < room.size()) {
    if (line_start_ && !stuffed_ && content[p.taken] == '.') {
      room[p.made++] = '.';
      stuffed_ = true;
      continue;
    }
    const auto rest =
        content.subspan(p.taken, std::min(content.size() - p.taken, room.size() - p.made));
    const auto* const newline =
        static_cast<const char*>(std::memchr(rest.data(), '\n', rest.size()));
    const auto length =
        newline == nullptr ? rest.size() : static_cast<std::size_t>(newline - rest.data()) + 1;
    std::memcpy(room.data() + p.made, rest.data(), length);
    const bool cr_before = length > 1 ? rest[length - 2] == '\r' : after_cr_;
    line_start_ = newline != nullptr && cr_before;
    after_cr_ = rest[length - 1] == '\r';
    stuffed_ = false;
    p.taken += length;
    p.made += length;
  }
  return p;
}

} // namespace sealonce::smtp
