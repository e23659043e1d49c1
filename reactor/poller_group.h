// N pollers, each on a thread of its own.
//
// Owner:  a server or a program's main. Thread: the one that made it.
// Life:   open → (handlers are placed) → start → stop or drain → join, once. A failed start leaves
//         no thread behind, and is not tried again. Destroying a running group stops and joins it;
//         what was retired or posted and never dealt with goes before the first poller does.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "reactor/base/result.h"
#include "reactor/poller.h"

namespace tidegate::reactor {

struct PollerGroupOptions {
  std::string name = "poller";  // threads are called name-0, name-1, …; at most 12 bytes
  std::size_t count = 1;
  bool pin = false;  // poller i to the i-th processor this process may use, round robin
};

class PollerGroup {
 public:
  explicit PollerGroup(PollerGroupOptions options) : options_(std::move(options)) {}
  PollerGroup(const PollerGroup&) = delete;
  PollerGroup& operator=(const PollerGroup&) = delete;
  ~PollerGroup();

  /// Makes the pollers, which belong to the calling thread until `start`.
  base::Status open();

  /// Starts the threads. Fails as: out_of_memory, os. Requires: not started or stopped before.
  base::Status start();

  /// Asks every poller to leave its loop; returns at once. From any thread.
  void stop();

  /// Lets every poller finish what was posted to it; it leaves its loop once no fd is registered
  /// with it and no task waits. Timers and the work of an Offload do not keep it. Those that have
  /// not after `patience` nanoseconds are stopped. Joins; true when none had to be stopped. Whoever
  /// owns handlers ends them: this only waits. What is posted to a poller that has left is
  /// destroyed unrun, with the group.
  bool drain(base::Nanos patience);

  /// Waits for the threads. The pollers then belong to the calling thread again.
  void join();

  [[nodiscard]] std::size_t size() const { return pollers_.size(); }
  Poller& operator[](std::size_t i) { return *pollers_[i]; }
  const Poller& operator[](std::size_t i) const { return *pollers_[i]; }

  /// The one with the lowest `Poller::load`; the first of several. From any thread.
  Poller& least_loaded();

 private:
  void note_left();
  // Waits until every poller has run what is posted to it now; what that posts to others is on its
  // way then. False when that takes longer.
  bool settle(std::chrono::steady_clock::time_point limit);

  PollerGroupOptions options_;
  std::vector<std::unique_ptr<Poller>> pollers_;
  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t left_ = 0;      // threads that are done; under mutex_
  std::size_t answered_ = 0;  // pollers that have answered `settle`; under mutex_
  bool used_ = false;         // started once, or stopped
};

}  // namespace tidegate::reactor
