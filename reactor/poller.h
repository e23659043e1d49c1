// One thread's event loop: waits, dispatches, fires timers, runs tasks, destroys what was retired.
//
// Owner:  a PollerGroup, or a test. It owns no handler: handlers own their fds and registrations.
// Thread: everything but `post`, `stop` and `stats` belongs to the thread that calls `run`; before
// `run`
//         to the thread that made it. Checked in debug builds.
// Turn:   wait → dispatch events → dispatch requeued → timers → tasks → reap. `now()` is read once
//         after the wait.
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "reactor/base/block_pool.h"
#include "reactor/base/cell.h"
#include "reactor/base/clock.h"
#include "reactor/base/result.h"
#include "reactor/base/task.h"
#include "reactor/fd_table.h"
#include "reactor/notifier.h"
#include "reactor/timer_wheel.h"

struct epoll_event;

namespace tidegate::reactor {

class Poller;

// What a poller may be asked to destroy at the end of its turn.
class Retirable {
 public:
  Retirable() = default;
  Retirable(const Retirable&) = delete;
  Retirable& operator=(const Retirable&) = delete;
  virtual ~Retirable() = default;
};

// One fd's place in a poller. Destroying it deregisters; it moves with the fd from owner to owner
// (a Dial hands it to a Stream) without a system call.
class Registration {
 public:
  Registration() = default;
  Registration(Poller& poller, Cookie cookie) : poller_(&poller), cookie_(cookie) {}
  Registration(Registration&& other) noexcept
      : poller_(std::exchange(other.poller_, nullptr)), cookie_(other.cookie_) {}
  Registration& operator=(Registration&& other) noexcept {
    std::swap(poller_, other.poller_);
    std::swap(cookie_, other.cookie_);
    return *this;
  }
  ~Registration() { remove(); }

  [[nodiscard]] bool active() const { return poller_ != nullptr; }

  /// Deregisters; the fd stays open.
  void remove();

  /// Forgets the fd without a system call: for an owner that closes it at once.
  void release_for_close();

  /// From now on events go to `handler`.
  void hand_to(EventHandler& handler);

  /// Calls the handler again, marked `requeued`, after the events of this turn or in the next.
  void requeue();

 private:
  Poller* poller_ = nullptr;
  Cookie cookie_ = 0;
};

// Written by the poller's thread, read by any: plain stores, no locked instruction.
struct PollerStats {
  base::Cell turns;
  base::Cell events;
  base::Cell tasks;
  base::Cell busy_ns;
  base::Cell wait_ns;
  base::Cell registered;  // fds now
};

class Poller {
 public:
  enum class Mode { edge, level };
  enum Interest : unsigned { kRead = 1, kWrite = 2 };

  static constexpr int kEventsPerTurn = 256;
  static constexpr std::size_t kMinRead = 16 * 1024;
  static constexpr std::size_t kMaxRead = 256 * 1024;

  Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;
  ~Poller();

  /// Makes the kernel objects. Fails as: out_of_fds, out_of_memory, os. Requires: called once,
  /// first.
  base::Status open();

  /// Runs turns until `stop`. What is left then (tasks, the retired) is destroyed with the poller.
  void run();
  void stop();

  /// One turn, waiting at most `max_wait` nanoseconds (-1: as long as it takes): `run` for tests.
  void turn(base::Nanos max_wait);

  /// Begins to watch `fd`. Hang-ups and errors are always reported, and the peer's FIN with
  /// `kRead`. On failure nothing is left behind. Fails as: out_of_memory, os.
  base::Result<Registration> add(int fd, EventHandler& handler, unsigned interest, Mode mode);

  /// Runs `task` on this poller, from any thread; each thread's tasks in its order. After `stop` it
  /// is destroyed unrun.
  void post(std::unique_ptr<base::Task> task) {
    if (!stopping_.load(std::memory_order_acquire)) notifier_.post(std::move(task));
  }
  template <typename F>
  void post(F&& callable) {
    post(base::make_task(std::forward<F>(callable)));
  }

  /// Destroys `object` at the end of this turn: the way out for whatever may be on the call stack.
  void retire(std::unique_ptr<Retirable> object) { retired_.push_back(std::move(object)); }

  /// This turn's time, monotonic.
  [[nodiscard]] base::Nanos now() const { return now_; }

  void arm(Timer& timer, base::Nanos delay) { timers_.arm(timer, now_, delay); }

  /// Where reads land. Its content is good until the next read on this poller. The size follows
  /// what reads bring: kMinRead to kMaxRead.
  std::span<char> read_buffer();
  void note_read(std::size_t count);

  base::BlockPool& blocks() { return blocks_; }

  [[nodiscard]] const PollerStats& stats() const { return stats_; }
  [[nodiscard]] bool on_own_thread() const;

  /// Makes the calling thread the owner, once `run` has returned and its thread was joined.
  void bind_to_this_thread() { thread_.store(std::this_thread::get_id()); }

 private:
  friend class Registration;

  void dispatch(int count);
  void dispatch_requeued();
  void reap();
  [[nodiscard]] int wait_millis(base::Nanos now, base::Nanos max_wait);
  void note_turn(base::Nanos waited_from, base::Nanos woke, int events);

  int epoll_fd_ = -1;
  base::Nanos now_;
  std::vector<epoll_event> events_;
  FdTable table_;
  TimerWheel timers_;
  base::BlockPool blocks_;
  std::vector<Cookie> requeued_;
  std::vector<Cookie> requeued_now_;
  std::vector<std::unique_ptr<Retirable>> retired_;
  std::unique_ptr<char[]> read_buffer_;
  std::size_t read_size_ = kMinRead;
  int small_reads_ = 0;
  base::Nanos busy_since_ = 0;
  PollerStats stats_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::thread::id> thread_;
  Notifier notifier_;
  Registration notifier_registration_;
};

}  // namespace tidegate::reactor
