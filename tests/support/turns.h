// Driving a poller from the test's own thread: bounded waits, no sleeps.
#pragma once

#include "reactor/base/clock.h"
#include "reactor/poller.h"

namespace tidegate::test {

inline constexpr base::Nanos kPatience = 10 * base::kSecond;

/// Turns `poller` until `done()`; false when that takes longer than any healthy machine needs.
template <typename Done>
[[nodiscard]] bool turn_until(reactor::Poller& poller, Done done) {
  const base::Nanos limit = base::monotonic_now() + kPatience;
  while (!done()) {
    if (base::monotonic_now() > limit) return false;
    poller.turn(base::kMillisecond);
  }
  return true;
}

/// Lets everything that is ready happen, for tests that nothing more does.
inline void settle(reactor::Poller& poller) {
  for (int i = 0; i < 8; ++i) poller.turn(0);
}

/// Waits on the processor for another thread; false after too long.
template <typename Done>
[[nodiscard]] bool spin_until(Done done) {
  const base::Nanos limit = base::monotonic_now() + kPatience;
  while (!done()) {
    if (base::monotonic_now() > limit) return false;
    std::this_thread::yield();
  }
  return true;
}

/// Lets the monotonic clock pass `at`.
inline void spin_past(base::Nanos at) {
  while (base::monotonic_now() <= at) {
  }
}

}  // namespace tidegate::test
