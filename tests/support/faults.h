// System calls that fail on demand, for tests of what no machine does when asked to.
//
// The program is linked with `--wrap` for each call in `Call` (tests/CMakeLists.txt), so that every
// call in its own objects and static libraries comes through faults.cc first; the library itself is
// the one that is shipped, and knows nothing of it. Without a `Faults` on the calling thread the
// call goes to the kernel unchanged. What the C library does inside, and calls that are not listed,
// are out of reach; so is code built with link-time optimisation, or with _FORTIFY_SOURCE, which
// renames some of them.
//
// Owner:  a test, on its stack; the plan ends with it. One at a time on a thread.
// Thread: only calls of the thread that made it are touched: other pollers run on undisturbed.
//
//   test::Faults faults;
//   faults.fail(Call::accept4, {.code = EINTR, .times = 3});            // the next three
//   faults.fail(Call::accept4, {.code = ECONNABORTED, .after = 1});     // the second from now on
//   faults.fail(Call::setsockopt, {.code = EINVAL, .only = SO_RCVBUF}); // one option
//   faults.limit(Call::send, 3);                                        // three bytes at a time
#pragma once

#include <array>
#include <cstddef>

namespace tidegate::test {

enum class Call {
  socket,
  setsockopt,
  bind,
  listen,
  connect,
  accept4,
  recv,
  send,
  sendmsg,
  epoll_create1,
  epoll_ctl,
  epoll_wait,  // and epoll_pwait2
  eventfd,
};

struct Fault {
  int code = 0;     // the errno
  int times = 1;    // so many calls in a row; kAlways: all
  int after = 0;    // matching calls that go through before the first failing one
  int only = kAny;  // setsockopt: this option name; epoll_ctl: this operation
  /// The call is made all the same, and only its outcome is lost, as when a signal comes late or
  /// a connection dies in the queue. An fd it made is closed.
  bool done_anyway = false;

  static constexpr int kAny = -1;
  static constexpr int kAlways = -1;
};

class Faults {
 public:
  static constexpr std::size_t kMaxRules = 16;
  static constexpr std::size_t kCalls = static_cast<std::size_t>(Call::eventfd) + 1;

  Faults();
  Faults(const Faults&) = delete;
  Faults& operator=(const Faults&) = delete;
  ~Faults();

  /// Adds to the plan. Each fault counts matching calls from here on; of several that are due the
  /// first added wins.
  void fail(Call call, const Fault& fault);

  /// recv, send and sendmsg take at most `bytes` a call; 0: no limit. Who is told of edges may
  /// take a short call for the kernel's queue being empty or full (epoll(7)), and then waits for
  /// an edge that does not come: to be used where something else makes it try again.
  void limit(Call call, std::size_t bytes);

  /// How many calls were made, and how many of them failed by plan.
  [[nodiscard]] int made(Call call) const { return tally(call).made; }
  [[nodiscard]] int failed(Call call) const { return tally(call).failed; }

  // For faults.cc: the fault that is due for this call, or none. Counts it.
  const Fault* due(Call call, int detail);
  [[nodiscard]] std::size_t allowed(Call call, std::size_t wanted) const;

 private:
  struct Rule {
    Call call{};
    Fault fault;
    int seen = 0;
  };
  struct Tally {
    int made = 0;
    int failed = 0;
    std::size_t limit = 0;
  };
  [[nodiscard]] const Tally& tally(Call call) const {
    return tallies_[static_cast<std::size_t>(call)];
  }

  std::array<Rule, kMaxRules> rules_{};
  std::size_t rule_count_ = 0;
  std::array<Tally, kCalls> tallies_{};
};

}  // namespace tidegate::test
