// One thread's event loop: waits, dispatches, fires timers, runs tasks, destroys what was retired.
//
// Owner:  a PollerGroup, or a test. It owns no handler: handlers own their fds and registrations.
// Thread: everything but `post`, `stop`, `drain`, `load`, `stats` and `watch` belongs to the
//         thread that calls `run`; before `run` to the thread that made it. Checked in debug
//         builds.
// Turn:   wait → dispatch events → dispatch requeued → timers → tasks → reap. `now()` is read once
//         after the wait.
#pragma once

#include <atomic>
#include <concepts>
#include <memory>
#include <span>
#include <thread>
#include <typeinfo>
#include <utility>
#include <vector>

#include "reactor/base/block_pool.h"
#include "reactor/base/cell.h"
#include "reactor/base/clock.h"
#include "reactor/base/result.h"
#include "reactor/base/task.h"
#include "reactor/callback_watch.h"
#include "reactor/fd_table.h"
#include "reactor/notifier.h"
#include "reactor/poller_backend.h"
#include "reactor/timer_wheel.h"

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

  /// Asks for other events from now on. Hang-ups and errors are told whatever is asked for. With
  /// `Trigger::edge`, what holds already is told once more. Fails as: out_of_memory, os; what was
  /// asked for before holds then. Requires: active.
  base::Status change(unsigned interest, Trigger trigger);

  /// Deregisters; the fd stays open.
  void remove();

  /// Forgets the fd without a system call: for an owner that closes it at once.
  void release_for_close();

  /// From now on events go to `handler`.
  void hand_to(EventHandler& handler);

  /// Calls the handler again, marked `requeued`, after the events of this turn or in the next.
  void requeue();

  /// What `Poller::find` takes. Requires: active.
  [[nodiscard]] Cookie cookie() const { return cookie_; }

 private:
  Poller* poller_ = nullptr;
  Cookie cookie_ = 0;
};

// Written by the poller's thread, read by any: plain stores, no locked instruction.
struct PollerStats {
  base::Cell turns;
  base::Cell events;
  base::Cell largest_batch;  // the most events one wait brought
  base::Cell tasks;
  base::Cell wakeups;  // waits ended by another thread
  base::Cell busy_ns;
  base::Cell wait_ns;
  base::Cell timers;        // timeouts told
  base::Cell timer_lag_ns;  // from deadline to callback, summed over `timers`
  base::Cell longest_timer_lag_ns;
  base::Cell registered;  // fds now, the poller's own among them
};

class Poller {
 public:
  using Mode = Trigger;
  static constexpr unsigned kRead = reactor::kRead;
  static constexpr unsigned kWrite = reactor::kWrite;

  static constexpr int kEventsPerTurn = 256;
  static constexpr std::size_t kMinRead = 16 * 1024;
  static constexpr std::size_t kMaxRead = 256 * 1024;
  static constexpr std::size_t kWriteScratch = 64 * 1024;

  /// `index` is its place in a group.
  explicit Poller(std::size_t index = 0);
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;
  ~Poller();

  /// Makes the kernel objects. Fails as: out_of_fds, out_of_memory, os. Requires: called once,
  /// first.
  base::Status open() { return open(nullptr); }

  /// The same over another backend than epoll.
  base::Status open(std::unique_ptr<PollerBackend> backend);

  /// Runs turns until `stop`, or until there is nothing left to do after `drain`. What is left
  /// then (tasks, the retired) is destroyed with the poller.
  /// An exception that leaves a callback ends the process.
  void run() noexcept;
  void stop();

  /// `run` returns once no fd is registered and no task waits. From any thread.
  void drain();

  [[nodiscard]] std::size_t index() const { return index_; }

  /// One turn, waiting at most `max_wait` nanoseconds (-1: as long as it takes): `run` for tests.
  void turn(base::Nanos max_wait);

  /// Begins to watch `fd`. Hang-ups and errors are always reported, and the peer's FIN with
  /// `kRead`. On failure nothing is left behind. Fails as: out_of_memory, os.
  base::Result<Registration> add(int fd, EventHandler& handler, unsigned interest, Trigger trigger);

