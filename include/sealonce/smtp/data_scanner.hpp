#pragma once

#include <sealonce/message/content_sink.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace sealonce::smtp {

/// Follows the octets after DATA in wire form: finds the end of the data, makes stray CR and LF
/// harmless in place, and hands the content (stuffing dots skipped, RFC 5321 §4.5.2) to a sink.
/// Nothing but <CRLF>.<CRLF> ends the data, RFC 5321 §4.1.1.4.
class data_scanner {
public:
  /// `sink` gets the content; it must outlive the scanner. A CR without LF or an LF without CR is
  /// overwritten by a blank, so that it never is a line end for anyone behind us; whether the
  /// message is then refused is up to the caller (stray_seen()).
  explicit data_scanner(content_sink& sink) : sink_(sink) {}

  struct progress {
    std::size_t decided = 0; ///< octets from the front that are final; the rest must be given again
    bool ended = false;      ///< the final dot is the last of the decided octets
  };

  /// `bytes` begins with what the last call left undecided (at most 2 octets), followed by what
  /// came since. Octets may be overwritten. After `ended`, octets past `decided` are the next
  /// command and untouched; the scanner is done.
  [[nodiscard]] progress scan(std::span<char> bytes);

  /// A stray CR or LF was overwritten.
  [[nodiscard]] bool stray_seen() const { return stray_; }
  /// Wire octets decided so far, the final dot included.
  [[nodiscard]] std::uint64_t wire_size() const { return wire_; }

private:
  content_sink& sink_;
  std::uint64_t wire_ = 0;
  bool line_start_ = true;
  bool stray_ = false;
};

} // namespace sealonce::smtp
