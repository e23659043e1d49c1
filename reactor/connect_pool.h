// Keeps links to one address ready for use: as many as `min_idle` ahead of need, never more than
// `max_live`.
//
// Owner:    whoever uses it, on one poller; may be destroyed in any callback, those of its waiters
//           included.
// Thread:   its poller's.
// Fails as: PoolObserver::on_no_link, once for each `acquire` that got no link.
// Serves:   first come, first served, with the link that was used last, so that spare links stay
//           idle and age out. One pass at the end of a turn does it for everybody who came in that
//           turn, so nothing is ever reported from inside `acquire`.
// Refused:  each connect that fails, and each link that the peer ends unused within `retry_min`,
//           fails the waiter that has waited longest with that error, and pauses growth: for
//           retry_min, then twice that, up to retry_max; then one connect at a time is tried until
//           one succeeds. Who waits in a pause is served by what others give back, or by the next
//           connect.
// Ends:     `close` tells its waiters and lets its poller drain. Destroying it forgets its waiters
//           and its connects silently and closes its idle links. Links on lease go on working and
//           are closed when the lease ends.
//
// For peers that wait to be asked. A peer that speaks first is heard by a waiter whose link was
// opened for it, but ends links opened ahead of need.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "reactor/back_off.h"
#include "reactor/base/address.h"
#include "reactor/base/cell.h"
#include "reactor/base/clock.h"
#include "reactor/base/intrusive_list.h"
#include "reactor/base/result.h"
#include "reactor/dial_options.h"
#include "reactor/poller.h"
#include "reactor/pool_lease.h"
#include "reactor/pool_link.h"
#include "reactor/timer_wheel.h"

namespace tidegate::reactor {

// Durations in nanoseconds.
struct ConnectPoolOptions {
  std::size_t min_idle = 0;        // idle links opened ahead of need, as far as max_live allows
  std::size_t max_live = 8;        // links connecting, idle and on lease; at least 1 and min_idle
  std::size_t max_waiting = 1024;  // waiters beyond those an idle link awaits; at least 1
  base::Nanos idle_limit = 60 * base::kSecond;  // of links above min_idle; 0: for ever
  base::Nanos max_age = 0;                      // of any link, on lease till then; 0: no limit
  std::uint32_t max_uses = 0;                   // leases of one link; 0: no limit
  // How each link is dialled. A `source` is all links': with port 0, as one port serves one link.
  // Who puts other options here sets their patience as well: by itself it is DialOptions' own.
  DialOptions dial{.socket = {}, .source = {}, .patience = 5 * base::kSecond};
  base::Nanos retry_min = 50 * base::kMillisecond;  // pause after the first failure; > 0
  base::Nanos retry_max = 10 * base::kSecond;       // longest pause; at least retry_min
};

struct ConnectPoolStats {
  // Now.
  base::Cell live;  // connecting, idle, on lease
  base::Cell idle;
  base::Cell waiting;
  // So far.
  base::Cell opened;     // connects that succeeded
  base::Cell closed;     // links that were opened and are no more
  base::Cell reused;     // leases of a link that had served before
  base::Cell failures;   // connects that failed, links that died unused at once
  base::Cell rejected;   // waiters that found the queue full
  base::Cell timed_out;  // waiters that lost patience
};

class ConnectPool final : private TimerHandler {
 public:
  /// `poller` must outlive this object and its leases. The first links are opened at the end of the
  /// poller's next turn. Requires: options within the limits they name.
  ConnectPool(Poller& poller, const base::Address& to, const ConnectPoolOptions& options);
  ConnectPool(const ConnectPool&) = delete;
  ConnectPool& operator=(const ConnectPool&) = delete;
  ~ConnectPool();

  /// Asks for a link; the waiter's observer is told the outcome, exactly once unless the waiter or
  /// the pool goes first. `patience` > 0. Requires: `waiter` is not waiting.
  void acquire(PoolWaiter& waiter, base::Nanos patience);

  /// Ends it for good, from any callback: links are opened no more, those that are not on lease are
  /// closed or abandoned now, the others when they are given back. Who waits, or asks later, is
  /// told `cancelled`, at the end of a turn. For before its poller drains: the poller stays while
  /// links do.
  void close();

  [[nodiscard]] const ConnectPoolStats& stats() const { return stats_; }

 private:
  friend class PoolLease;
  friend class PoolLink;
  friend class PoolWaiter;
  class Pass;
  using Phase = PoolLink::Phase;
  using Links = base::IntrusiveList<PoolLink>;

  static constexpr int kOutcomesPerPass = 64;

  // For PoolLease.
  void give_back(PoolLink& link);
  void remove(PoolLink& link);

  // For PoolLink.
  void connected(PoolLink& link);
  void connect_failed(PoolLink& link, base::Error why);
  void lost(PoolLink& link);
  void aged(PoolLink& link);
  void idle_expired(PoolLink& link);

  // For PoolWaiter.
  void forget(PoolWaiter& waiter);
  void give_up(PoolWaiter& waiter);

  void on_timeout(Timer& timer) override;
  void schedule_pass();
  void settle_returned();
  // Tells one waiter its outcome; false when there is none to tell. The pool may be gone after it.
  bool serve_one();
  void finish_pass();
  void grow();

  PoolLink* next_link();
  void make_idle(PoolLink& link);
  // For the next pass to tell. Requires: in no list.
  void decide(PoolWaiter& waiter, base::Error why);
  void fail_one(BackOff& back_off, base::Error why);
  [[nodiscard]] bool is_worn(const PoolLink& link) const;
  void move(PoolLink& link, Phase to);
  Links& links(Phase phase) { return links_[static_cast<std::size_t>(phase)]; }
  std::size_t& count(Phase phase) { return counts_[static_cast<std::size_t>(phase)]; }

  Poller& poller_;
  base::Address to_;
  ConnectPoolOptions options_;
  ConnectPoolStats stats_;
  std::array<Links, PoolLink::kPhases> links_;
  std::array<std::size_t, PoolLink::kPhases> counts_{};
  std::size_t live_ = 0;
  base::IntrusiveList<PoolWaiter> queue_;
  std::size_t waiting_ = 0;                  // in queue_
  base::IntrusiveList<PoolWaiter> decided_;  // to be told why they get none
  BackOff refusals_;                         // connects that failed
  BackOff deaths_;                           // links that died unused at once
  Timer retry_;                              // armed: growth pauses
  bool closed_ = false;
  Pass* scheduled_ = nullptr;  // the poller's, until it has run
  Pass* running_ = nullptr;
};

}  // namespace tidegate::reactor
