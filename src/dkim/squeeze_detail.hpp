#pragma once
// Blocks of a body in relaxed form, without a branch. Private to dkim/.

#include <cstddef>

namespace sealonce::dkim {

/// What squeeze() reads behind its last block.
inline constexpr std::size_t squeeze_ahead = 2;

/// Whether this processor can (AVX-512 VBMI2).
[[nodiscard]] bool can_squeeze();

/// How many blocks from here on have neither SP nor TAB, at most `blocks`: they need no copy. Only
/// where can_squeeze().
[[nodiscard]] std::size_t blocks_without_blanks(const char* from, std::size_t blocks);

/// Copies so many blocks of 64 octets: of each run of SP and TAB the last one stays, as SP, unless
/// CRLF follows. Returns the end of the copy. Reads `squeeze_ahead` octets behind the last block;
/// may write as many octets at `to` as it reads. Only where can_squeeze().
[[nodiscard]] char* squeeze(const char* from, std::size_t blocks, char* to);

} // namespace sealonce::dkim
