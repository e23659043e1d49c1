// Watches pollers from a thread of its own and names the callback that has kept one from its work.
//
// A callback that blocks delays every connection of its poller; metrics show that it happened, this
// says whose it was while it is still happening. It reads what pollers publish anyway: a poller
// pays nothing for being watched.
//
// Owner:  the program; destroyed before the pollers. Thread: `add` before `start`; the observer is
//         called on the detector's thread.
// Exact:  a stall is told once, between `threshold` and 1.25 × `threshold` after it began, and its
//         end is told too. Shorter ones are not seen; PollerStats and CallbackWatch have the
//         longest.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "reactor/base/clock.h"
#include "reactor/base/result.h"
#include "reactor/poller.h"
#include "reactor/poller_group.h"

namespace tidegate::reactor {

struct Stall {
  const Poller* poller = nullptr;
  std::string what;        // the type whose callback runs, e.g. "app::Session"
  base::Nanos lasted = 0;  // so far
};

class StallObserver {
 public:
  virtual void on_stall(const Stall& stall) = 0;
  /// The same stall is over; `lasted` is its whole length, exact to a quarter of the threshold.
  virtual void on_stall_end(const Stall& stall) { static_cast<void>(stall); }

 protected:
  ~StallObserver() = default;
};

// The decision, without thread or clock: what one poller's samples say.
class StallGauge {
 public:
  enum class Verdict : std::uint8_t { fine, begins, goes_on, ends };

  explicit StallGauge(base::Nanos threshold) : threshold_(threshold) {}

  /// `started` counts callbacks, `running` says whether one runs, at the time `now`.
  Verdict sample(std::uint64_t started, bool running, base::Nanos now);

  /// How long the callback of the last sample has run, or ran.
  [[nodiscard]] base::Nanos lasted() const { return lasted_; }

 private:
  base::Nanos threshold_;
  std::uint64_t seen_ = 0;
  bool running_ = false;
  bool told_ = false;
  base::Nanos since_ = 0;
  base::Nanos lasted_ = 0;
};

class StallDetector {
 public:
  /// `threshold` is in nanoseconds and at least a millisecond.
  StallDetector(StallObserver& observer, base::Nanos threshold);
  StallDetector(const StallDetector&) = delete;
  StallDetector& operator=(const StallDetector&) = delete;
  ~StallDetector();

  void add(const Poller& poller);
  void add(PollerGroup& group);

  /// Fails as: out_of_memory, os.
  base::Status start();

  /// Stalls told so far.
  [[nodiscard]] std::uint64_t stalls() const { return stalls_.load(std::memory_order_relaxed); }

 private:
  struct Watched {
    const Poller* poller;
    StallGauge gauge;
    std::string what;
  };

  void run();
  void look_at(Watched& watched, base::Nanos now);

  StallObserver& observer_;
  base::Nanos threshold_;
  std::vector<Watched> watched_;
  std::atomic<std::uint64_t> stalls_{0};
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;  // under mutex_
  std::thread thread_;
};

/// A type's name as written in the program, from what `typeid` gives.
std::string readable_name(const std::type_info& type);

}  // namespace tidegate::reactor
