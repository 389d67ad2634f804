// NAME
//   message_counter - where a message ends, and how often it is signed
// DESCRIPTION
//   The header goes line by line, looking at no more than the first octets of each; the body is
//   searched for CRLF dot CRLF by memmem(3), with the last octets of the piece before.
#include "message_counter.hpp"

#include <algorithm>
#include <cctype>
#include <cstring>

namespace bench {
namespace {

constexpr std::string_view field_name = "dkim-signature:";
constexpr std::string_view end_of_data = "\r\n.\r\n";

} // namespace

std::size_t message_counter::take(std::string_view octets) {
  std::size_t taken = 0;
  if (in_header_) {
    taken = take_header(octets);
  }
  if (!in_header_ && !ended_) {
    taken += take_body(octets.substr(taken));
  }
  return taken;
}

void message_counter::take_start_of_line(char c) {
  if (column_ == 0) {
    first_ = c;
  } else if (column_ == 1) {
    second_ = c;
  }
  if (name_matches_ == column_ &&
      std::tolower(static_cast<unsigned char>(c)) == field_name[column_]) {
    ++name_matches_;
  }
  ++column_;
}

void message_counter::end_line() {
  signatures_ += name_matches_ == field_name.size() ? 1 : 0;
  ended_ = column_ == 2 && first_ == '.' && second_ == '\r';
  if (column_ == 1 && first_ == '\r') {
    in_header_ = false;
    // The empty line's own end may be the first half of the end of the data.
    tail_size_ = 2;
    std::memcpy(tail_, "\r\n", tail_size_);
  }
  column_ = name_matches_ = 0;
}

std::size_t message_counter::take_header(std::string_view octets) {
  std::size_t at = 0;
  while (at < octets.size() && in_header_ && !ended_) {
    if (column_ < field_name.size() && octets[at] != '\n') {
      take_start_of_line(octets[at++]);
      continue;
    }
    const auto end = octets.find('\n', at);
    if (end == octets.npos) {
      return octets.size();
    }
    end_line();
    at = end + 1;
  }
  return at;
}

std::size_t message_counter::take_body(std::string_view octets) {
  char joint[2 * tail_octets];
  const std::size_t first = std::min(tail_octets, octets.size());
  std::memcpy(joint, tail_, tail_size_);
  std::memcpy(joint + tail_size_, octets.data(), first);
  const std::string_view joined(joint, tail_size_ + first);
  if (const auto found = joined.find(end_of_data); found != joined.npos) {
    ended_ = true;
    return found + end_of_data.size() - tail_size_;
  }
  if (const void* const found =
          memmem(octets.data(), octets.size(), end_of_data.data(), end_of_data.size())) {
    ended_ = true;
    return static_cast<std::size_t>(static_cast<const char*>(found) - octets.data()) +
           end_of_data.size();
  }
  const std::string_view last =
      octets.size() >= tail_octets ? octets : joined; // the joint has them all when it is short
  tail_size_ = std::min(tail_octets, last.size());
  std::memmove(tail_, last.data() + last.size() - tail_size_, tail_size_);
  return octets.size();
}

} // namespace bench
