// What a log line costs the thread that writes it: formatting, escaping and the copy into its ring.
// The time Google Benchmark reports is nanoseconds a line; the writer thread empties the ring
// between batches and its work is not counted.
#include <benchmark/benchmark.h>

#include <string>
#include <string_view>
#include <thread>

#include "reactor/base/clock.h"
#include "reactor/base/log.h"
#include "reactor/base/log_writer.h"

namespace tidegate::base {
namespace {

// Far less than half a ring.
constexpr int kLines = 1000;

template <typename WriteOne>
void lines(benchmark::State& state, WriteOne write_one) {
  LogWriter writer;
  const auto to = writer.open_destination("/dev/null");
  if (!to || !writer.start()) return state.SkipWithError("no log");
  Log log;
  log.attach(writer, *to, LogLevel::info);
  std::uint64_t wanted = 0;
  while (state.KeepRunningBatch(kLines)) {
    const Nanos from = read_clock(CLOCK_THREAD_CPUTIME_ID);
    for (int i = 0; i < kLines; ++i) write_one(log, i);
    state.SetIterationTime(static_cast<double>(read_clock(CLOCK_THREAD_CPUTIME_ID) - from) / 1e9);
    wanted += kLines;
    while (writer.written() + writer.dropped() < wanted) std::this_thread::yield();
  }
  if (writer.dropped() > 0) state.SkipWithError("lines were dropped");
}

void event_alone(benchmark::State& state) {
  lines(state, [](const Log& log, int /*i*/) { log.info("drain_begin", {}); });
}

void three_fields(benchmark::State& state) {
  lines(state, [](const Log& log, int i) {
    log.warn("endpoint_down",
             {{"cluster", "shop"}, {"endpoint", "10.1.2.3:8080"}, {"failures", i}});
  });
}

void a_strangers_bytes(benchmark::State& state) {
  const std::string path = "/search?q=\"quoted\"\\back\x01\x02\xff" + std::string(200, 'a');
  lines(state, [&](const Log& log, int /*i*/) { log.info("refused", {{"path", path}}); });
}

void left_out(benchmark::State& state) {
  LogWriter writer;
  const auto to = writer.open_destination("/dev/null");
  if (!to) return state.SkipWithError("no log");
  Log log;
  log.attach(writer, *to, LogLevel::info);
  for (auto _ : state) log.debug("connection_open", {{"fd", 7}});
}

BENCHMARK(event_alone)->UseManualTime();
BENCHMARK(three_fields)->UseManualTime();
BENCHMARK(a_strangers_bytes)->UseManualTime();
BENCHMARK(left_out);

}  // namespace
}  // namespace tidegate::base

BENCHMARK_MAIN();
