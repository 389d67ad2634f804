#pragma once

#include <cstddef>
#include <string_view>

namespace bench {

/// Finds the end of a message in what follows 354, and counts the DKIM-Signature fields of its
/// header. Takes octets in pieces of any size.
class message_counter {
public:
  /// Begins with a new message.
  void reset() { *this = message_counter(); }

  /// How many of the octets belong to the message; ended() says whether its dot was the last.
  std::size_t take(std::string_view octets);

  bool ended() const { return ended_; }
  int signatures() const { return signatures_; }

private:
  std::size_t take_header(std::string_view octets);
  std::size_t take_body(std::string_view octets);
  void take_start_of_line(char c);
  void end_line();

  static constexpr std::size_t tail_octets = 4; // CRLF dot CR: one less than the whole end

  bool in_header_ = true;
  bool ended_ = false;
  int signatures_ = 0;
  std::size_t column_ = 0;       ///< octets of the header's line, as far as they are looked at
  std::size_t name_matches_ = 0; ///< of them, as many as begin the field's name
  char first_ = 0, second_ = 0;  ///< of the line
  char tail_[tail_octets] = {};  ///< the last octets of the body so far
  std::size_t tail_size_ = 0;
};

} // namespace bench
