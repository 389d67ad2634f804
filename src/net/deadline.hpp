#pragma once

#include <chrono>

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

} // namespace sealonce::net
