// One piece of work on its way through an Offload: queued, worked on by a thread of the pool, then
// run as a task on the poller it came from.
//
// Owner:  whoever it is with; it moves from the queue to a worker to the poller.
// Thread: `work` on a thread of the pool, `run` on the poller.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "reactor/base/task.h"
#include "reactor/poller.h"

namespace tidegate::reactor {

// What the jobs of one ticket look at to know whether they are still wanted; shared, because the
// ticket and its jobs may end in any order.
using JobsWanted = std::atomic<bool>;

class OffloadJob : public base::Task {
 public:
  OffloadJob(Poller& home, std::shared_ptr<const JobsWanted> wanted)
      : home_(home), wanted_(std::move(wanted)) {}

  virtual void work() = 0;

  /// On the home poller's thread the last word; elsewhere it may become false at any time.
  [[nodiscard]] bool wanted() const { return wanted_->load(std::memory_order_relaxed); }

  [[nodiscard]] Poller& home() const { return home_; }

 private:
  Poller& home_;
  std::shared_ptr<const JobsWanted> wanted_;
};

template <typename Work, typename Done>
class OffloadJobOf final : public OffloadJob {
 public:
  template <typename W, typename D>
  OffloadJobOf(Poller& home, std::shared_ptr<const JobsWanted> wanted, W&& work, D&& done)
      : OffloadJob(home, std::move(wanted)),
        work_(std::forward<W>(work)),
        done_(std::forward<D>(done)) {}

  void work() override {
    if constexpr (kNoValue) {
      (*work_)();
    } else {
      result_.emplace((*work_)());
    }
    work_.reset();
  }

  void run() override {
    if (!wanted()) return;
    if constexpr (kNoValue) {
      done_();
    } else {
      done_(std::move(*result_));
    }
  }

 private:
  using Value = std::decay_t<std::invoke_result_t<Work&>>;
  static constexpr bool kNoValue = std::is_void_v<Value>;

  std::optional<Work> work_;  // until it has run
  Done done_;
  std::optional<std::conditional_t<kNoValue, bool, Value>> result_;
};

}  // namespace tidegate::reactor
