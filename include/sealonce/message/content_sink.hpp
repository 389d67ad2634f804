#pragma once

#include <cstdint>
#include <span>

namespace sealonce {

/// Takes the content of one message in order, in pieces of any size. Content is what the author's
/// side sent, with the stuffing dots of RFC 5321 §4.5.2 taken out and without the final dot; each
/// line ends with CRLF and neither CR nor LF stands anywhere else (smtp::data_scanner sees to it).
class content_sink {
public:
  virtual ~content_sink() = default;

  /// `piece` is valid during the call only. `wire_offset` is where its first octet stands in the
  /// stored wire form of the message (0 = first octet after the CRLF of DATA).
  virtual void content(std::span<const char> piece, std::uint64_t wire_offset) = 0;
};

} // namespace sealonce
