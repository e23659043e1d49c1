// Timers for one poller: a hierarchical wheel of intrusive nodes, 1 ms a tick.
//
// Arming, cancelling and moving a deadline are O(1) and allocate nothing; moving it later or
// cancelling is one store: the node stays where it is, and when its slot comes up it is placed
// anew or dropped. So per-request deadlines cost next to nothing.
//
// Owner:    a Timer belongs to the object whose deadline it is; destroying it disarms it.
// Thread:   its poller's.
// Promises: never early; late by at most one tick plus what the turn took. Any callback may arm,
//           cancel or destroy any timer, its own included. A zero delay fires in a later tick,
//           never inside `arm`.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

#include "reactor/base/clock.h"
#include "reactor/base/intrusive_list.h"
#include "reactor/callback_watch.h"

namespace tidegate::reactor {

class Timer;
class TimerWheel;

class TimerHandler {
 public:
  /// `timer` is disarmed when this is called; tell several timers apart by their address.
  virtual void on_timeout(Timer& timer) = 0;

 protected:
  ~TimerHandler() = default;
};

class Timer : private base::Hook<base::DefaultTag> {
 public:
  explicit Timer(TimerHandler& handler) : handler_(&handler) {}

  [[nodiscard]] bool armed() const { return deadline_ != kDisarmed; }
  void cancel() { deadline_ = kDisarmed; }

 private:
  friend class TimerWheel;
  friend class base::IntrusiveList<Timer>;
  static constexpr std::int64_t kDisarmed = std::numeric_limits<std::int64_t>::max();

  std::int64_t deadline_ = kDisarmed;  // tick
  std::int64_t slot_tick_ = 0;         // the tick its slot comes up, while linked
  TimerHandler* handler_;
};

class TimerWheel {
 public:
  /// `watch`, when given, is told of every callback.
  explicit TimerWheel(base::Nanos now, CallbackWatch* watch = nullptr)
      : current_(floor_tick(now)), watch_(watch) {}

  /// Sets the deadline to `delay` after `now`, replacing an earlier one. `now` is the turn's time.
  /// A negative delay counts as zero, the longest there is means never.
  void arm(Timer& timer, base::Nanos now, base::Nanos delay) {
    const std::int64_t tick = ceil_tick(now + std::clamp<base::Nanos>(delay, 0, kLatest - now));
    timer.deadline_ = tick;
    // In a slot still to come it is found again then; in the one that is coming up it is too early.
    if (timer.linked() && timer.slot_tick_ > current_ && timer.slot_tick_ <= tick) return;
    timer.unlink();
    place(timer, tick > current_ ? tick : current_ + 1);
  }

  // What one `advance` did. Lag is the time from a deadline's tick to `now`, in nanoseconds.
  struct Fired {
    std::uint64_t count = 0;
    std::uint64_t lag_sum = 0;
    std::uint64_t longest_lag = 0;
  };

  /// Calls every handler whose deadline has passed.
  Fired advance(base::Nanos now);

  /// Nanoseconds from `now` until `advance` has something to do; -1 when there is nothing at all.
  [[nodiscard]] base::Nanos until_next(base::Nanos now) const;

 private:
  static constexpr int kBits = 6;
  static constexpr int kSlots = 1 << kBits;
  static constexpr int kLevels = 6;  // 64^6 ms: over two years; what is longer is re-placed then
  static constexpr std::int64_t kMaxDelta = (std::int64_t{1} << (kBits * kLevels)) - 1;
  // Rounding it up to a tick does not overflow.
  static constexpr base::Nanos kLatest =
      std::numeric_limits<base::Nanos>::max() - base::kMillisecond;
  using Slot = base::IntrusiveList<Timer>;

  static std::int64_t floor_tick(base::Nanos at) { return at / base::kMillisecond; }
  static std::int64_t ceil_tick(base::Nanos at) {
    return (at + base::kMillisecond - 1) / base::kMillisecond;
  }

  // Requires: tick >= current_.
  void place(Timer& timer, std::int64_t tick);
  [[nodiscard]] std::int64_t next_tick() const;
  void cascade(int level);
  // Returns how many handlers were called.
  std::uint64_t expire(Slot& due);

  std::int64_t current_;  // the last tick that was dealt with
  CallbackWatch* watch_;
  std::array<std::uint64_t, kLevels> occupied_{};
  std::array<std::array<Slot, kSlots>, kLevels> slots_;
};

}  // namespace tidegate::reactor
