// Borrowing a link of a ConnectPool: a PoolWaiter asks for one, a PoolLease is having it.
//
// Owner:  whoever wants the link has both as members.
// Thread: the pool's poller's.
#pragma once

#include <utility>

#include "reactor/base/clock.h"
#include "reactor/base/intrusive_list.h"
#include "reactor/base/result.h"
#include "reactor/timer_wheel.h"

namespace tidegate::reactor {

class ConnectPool;
class PoolLink;
class Stream;

// Destroying a lease releases it. It may outlive its pool: the stream goes on working, and is
// closed when the lease ends.
class PoolLease {
 public:
  PoolLease() = default;
  explicit PoolLease(PoolLink& link) : link_(&link) {}
  PoolLease(PoolLease&& other) noexcept : link_(std::exchange(other.link_, nullptr)) {}
  PoolLease& operator=(PoolLease&& other) noexcept {
    std::swap(link_, other.link_);
    return *this;
  }
  ~PoolLease() { release(); }

  [[nodiscard]] bool held() const { return link_ != nullptr; }

  /// Requires: held(). Set its observer before leaving `on_link`: an event that finds none closes
  /// the stream, silently.
  [[nodiscard]] Stream& stream() const;

  /// Another lease had it before. What fails on a reused link may have failed because the peer was
  /// closing it: worth one more try.
  [[nodiscard]] bool reused() const;

  /// Gives the link back, from any callback, the stream's own included; the stream's observer is
  /// told nothing more. The pool keeps the link if it is clean once the callback has returned
  /// (open both ways, not held, nothing unsent, nothing received that was not consumed) and within
  /// its age and uses; if not, closes it.
  void release();

  /// Closes the link; what is unsent is lost.
  void discard();

 private:
  PoolLink* link_ = nullptr;
};

class PoolObserver {
 public:
  virtual void on_link(PoolLease lease) = 0;

  /// timed_out: the waiter's patience. limit: the queue was full. cancelled: the pool is closed.
  /// Otherwise why the connect failed.
  virtual void on_no_link(base::Error why) = 0;

 protected:
  ~PoolObserver() = default;
};

// A place in a pool's queue. Destroying it leaves the queue silently; that, and asking anew, is
// allowed inside its observer's callbacks.
class PoolWaiter final : public base::Hook<base::DefaultTag>, private TimerHandler {
 public:
  /// `observer` must outlive this object.
  explicit PoolWaiter(PoolObserver& observer) : observer_(observer), patience_(*this) {}
  PoolWaiter(const PoolWaiter&) = delete;
  PoolWaiter& operator=(const PoolWaiter&) = delete;
  ~PoolWaiter() { cancel(); }

  /// Leaves the queue; nothing is reported.
  void cancel();

  [[nodiscard]] bool waiting() const { return pool_ != nullptr; }

 private:
  friend class ConnectPool;

  void on_timeout(Timer& timer) override;

  PoolObserver& observer_;
  ConnectPool* pool_ = nullptr;  // while waiting
  Timer patience_;
  base::Error why_;  // the outcome, when it is decided and not told yet
};

}  // namespace tidegate::reactor
