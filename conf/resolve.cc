#include "conf/resolve.h"

#include <sched.h>

#include <algorithm>
#include <thread>

namespace tidegate::conf {
namespace {

constexpr std::uint32_t kMaxWorkers = 256;

}  // namespace

std::uint32_t usable_cores() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  // Fails on machines with more cores than the set has room for.
  const bool known = ::sched_getaffinity(0, sizeof cores, &cores) == 0;
  const auto count =
      known ? static_cast<std::uint32_t>(CPU_COUNT(&cores)) : std::thread::hardware_concurrency();
  return std::clamp<std::uint32_t>(count, 1, kMaxWorkers);
}

void resolve(Config& config, std::uint32_t cores) {
  Workers& workers = config.workers;
  if (workers.count == 0) workers.count = cores;
  if (!workers.accept) {
    workers.accept = workers.count >= 2 ? AcceptMode::dedicated : AcceptMode::per_worker;
  }
}

}  // namespace tidegate::conf
