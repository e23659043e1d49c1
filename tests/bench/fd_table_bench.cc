// What it costs to find an event's handler, and to give an fd its place and take it back. The time
// Google Benchmark reports is nanoseconds an operation. Above 65,536 the table is a map.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <random>
#include <vector>

#include "reactor/fd_table.h"

namespace tidegate::reactor {
namespace {

class Deaf final : public EventHandler {
 public:
  void on_ready(Ready /*ready*/) override {}
};

// Looks up every fd once, in the random order in which events come.
void find(benchmark::State& state) {
  Deaf handler;
  FdTable table;
  std::vector<Cookie> cookies;
  for (int fd = 0; fd < state.range(0); ++fd) cookies.push_back(table.insert(fd, handler));
  std::shuffle(cookies.begin(), cookies.end(), std::mt19937_64(1));
  while (state.KeepRunningBatch(state.range(0))) {
    for (const Cookie cookie : cookies) benchmark::DoNotOptimize(table.find(cookie));
  }
}

// One connection comes and goes beside N others.
void insert_and_erase(benchmark::State& state) {
  Deaf handler;
  FdTable table;
  const auto fd = static_cast<int>(state.range(0));
  for (int other = 0; other < fd; ++other) table.insert(other, handler);
  for (auto _ : state) table.erase(table.insert(fd, handler));
}

BENCHMARK(find)->Arg(64)->Arg(1'000)->Arg(10'000)->Arg(65'000)->Arg(200'000);
BENCHMARK(insert_and_erase)->Arg(1'000)->Arg(65'000)->Arg(200'000);

}  // namespace
}  // namespace tidegate::reactor

BENCHMARK_MAIN();
