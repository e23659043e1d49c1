// A bounded pool of threads for slow work (a file system, a name service, compression), whose
// results come back as tasks on the poller that asked.
//
//   pool.submit(ticket_, [path] { return read_whole(path); },
//               [this](Result<std::string> text) { answer(std::move(text)); });
//
// Owner:    main makes an Offload, and stops it while the pollers of its tickets still exist; a
//           handler has an OffloadTicket as a member.
// Thread:   `submit` and everything of a ticket: the ticket's poller's. `start` and `stop`: the
//           owner's. The stats: any.
// Fails as: Errc::limit when the queue is full, Errc::cancelled after `stop`. Work that throws
//           stops the process: an error is a value, and `work` returns it.
// Promises: `done` runs at most once, never from inside `submit`, and never after its ticket was
//           cancelled or destroyed. Work still queued by then is skipped; what a thread has begun
//           it finishes, and the result is dropped.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "reactor/base/result.h"
#include "reactor/offload_job.h"
#include "reactor/poller.h"

namespace tidegate::reactor {

// The right of one handler to hear of its work. Any number of jobs may be under way on one ticket,
// in any number of pools; with several threads they come back in no particular order.
class OffloadTicket {
 public:
  /// `poller` must outlive this object.
  explicit OffloadTicket(Poller& poller) : poller_(poller) {}
  OffloadTicket(const OffloadTicket&) = delete;
  OffloadTicket& operator=(const OffloadTicket&) = delete;
  ~OffloadTicket() { cancel(); }

  /// No `done` of what was submitted so far will run. The ticket can be used again.
  void cancel();

 private:
  friend class Offload;
  std::shared_ptr<const JobsWanted> wanted();

  Poller& poller_;
  std::shared_ptr<JobsWanted> wanted_;  // null until the first job
};

struct OffloadOptions {
  std::size_t threads = 2;        // at least 1
  std::size_t max_queued = 1024;  // jobs no thread has begun yet; at least 1
  std::string name = "offload";   // threads are called name-0, name-1, …; at most 12 bytes
};

// Once stopped, submitted = completed + cancelled.
struct OffloadStats {
  std::atomic<std::uint64_t> submitted{0};  // accepted
  std::atomic<std::uint64_t> completed{0};  // the work was done, whoever still wanted it
  std::atomic<std::uint64_t> cancelled{0};  // never begun: its ticket or the pool was gone
  std::atomic<std::uint64_t> rejected{0};   // queue full, or the pool was stopped
  std::atomic<std::uint64_t> queued{0};     // now, not begun
};

class Offload {
 public:
  explicit Offload(OffloadOptions options);
  Offload(const Offload&) = delete;
  Offload& operator=(const Offload&) = delete;
  ~Offload();

  /// Starts the threads, with every signal blocked: signals belong to others. What was submitted
  /// before waits for them. On failure no thread is left. Fails as: out_of_memory, os.
  base::Status start();

  /// Drops what is queued (its `done` does not run), waits for the work that has begun, whose
  /// results still go to their pollers, and ends the threads. Not from a thread of the pool.
  void stop();

  /// Queues `work()` for a thread of the pool; `done` gets what it returns, by value (nothing for
  /// void; move-only is fine), on the ticket's poller. On failure neither was moved from.
  ///
  /// `work` and what it captured are destroyed on the pool's thread when it has run. Whatever is
  /// dropped, `done` and a result included, is destroyed by whichever thread drops it: capture
  /// values and plain references, nothing whose destructor needs the poller's thread.
  template <typename Work, typename Done>
  base::Status submit(OffloadTicket& ticket, Work&& work, Done&& done) {
    if (base::Status room = reserve(); !room) return room;
    using Job = OffloadJobOf<std::decay_t<Work>, std::decay_t<Done>>;
    enqueue(std::make_unique<Job>(ticket.poller_, ticket.wanted(), std::forward<Work>(work),
                                  std::forward<Done>(done)));
    return {};
  }

  [[nodiscard]] const OffloadStats& stats() const { return stats_; }

 private:
  base::Status reserve();
  void enqueue(std::unique_ptr<OffloadJob> job);
  void run();
  void carry_out(std::unique_ptr<OffloadJob> job) noexcept;
  // The oldest job. Requires: the mutex is held, and there is one.
  std::unique_ptr<OffloadJob> take();

  OffloadOptions options_;
  OffloadStats stats_;
  std::mutex mutex_;
  std::condition_variable wake_;
  // Under mutex_: a ring of max_queued places, of which `places_taken_` are filled or promised to a
  // submit under way.
  std::vector<std::unique_ptr<OffloadJob>> ring_;
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  std::size_t places_taken_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;  // the owner's
};

}  // namespace tidegate::reactor