  /// The handler a cookie is for; null when that registration is gone.
  EventHandler* find(Cookie cookie) {
    const FdTable::Entry* entry = table_.find(cookie);
    return entry != nullptr ? entry->handler : nullptr;
  }

  /// Runs `task` on this poller, from any thread; each thread's tasks in its order. After `stop` it
  /// is destroyed unrun, by the caller or with the poller.
  void post(std::unique_ptr<base::Task> task) {
    if (!stopping_.load(std::memory_order_acquire)) notifier_.post(std::move(task));
  }
  template <std::invocable F>
  void post(F&& callable) {
    post(base::make_task(std::forward<F>(callable)));
  }

  /// Destroys `object` at the end of this turn: the way out for whatever may be on the call stack.
  void retire(std::unique_ptr<Retirable> object) {
    TG_DCHECK(on_own_thread());
    if (object != nullptr) retired_.push_back(std::move(object));
  }

  /// Destroys the retired at once; false when there were none. For whoever ends things while the
  /// poller does not run: inside a turn it does nothing, since the turn's end does it.
  bool reap();

  /// This turn's time, monotonic; outside a turn the clock's.
  [[nodiscard]] base::Nanos now() const { return in_turn_ ? now_ : base::monotonic_now(); }

  void arm(Timer& timer, base::Nanos delay) {
    TG_DCHECK(on_own_thread());
    timers_.arm(timer, now(), delay);
  }

  /// Where reads land. Its content is good until the next read on this poller. The size follows
  /// what reads bring: kMinRead to kMaxRead.
  std::span<char> read_buffer();
  void note_read(std::size_t count);

  /// Where an answer may be put together before it is written: kWriteScratch bytes, good until
  /// the callback returns.
  std::span<char> write_buffer();

  base::BlockPool& blocks() {
    TG_DCHECK(on_own_thread());
    return blocks_;
  }

  /// How busy this poller is, in the unit of whoever places work on it (connections, as a rule):
  /// raised by who places, lowered when the work ends. From any thread.
  [[nodiscard]] std::atomic<std::uint32_t>& load() { return load_; }

  [[nodiscard]] const PollerStats& stats() const { return stats_; }
  [[nodiscard]] const CallbackWatch& watch() const { return watch_; }

  /// Says whose callback is running; an object that calls another's observer does this.
  void running_for(const std::type_info& who) { watch_.rename(who); }

  [[nodiscard]] bool on_own_thread() const;

  /// Destroys the tasks that were never run. Requires: `run` has returned.
  void discard_tasks() { notifier_.discard_tasks(); }

  /// Makes the calling thread the owner, once `run` has returned and its thread was joined.
  void bind_to_this_thread() { thread_.store(std::this_thread::get_id()); }

 private:
  friend class Registration;

  void dispatch(std::size_t count);
  void dispatch_requeued();
  void fire_timers();
  void run_tasks();
  bool destroy_retired();
  [[nodiscard]] base::Nanos patience(base::Nanos now, base::Nanos max_wait);
  [[nodiscard]] bool has_nothing_left() const;
  void note_turn(base::Nanos waited_from, base::Nanos woke, std::size_t events);

  std::unique_ptr<PollerBackend> backend_;
  std::size_t index_;
  base::Nanos now_;
  bool in_turn_ = false;
  std::vector<PollerBackend::Event> events_;
  FdTable table_;
  TimerWheel timers_;
  base::BlockPool blocks_;
  std::vector<Cookie> requeued_;
  std::vector<Cookie> requeued_now_;
  std::vector<std::unique_ptr<Retirable>> retired_;
  std::vector<std::unique_ptr<Retirable>> dying_;  // empty but while `reap` runs
  std::unique_ptr<char[]> read_buffer_;
  std::unique_ptr<char[]> write_buffer_;
  std::size_t read_size_ = kMinRead;
  int small_reads_ = 0;
  base::Nanos busy_since_ = 0;
  PollerStats stats_;
  CallbackWatch watch_;
  std::atomic<std::uint32_t> load_{0};
  std::atomic<bool> draining_{false};
  std::atomic<bool> stopping_{false};
  std::atomic<std::thread::id> thread_;
  Notifier notifier_;
  Registration notifier_registration_;
};

}  // namespace tidegate::reactor
