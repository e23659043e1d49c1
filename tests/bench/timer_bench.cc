// What a timer costs while N are armed, over deadlines of up to a minute. The time Google Benchmark
// reports is nanoseconds an operation. `in_turn` goes through the timers as they lie in memory;
// `shuffled` adds what it costs to fetch each of them and its neighbours from wherever they are.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <random>
#include <span>
#include <vector>

#include "reactor/timer_wheel.h"

namespace tidegate::reactor {
namespace {

using base::kMillisecond;
using base::kSecond;
using base::Nanos;

constexpr Nanos kMinute = 60 * kSecond;

enum Order { kInTurn, kShuffled };

class Counter final : public TimerHandler {
 public:
  void on_timeout(Timer& /*timer*/) override { ++fired; }
  std::size_t fired = 0;
};

// As far apart as they are in connections.
struct Spaced {
  explicit Spaced(TimerHandler& handler) : timer(handler) {}
  char before[128];
  Timer timer;
};

// N timers and the order in which they are gone through.
class Timers {
 public:
  Timers(std::size_t count, Order order) : order_(count), delays_(count) {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    if (order == kShuffled) std::shuffle(order_.begin(), order_.end(), random_);
    make_anew();
  }

  [[nodiscard]] std::size_t size() const { return order_.size(); }
  Counter& counter() { return counter_; }
  [[nodiscard]] Nanos delay(std::size_t i) const { return delays_[i]; }

  /// Takes a new timer for each old one, so that none is armed.
  void make_anew() {
    timers_.clear();
    while (timers_.size() < order_.size()) timers_.push_back(std::make_unique<Spaced>(counter_));
  }

  /// Random delays for `arm_all`.
  void draw(Nanos from, Nanos to) {
    std::uniform_int_distribution<Nanos> any(from, to);
    std::generate(delays_.begin(), delays_.end(), [&] { return any(random_); });
  }
  void add_to_delays(Nanos more) {
    for (Nanos& delay : delays_) delay += more;
  }

  void arm_all(TimerWheel& wheel) {
    each([&](Timer& timer, std::size_t i) { wheel.arm(timer, 0, delays_[i]); });
  }
  void cancel_all() {
    each([](Timer& timer, std::size_t /*i*/) { timer.cancel(); });
  }
  void destroy_all() {
    for (const std::size_t at : order_) timers_[at].reset();
  }

  Timer& any() { return timers_[order_[next_++ % order_.size()]]->timer; }

 private:
  template <typename Visit>
  void each(Visit visit) {
    for (std::size_t i = 0; i < order_.size(); ++i) visit(timers_[order_[i]]->timer, i);
  }

