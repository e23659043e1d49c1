// Hands tasks to a poller from any thread and wakes it when it sleeps.
//
// A wake-up is an eventfd write; it happens at most once per sleep, and not at all while the
// poller is awake. None is lost: the poller says that it will sleep, then looks at the queue once
// more; a producer pushes, then looks whether the poller said so.
// Thread: `post` from any; the rest from the poller's own.
#pragma once

#include <atomic>
#include <memory>

#include "reactor/base/mpsc_queue.h"
#include "reactor/base/result.h"
#include "reactor/callback_watch.h"
#include "reactor/event_handler.h"
#include "reactor/socket.h"

namespace tidegate::reactor {

class Notifier final : public EventHandler {
 public:
  static constexpr int kTasksPerTurn = 256;

  /// Makes the eventfd. Fails as: out_of_fds, out_of_memory, os.
  base::Status open();

  [[nodiscard]] int fd() const { return event_.fd(); }

  void post(std::unique_ptr<base::Task> task);

  /// Wakes the poller without a task.
  void wake();

  /// Says that the poller is about to sleep. False: there is work, do not.
  bool prepare_to_sleep();
  void awake() { sleeping_.store(false, std::memory_order_relaxed); }

  /// Runs at most kTasksPerTurn tasks, oldest first, each announced to `watch`; returns how many.
  int run_tasks(CallbackWatch& watch);

  /// How many eventfd wake-ups have come in.
  [[nodiscard]] std::uint64_t wakeups() const { return wakeups_; }

  void discard_tasks();

  [[nodiscard]] bool has_tasks() const { return !batch_.empty() || !queue_.empty(); }

  void on_ready(Ready ready) override;

 private:
  Socket event_;  // an eventfd; Socket for its ownership
  base::MpscQueue queue_;
  base::MpscQueue::Batch batch_{nullptr};
  std::atomic<bool> sleeping_{false};
  std::uint64_t wakeups_ = 0;
};

}  // namespace tidegate::reactor
