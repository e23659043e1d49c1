// A poller on a thread of its own, for as long as a test wants.
#pragma once

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <thread>
#include <utility>

#include "reactor/poller.h"
#include "tests/support/turns.h"

namespace tidegate::test {

class RunningPoller {
 public:
  RunningPoller() { BOOST_TEST_REQUIRE(poller_.open().ok()); }
  RunningPoller(const RunningPoller&) = delete;
  RunningPoller& operator=(const RunningPoller&) = delete;
  ~RunningPoller() { stop(); }

  void start() {
    thread_ = std::thread([this] {
      poller_.run();
      left_ = true;
    });
  }

  /// Stops it and makes it the calling thread's again.
  void stop() {
    if (!thread_.joinable()) return;
    poller_.stop();
    join();
  }

  /// Whether it leaves its loop by itself.
  [[nodiscard]] bool leaves() {
    const bool did = spin_until([this] { return left_.load(); });
    stop();
    return did;
  }

  [[nodiscard]] bool has_left() const { return left_; }

  /// Runs `action` on its thread, and waits until it did.
  template <typename Action>
  void on_thread(Action action) {
    std::atomic<bool> done{false};
    poller_.post([&] {
      action();
      done = true;
    });
    BOOST_TEST_REQUIRE(spin_until([&] { return done.load(); }));
  }

  reactor::Poller& operator*() { return poller_; }
  reactor::Poller* operator->() { return &poller_; }

 private:
  void join() {
    thread_.join();
    poller_.bind_to_this_thread();
  }

  reactor::Poller poller_;
  std::atomic<bool> left_{false};
  std::thread thread_;
};

}  // namespace tidegate::test