  std::mt19937_64 random_{1};
  Counter counter_;
  std::vector<std::size_t> order_;
  std::vector<Nanos> delays_;
  std::vector<std::unique_ptr<Spaced>> timers_;
  std::size_t next_ = 0;
};

// Counts only the processor's time, and only that which `work` takes.
template <typename Work>
void timed(benchmark::State& state, Work work) {
  const Nanos from = base::read_clock(CLOCK_THREAD_CPUTIME_ID);
  work();
  state.SetIterationTime(static_cast<double>(base::read_clock(CLOCK_THREAD_CPUTIME_ID) - from) /
                         1e9);
}

template <typename Prepare, typename Work>
void over_all(benchmark::State& state, Order order, Prepare prepare, Work work) {
  Timers timers(static_cast<std::size_t>(state.range(0)), order);
  while (state.KeepRunningBatch(state.range(0))) {
    timers.make_anew();
    TimerWheel wheel(0);
    prepare(timers, wheel);
    timed(state, [&] { work(timers, wheel); });
  }
}

void arm_fresh(benchmark::State& state, Order order) {
  over_all(
      state, order, [](Timers& timers, TimerWheel&) { timers.draw(0, kMinute); },
      [](Timers& timers, TimerWheel& wheel) { timers.arm_all(wheel); });
}

void rearm_later(benchmark::State& state, Order order) {
  over_all(
      state, order,
      [](Timers& timers, TimerWheel& wheel) {
        timers.draw(0, kMinute);
        timers.arm_all(wheel);
        timers.add_to_delays(kSecond);
      },
      [](Timers& timers, TimerWheel& wheel) { timers.arm_all(wheel); });
}

void rearm_earlier(benchmark::State& state, Order order) {
  over_all(
      state, order,
      [](Timers& timers, TimerWheel& wheel) {
        timers.draw(kMinute / 2, kMinute);
        timers.arm_all(wheel);
        timers.add_to_delays(-kMinute / 2);
      },
      [](Timers& timers, TimerWheel& wheel) { timers.arm_all(wheel); });
}

void arm_random(Timers& timers, TimerWheel& wheel) {
  timers.draw(0, kMinute);
  timers.arm_all(wheel);
}

void cancel(benchmark::State& state, Order order) {
  over_all(state, order, arm_random,
           [](Timers& timers, TimerWheel& /*wheel*/) { timers.cancel_all(); });
}

// An armed timer goes with its object: this includes freeing that.
void destroy_armed(benchmark::State& state, Order order) {
  over_all(state, order, arm_random,
           [](Timers& timers, TimerWheel& /*wheel*/) { timers.destroy_all(); });
}

// All of them, with every step from level to level on the way.
void expire(benchmark::State& state, Order order) {
  over_all(state, order, arm_random, [&](Timers& timers, TimerWheel& wheel) {
    wheel.advance(kMinute + kMillisecond);
    if (timers.counter().fired < timers.size()) state.SkipWithError("not all fired");
  });
}

// A server's day: every timer is moved to a minute from now once a second, and time passes. All
// that lazy moving puts off is in it: each batch lasts as long as the wheel's third level takes for
// one slot, and so moves the timers that lie there.
void rearm_while_time_passes(benchmark::State& state, Order order) {
  constexpr benchmark::IterationCount kTicks = 64 * 64;
  Timers timers(static_cast<std::size_t>(state.range(0)), order);
  TimerWheel wheel(0);
  const auto a_tick = static_cast<benchmark::IterationCount>(timers.size() / 1000);
  Nanos now = 0;
  const auto tick = [&] {
    now += kMillisecond;
    for (benchmark::IterationCount i = 0; i < a_tick; ++i) wheel.arm(timers.any(), now, kMinute);
    wheel.advance(now);
  };
  while (now < kMinute + 10 * kSecond) tick();
  while (state.KeepRunningBatch(a_tick * kTicks)) {
    for (benchmark::IterationCount i = 0; i < kTicks; ++i) tick();
  }
  if (timers.counter().fired > 0) state.SkipWithError("a timer fired");
}

void sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->Arg(10'000)->Arg(100'000)->Arg(1'000'000);
}

void by_hand(benchmark::internal::Benchmark* benchmark) {
  sizes(benchmark);
  benchmark->UseManualTime();
}

BENCHMARK_CAPTURE(arm_fresh, in_turn, kInTurn)->Apply(by_hand);
BENCHMARK_CAPTURE(arm_fresh, shuffled, kShuffled)->Apply(by_hand);
BENCHMARK_CAPTURE(rearm_later, in_turn, kInTurn)->Apply(by_hand);
BENCHMARK_CAPTURE(rearm_later, shuffled, kShuffled)->Apply(by_hand);
BENCHMARK_CAPTURE(rearm_earlier, in_turn, kInTurn)->Apply(by_hand);
BENCHMARK_CAPTURE(rearm_earlier, shuffled, kShuffled)->Apply(by_hand);
BENCHMARK_CAPTURE(cancel, in_turn, kInTurn)->Apply(by_hand);
BENCHMARK_CAPTURE(cancel, shuffled, kShuffled)->Apply(by_hand);
BENCHMARK_CAPTURE(destroy_armed, in_turn, kInTurn)->Apply(by_hand);
BENCHMARK_CAPTURE(destroy_armed, shuffled, kShuffled)->Apply(by_hand);
BENCHMARK_CAPTURE(expire, in_turn, kInTurn)->Apply(by_hand);
BENCHMARK_CAPTURE(expire, shuffled, kShuffled)->Apply(by_hand);
BENCHMARK_CAPTURE(rearm_while_time_passes, in_turn, kInTurn)->Apply(sizes);
BENCHMARK_CAPTURE(rearm_while_time_passes, shuffled, kShuffled)->Apply(sizes);

}  // namespace
}  // namespace tidegate::reactor

BENCHMARK_MAIN();
