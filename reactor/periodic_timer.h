// A timeout that comes again and again, in step: the n-th is due n periods after the start,
// however late the ones before it were. Periods that passed unseen are told as one tick.
//
// Owner:  the object it belongs to. Thread: its poller's. Never early; no allocation.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <typeinfo>

#include "reactor/poller.h"

namespace tidegate::reactor {

class PeriodicTimer;

class TickHandler {
 public:
  /// `passed` is how many periods went by since the tick before: 1, or more when the poller was
  /// late. May stop, restart or destroy any timer, this one included.
  virtual void on_tick(PeriodicTimer& timer, std::uint64_t passed) = 0;

 protected:
  ~TickHandler() = default;
};

class PeriodicTimer final : private TimerHandler {
 public:
  /// `poller` and `handler` outlive this object.
  PeriodicTimer(Poller& poller, TickHandler& handler)
      : poller_(poller), handler_(handler), timer_(*this) {}

  /// The first tick comes after one `period`, in nanoseconds and at least a millisecond; what ran
  /// before is replaced.
  void start(base::Nanos period) {
    // Adding it to the time must not overflow; half of all time is never.
    constexpr base::Nanos kLongest = std::numeric_limits<base::Nanos>::max() / 2;
    period_ = std::clamp(period, base::kMillisecond, kLongest);
    due_ = poller_.now() + period_;
    poller_.arm(timer_, period_);
  }

  void stop() { timer_.cancel(); }
  [[nodiscard]] bool running() const { return timer_.armed(); }

 private:
  void on_timeout(Timer& /*timer*/) override {
    const base::Nanos late = std::max<base::Nanos>(poller_.now() - due_, 0);
    const base::Nanos passed = 1 + late / period_;
    due_ += passed * period_;
    poller_.arm(timer_, due_ - poller_.now());
    poller_.running_for(typeid(handler_));
    handler_.on_tick(*this, static_cast<std::uint64_t>(passed));
  }

  Poller& poller_;
  TickHandler& handler_;
  Timer timer_;
  base::Nanos period_ = 0;
  base::Nanos due_ = 0;
};

}  // namespace tidegate::reactor
