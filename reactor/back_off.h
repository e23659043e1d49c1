// How long to wait before the next attempt: doubles with every failure, up to a limit. No clock and
// no jitter.
#pragma once

#include "reactor/base/clock.h"

namespace tidegate::reactor {

class BackOff {
 public:
  /// Requires: 0 < min <= max.
  constexpr BackOff(base::Nanos min, base::Nanos max) : min_(min), max_(max) {}

  /// The wait after one more failure: min, 2·min, 4·min, … max.
  constexpr base::Nanos fail() {
    if (last_ == 0) return last_ = min_;
    return last_ = last_ > max_ / 2 ? max_ : last_ * 2;
  }

  constexpr void reset() { last_ = 0; }

  [[nodiscard]] constexpr bool failing() const { return last_ != 0; }

 private:
  base::Nanos min_;
  base::Nanos max_;
  base::Nanos last_ = 0;  // 0: no failure since the last success
};

}  // namespace tidegate::reactor
