// A timer that knows when it may ring.
#pragma once

#include "reactor/poller.h"
#include "tests/soak/ledger.h"

namespace tidegate::soak {

class Alarm final : private reactor::TimerHandler {
 public:
  Alarm(reactor::Poller& poller, Ledger& ledger)
      : poller_(poller), ledger_(ledger), timer_(*this) {}

  void set(base::Nanos delay) {
    due_ = poller_.now() + delay;
    poller_.arm(timer_, delay);
  }
  void cancel() {
    timer_.cancel();
    due_ = -1;
  }

 private:
  void on_timeout(reactor::Timer& /*timer*/) override {
    ledger_.timeouts.fetch_add(1);
    if (due_ < 0) ledger_.complain("a cancelled timer rang");
    if (poller_.now() < due_) ledger_.complain("a timer rang early");
    due_ = -1;
  }

  reactor::Poller& poller_;
  Ledger& ledger_;
  reactor::Timer timer_;
  base::Nanos due_ = -1;
};

}  // namespace tidegate::soak
