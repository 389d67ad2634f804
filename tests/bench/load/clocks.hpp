#pragma once

#include <cstdint>
#include <ctime>

namespace bench {

inline std::int64_t microseconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return now.tv_sec * 1'000'000LL + now.tv_nsec / 1'000;
}

/// Time that goes on by itself, in microseconds.
inline std::int64_t wall_us() {
  return microseconds(CLOCK_MONOTONIC);
}

/// Time of this process on the processors, all threads, in microseconds.
inline std::int64_t cpu_us() {
  return microseconds(CLOCK_PROCESS_CPUTIME_ID);
}

} // namespace bench
