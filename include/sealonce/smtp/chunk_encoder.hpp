#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace sealonce::smtp {

/// Makes the wire form of DATA out of the octets of BDAT (RFC 3030 §2), which come without stuffing
/// dots and without a mark at their end. Where a line begins is where data_scanner says so: at the
/// start and behind CRLF; stray CR and LF are left to it. Chunks may end anywhere.
class chunk_encoder {
public:
  struct progress {
    std::size_t taken = 0; ///< octets of `content` that are done
    std::size_t made = 0;  ///< octets that stand in `room`
  };

  /// Encodes until `content` is done or `room` is full; what is left of `content` is to be given
  /// again with more room.
  [[nodiscard]] progress encode(std::span<const char> content, std::span<char> room);

  /// What is to be appended behind the last chunk: the final dot, and before it the CRLF that a
  /// last line without one needs, since DATA cannot say that it has none (RFC 5321 §4.1.1.4).
  [[nodiscard]] std::string_view end() const { return line_start_ ? ".\r\n" : "\r\n.\r\n"; }

private:
  bool line_start_ = true;
  bool stuffed_ = false;  ///< the dot that comes has its stuffing dot
  bool after_cr_ = false; ///< the last octet was CR
};

} // namespace sealonce::smtp
