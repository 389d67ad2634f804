#pragma once

#include <sealonce/limits.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace sealonce::net {

/// When the operation in flight of one session must be over. Setting it costs a clock reading and
/// no timer: the worker looks at all deadlines at each tick and wakes those that are past by
/// cancelling their sockets, at every tick until the next set(): what is tried after an operation
/// that was cancelled must not wait without end.
class deadline {
public:
  using clock = std::chrono::steady_clock;

  void set(std::chrono::seconds length) {
    length_ = length;
    due_ = clock::now() + length;
    expired_ = false; // what ended the last operation has nothing to say of this one
  }
  /// The same with another end, which is not later.
  void set(std::chrono::seconds length, clock::time_point due) {
    length_ = length;
    due_ = due;
    expired_ = false;
  }
  /// There was progress: the same time again.
  void extend() { due_ = clock::now() + length_; }

  [[nodiscard]] bool past(clock::time_point now) const { return now >= due_; }
  /// Said by the worker before it cancels; stays until taken.
  void expire() { expired_ = true; }
  /// Whether the last operation ended because of the time; forgets it.
  [[nodiscard]] bool take_expired() {
    const bool was = expired_;
    expired_ = false;
    return was;
  }

private:
  std::chrono::seconds length_{0};
  clock::time_point due_ = clock::time_point::max();
  bool expired_ = false;
};

/// How fast one thing (a command line, a message, a chunk) must come as a whole: a peer that says
/// an octet now and then is never quite silent, and holds a session as one that is.
class pace {
public:
  using clock = deadline::clock;

  void begin(clock::time_point now) {
    begun_ = now;
    octets_ = 0;
  }
  void more(std::size_t octets) { octets_ += octets; }
  /// When the next octets must be there: `silence` after now, or after the beginning and the time
  /// that what has come may have taken at limits::least_rate.
  [[nodiscard]] clock::time_point due(clock::time_point now, std::chrono::seconds silence) const {
    const std::chrono::seconds taken(octets_ / limits::least_rate);
    return std::min(now, begun_ + taken) + silence;
  }

private:
  clock::time_point begun_{};
  std::size_t octets_ = 0;
};

} // namespace sealonce::net
