// The one thread that writes the log: gathers what the rings hold, batches it per destination,
// and sleeps while there is nothing.
//
// How it sleeps: after a round that found lines it naps, so that a busy gateway pays for one
// wake-up a nap and not one a line; after a round that found none it sleeps until the next line
// wakes it. A producer pays for a wake-up only when it finds the thread asleep, or napping while
// its ring is half full.
//
// Owner:  a LogWriter. Thread: `join`, `wake_for`, `count_drop`, `reopen` and the counts from any;
//         the rest from the owner's.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "reactor/base/clock.h"
#include "reactor/base/log_file.h"
#include "reactor/base/log_ring.h"
#include "reactor/base/result.h"

namespace tidegate::base {

class LogThread {
 public:
  // 256 MiB at worst: a ring is used from end to end before its beginning is used again, and a page
  // of it takes memory from the first line on that comes there.
  static constexpr std::size_t kMaxRings = 256;
  static constexpr std::size_t kBatchBytes = 128 * 1024;
  static constexpr std::chrono::milliseconds kNap{2};

  /// `wall` gives the time by which dated files are named; it is called by the owner until `start`,
  /// then on the thread.
  explicit LogThread(std::function<Nanos()> wall = wall_now) : wall_(std::move(wall)) {}
  LogThread(const LogThread&) = delete;
  LogThread& operator=(const LogThread&) = delete;
  /// Writes what is queued; nobody may log any more.
  ~LogThread();

  /// The index of `path` among the destinations. Requires: not started.
  Result<std::uint32_t> open_destination(const std::string& path);

  /// Fails as: out_of_memory, os.
  Status start();

  /// A new ring for the calling thread; null when there are kMaxRings.
  std::shared_ptr<LogRing> join();

  /// To be called after each push that queued something.
  void wake_for(LogRing::Push pushed);

  void count_drop() { dropped_.fetch_add(1, std::memory_order_relaxed); }
  void reopen();

  [[nodiscard]] std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t written() const { return written_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t failed_opens() const {
    return failed_opens_.load(std::memory_order_relaxed);
  }

 private:
  enum class State : std::uint8_t { awake, napping, asleep };

  struct Destination {
    LogFile file;
    std::string batch;
  };

  void run();
  void wake();
  void rest(State how);
  [[nodiscard]] bool has_work(State how) const;
  bool write_queued();
  void take_in_new_rings();
  void queue(std::uint32_t to, std::string_view line);
  void flush(Destination& to);
  void reopen_files();

  void note_open(Status outcome);

  std::function<Nanos()> wall_;
  std::vector<Destination> destinations_;
  std::vector<std::shared_ptr<LogRing>> rings_;  // the thread's own
  std::atomic<std::uint64_t> dropped_{0};
  std::atomic<std::uint64_t> written_{0};
  std::atomic<std::uint64_t> failed_opens_{0};
  std::atomic<bool> stopping_{false};
  std::atomic<bool> reopen_wanted_{false};
  std::atomic<State> state_{State::awake};
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::shared_ptr<LogRing>> new_rings_;  // under mutex_
  std::size_t ring_count_ = 0;                       // under mutex_
  std::thread thread_;
};

}  // namespace tidegate::base
