#pragma once

#include "message_counter.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

/// What all sessions of the sink have taken.
struct sink_counts {
  std::uint64_t connections = 0;
  std::uint64_t messages = 0;
  std::uint64_t octets = 0;           ///< of messages, in wire form with their dots
  std::uint64_t signed_once = 0;      ///< messages with exactly one DKIM-Signature field
  std::uint64_t commands_refused = 0; ///< unknown, or out of order
};

/// One connection of the sink: takes every message, answers each group of commands in one write.
class sink_session {
public:
  /// Greets at once. Owns the descriptor.
  sink_session(int fd, sink_counts& counts);
  ~sink_session();
  sink_session(const sink_session&) = delete;
  sink_session& operator=(const sink_session&) = delete;

  /// Reads what has come and answers it; false when the connection is over.
  bool on_readable();

private:
  void take(std::string_view octets);
  std::size_t take_message(std::string_view octets);
  std::size_t take_command(std::string_view octets);
  void answer(std::string_view line);
  void refuse(std::string_view reply);
  bool write();

  const int fd_;
  sink_counts& counts_;
  message_counter message_;
  std::string partial_; ///< the beginning of a command
  bool in_message_ = false;
  bool has_sender_ = false;
  int recipients_ = 0;
  bool lmtp_ = false; ///< it said LHLO
  bool over_ = false; ///< it said QUIT
};

} // namespace bench
