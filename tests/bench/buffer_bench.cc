// What it costs a stream to keep what the kernel does not take: copied into pooled blocks, gathered
// for the next write, given back. The time Google Benchmark reports is nanoseconds a spill.
#include <benchmark/benchmark.h>

#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <string>

#include "reactor/base/block_pool.h"
#include "reactor/base/buffer.h"

namespace tidegate::base {
namespace {

// In as one piece, out as the kernel takes it: `range(1)` bytes at a time.
void spill_and_flush(benchmark::State& state) {
  const std::string bytes(static_cast<std::size_t>(state.range(0)), 'x');
  const auto step = static_cast<std::size_t>(state.range(1));
  BlockPool pool;
  Buffer buffer;
  for (auto _ : state) {
    buffer.append(bytes, pool);
    while (!buffer.empty()) {
      std::array<iovec, 16> slices;
      benchmark::DoNotOptimize(buffer.gather(slices.data(), slices.size()));
      buffer.consume(std::min(step, buffer.size()), pool);
    }
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

// Many small pieces, as a chatty writer over a slow reader makes them.
void small_appends(benchmark::State& state) {
  const std::string piece(static_cast<std::size_t>(state.range(0)), 'x');
  constexpr int kPieces = 512;
  BlockPool pool;
  Buffer buffer;
  while (state.KeepRunningBatch(kPieces)) {
    for (int i = 0; i < kPieces; ++i) buffer.append(piece, pool);
    buffer.clear(pool);
  }
}

BENCHMARK(spill_and_flush)
    ->Args({100, 100})
    ->Args({16 * 1024, 16 * 1024})
    ->Args({64 * 1024, 64 * 1024})
    ->Args({64 * 1024, 1460})
    ->Args({2 * 1024 * 1024, 64 * 1024});
BENCHMARK(small_appends)->Arg(16)->Arg(128);

}  // namespace
}  // namespace tidegate::base

BENCHMARK_MAIN();
