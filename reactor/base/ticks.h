// The processor's own time counter: a few nanoseconds to read, no unit of its own.
//
// For measuring how long something took on one thread; turn a difference into nanoseconds by what
// both clocks say over a longer span (see CallbackWatch).
#pragma once

#include <cstdint>

#include "reactor/base/clock.h"

namespace tidegate::base {

inline std::uint64_t ticks() {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
  std::uint64_t count = 0;
  asm volatile("mrs %0, cntvct_el0" : "=r"(count));
  return count;
#else
  return static_cast<std::uint64_t>(monotonic_now());
#endif
}

}  // namespace tidegate::base
