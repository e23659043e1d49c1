// Asks a ConnectPool for a link, uses it, and lets go of it at a moment of its own.
#pragma once

#include <functional>
#include <utility>

#include "reactor/connect_pool.h"
#include "reactor/stream.h"
#include "tests/soak/guest.h"
#include "tests/soak/ledger.h"

namespace tidegate::soak {

class Borrower final : public reactor::Retirable,
                       private reactor::PoolObserver,
                       private reactor::StreamObserver,
                       private reactor::TimerHandler {
 public:
  using Forget = std::function<void(Borrower&)>;

  Borrower(reactor::Poller& poller, Ledger& ledger, std::uint32_t seed, Forget forget)
      : poller_(poller),
        ledger_(ledger),
        random_(seed),
        forget_(std::move(forget)),
        waiter_(*this),
        life_(*this) {}
  ~Borrower() override { answer(); }

  void ask(reactor::ConnectPool& pool) {
    ledger_.links.begun.fetch_add(1);
    waiting_ = true;
    pool.acquire(waiter_, 200 * base::kMillisecond);
    if (random_() % 32 == 0) leave();  // while it waits
  }

 private:
  // Whoever is destroyed while waiting counts as answered: nothing may come after.
  void answer() {
    if (std::exchange(waiting_, false)) ledger_.links.ended.fetch_add(1);
  }

  void leave() {
    if (gone_) return;
    gone_ = true;
    life_.cancel();
    waiter_.cancel();
    answer();
    if (lease_.held() && random_() % 4 == 0) {
      lease_.discard();
    } else {
      lease_.release();
    }
    forget_(*this);
  }

  void on_link(reactor::PoolLease lease) override {
    check(waiting_);
    answer();
    lease_ = std::move(lease);
    lease_.stream().set_observer(*this);
    lease_.stream().write("borrowed");
    poller_.arm(life_, static_cast<base::Nanos>(random_() % 50) * base::kMillisecond);
    if (random_() % 16 == 0) leave();
  }
  void on_no_link(base::Error /*why*/) override {
    check(waiting_);
    answer();
    leave();
  }

  std::size_t on_data(std::string_view bytes) override {
    check(!gone_);
    if (random_() % 2 == 0) leave();
    return bytes.size();
  }
  void on_eof() override {
    check(!gone_);
    leave();
  }
  void on_close(base::Error /*why*/) override {
    check(!gone_);
    leave();
  }
  void on_timeout(reactor::Timer& /*timer*/) override {
    check(!gone_);
    leave();
  }

  void check(bool expected) {
    if (!expected) ledger_.complain("a borrower was told something it did not wait for");
  }

  reactor::Poller& poller_;
  Ledger& ledger_;
  Random random_;
  Forget forget_;
  reactor::PoolWaiter waiter_;
  reactor::PoolLease lease_;
  reactor::Timer life_;
  bool waiting_ = false;
  bool gone_ = false;
};

}  // namespace tidegate::soak
