// What the soak counts on every thread, and what must be true of it at the end.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdio>

namespace tidegate::soak {

struct Pair {
  const char* what;
  std::atomic<std::uint64_t> begun{0};
  std::atomic<std::uint64_t> ended{0};
};

struct Ledger {
  Pair guests{"connections accepted and ended", {}, {}};
  Pair dials{"dials begun and answered", {}, {}};
  Pair calls{"connections made and ended", {}, {}};
  Pair posts{"tasks posted and run", {}, {}};
  Pair receipts{"receipts asked for and told", {}, {}};
  Pair rounds{"broadcasts begun and reported", {}, {}};
  Pair links{"links asked for and answered", {}, {}};
  Pair jobs{"jobs handed over and answered or dropped", {}, {}};
  std::atomic<std::uint64_t> timeouts{0};
  std::atomic<std::uint64_t> echoed{0};
  std::atomic<std::uint64_t> broken{0};

  /// An invariant did not hold. The run goes on, and ends as failed.
  void complain(const char* what) {
    if (broken.fetch_add(1) < 20) std::fprintf(stderr, "soak: %s\n", what);
  }
};

}  // namespace tidegate::soak
