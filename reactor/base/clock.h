// Monotonic and wall time as plain nanoseconds.
#pragma once

#include <ctime>

#include <cstdint>

namespace tidegate::base {

/// Nanoseconds since an arbitrary start; never goes back.
using Nanos = std::int64_t;

constexpr Nanos kMicrosecond = 1000;
constexpr Nanos kMillisecond = 1000 * kMicrosecond;
constexpr Nanos kSecond = 1000 * kMillisecond;

inline Nanos read_clock(clockid_t id) {
  timespec now{};
  ::clock_gettime(id, &now);
  return now.tv_sec * kSecond + now.tv_nsec;
}

inline Nanos monotonic_now() {
  return read_clock(CLOCK_MONOTONIC);
}

/// Nanoseconds since the epoch.
inline Nanos wall_now() {
  return read_clock(CLOCK_REALTIME);
}

}  // namespace tidegate::base
