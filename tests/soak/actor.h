// One poller's share of the soak: every millisecond it does something at random, to its own
// poller and to the others.
//
// Owner: the soak. Thread: its poller's; made before that runs.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "reactor/connect_pool.h"
#include "reactor/offload.h"
#include "reactor/periodic_timer.h"
#include "reactor/poller_group.h"
#include "reactor/poller_local.h"
#include "tests/soak/alarm.h"
#include "tests/soak/borrower.h"
#include "tests/soak/call.h"

namespace tidegate::soak {

// What all actors share.
struct Stage {
  reactor::PollerGroup& group;
  Ledger& ledger;
  Names& names;
  reactor::PollerLocal<std::uint64_t>& local;
  reactor::Offload& offload;
  std::vector<base::Address> addresses;  // of the server, and one that refuses
};

class Actor final : private reactor::TickHandler {
 public:
  static constexpr std::size_t kMost = 100;  // calls, and borrowers

  Actor(reactor::Poller& poller, Stage& stage, std::uint32_t seed);

  void start() { ticks_.start(base::kMillisecond); }

  /// Ends everything of its own; on its poller.
  void stop();

 private:
  template <typename T>
  using Owned = std::map<T*, std::unique_ptr<T>>;

  void on_tick(reactor::PeriodicTimer& timer, std::uint64_t passed) override;
  void act();
  void dial();
  void post();
  void write_elsewhere();
  void move_an_alarm();
  void broadcast();
  void borrow();
  void hand_over();
  void renew_pool();

  // A new T among `all`, which leaves it by itself.
  template <typename T>
  T& add(Owned<T>& all);

  reactor::Poller& poller_;
  Stage& stage_;
  Ledger& ledger_;
  Random random_;
  reactor::PeriodicTimer ticks_;
  std::vector<std::unique_ptr<Alarm>> alarms_;
  std::unique_ptr<reactor::ConnectPool> pool_;
  Owned<Call> calls_;
  Owned<Borrower> borrowers_;
  reactor::OffloadTicket ticket_;
  std::uint64_t last_seen_ = 0;
};

}  // namespace tidegate::soak
