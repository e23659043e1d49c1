// What handing work to a poller costs: to one that is awake, and to one that sleeps on another
// thread. The time Google Benchmark reports is nanoseconds a task; for `wake_up` nanoseconds from
// one poller to the other.
#include <benchmark/benchmark.h>

#include <atomic>
#include <thread>

#include "reactor/poller.h"
#include "reactor/poller_group.h"

namespace tidegate::reactor {
namespace {

// Tasks posted by the poller's own thread and run in its next turn: what a post itself costs, its
// allocation included, and one two-hundred-and-fifty-sixth of a turn.
void post_to_itself(benchmark::State& state) {
  Poller poller;
  if (!poller.open()) return state.SkipWithError("no poller");
  int ran = 0;
  while (state.KeepRunningBatch(Notifier::kTasksPerTurn)) {
    for (int i = 0; i < Notifier::kTasksPerTurn; ++i) poller.post([&ran] { ++ran; });
    poller.turn(0);
  }
  benchmark::DoNotOptimize(ran);
}

// Tasks from a thread to a poller that runs on another, as many at a time as there are in a burst;
// the poller sleeps between bursts.
void burst_to_another(benchmark::State& state) {
  PollerGroup group({.name = "bench"});
  if (!group.open() || !group.start()) return state.SkipWithError("no pollers");
  const std::int64_t burst = state.range(0);
  std::atomic<std::int64_t> ran{0};
  std::int64_t posted = 0;
  while (state.KeepRunningBatch(burst)) {
    for (std::int64_t i = 0; i < burst; ++i) {
      group[0].post([&ran] { ran.fetch_add(1, std::memory_order_relaxed); });
    }
    posted += burst;
    while (ran.load(std::memory_order_relaxed) < posted) std::this_thread::yield();
  }
  state.counters["wake-ups a burst"] = static_cast<double>(group[0].stats().wakeups.get()) *
                                       static_cast<double>(burst) / static_cast<double>(posted);
}

// Two pollers on two threads throw a task to and fro; each sleeps until it comes.
class PingPong {
 public:
  explicit PingPong(Poller& here) : here_(here) {}

  bool start(std::int64_t throws) {
    if (!there_.open() || !there_.start()) return false;
    left_ = throws;
    there_[0].post([this] { over_there(); });
    return true;
  }
  [[nodiscard]] bool over() const { return left_ <= 0; }

 private:
  void over_there() {
    here_.post([this] { over_here(); });
  }
  void over_here() {
    left_ -= 2;
    if (!over()) there_[0].post([this] { over_there(); });
  }

  Poller& here_;
  PollerGroup there_{{.name = "bench"}};
  std::int64_t left_ = 0;
};

void wake_up(benchmark::State& state) {
  constexpr std::int64_t kThrows = 1000;
  Poller poller;
  if (!poller.open()) return state.SkipWithError("no poller");
  while (state.KeepRunningBatch(kThrows)) {
    PingPong game(poller);
    if (!game.start(kThrows)) return state.SkipWithError("no pollers");
    while (!game.over()) poller.turn(-1);
  }
}

BENCHMARK(post_to_itself);
BENCHMARK(burst_to_another)->Arg(1)->Arg(64)->Arg(4096)->UseRealTime();
BENCHMARK(wake_up)->UseRealTime();

}  // namespace
}  // namespace tidegate::reactor

BENCHMARK_MAIN();
