// The calling side: dials, sends, reads or does not, and ends at a moment of its own.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "reactor/connector.h"
#include "reactor/stream.h"
#include "tests/soak/guest.h"
#include "tests/soak/ledger.h"

namespace tidegate::soak {

class Call final : public reactor::Retirable,
                   private reactor::DialObserver,
                   private reactor::StreamObserver,
                   private reactor::TimerHandler {
 public:
  using Forget = std::function<void(Call&)>;

  Call(reactor::Poller& poller, Ledger& ledger, std::uint32_t seed, Forget forget)
      : poller_(poller),
        ledger_(ledger),
        random_(seed),
        forget_(std::move(forget)),
        dial_(poller, *this),
        stream_(poller, *this),
        life_(*this) {}
  ~Call() override { settle(); }

  void start(const base::Address& to) {
    ledger_.dials.begun.fetch_add(1);
    answered_ = false;
    dial_.start(to, base::kSecond);
    if (random_() % 32 == 0) leave();  // while the dial is in flight
  }

 private:
  void answer() {
    if (answered_) ledger_.complain("a dial was answered twice");
    answered_ = true;
    ledger_.dials.ended.fetch_add(1);
  }

  // A call that is given up counts as answered: nothing may come after.
  void settle() {
    if (!answered_) answer();
    if (open_) {
      open_ = false;
      ledger_.calls.ended.fetch_add(1);
    }
  }

  void leave() {
    if (gone_) return;
    gone_ = true;
    life_.cancel();
    dial_.cancel();
    if (random_() % 4 == 0) {
      stream_.abort();
    } else {
      stream_.close();
    }
    settle();
    forget_(*this);
  }

  void on_connected(reactor::Socket socket, reactor::Registration registration,
                    reactor::Ready ready) override {
    answer();
    if (gone_) ledger_.complain("a dial was answered after it was cancelled");
    open_ = true;
    ledger_.calls.begun.fetch_add(1);
    stream_.adopt(std::move(socket), std::move(registration), ready);
    poller_.arm(life_, static_cast<base::Nanos>(random_() % 300) * base::kMillisecond);
    const std::size_t size = random_() % 64 == 0 ? 300 * 1024 : random_() % 4096;
    stream_.write(std::string(size, 'x'));
    if (random_() % 8 == 0) stream_.shutdown_write();
    if (random_() % 16 == 0) stream_.hold(reactor::ReadHold::exchange);
  }
  void on_connect_failed(base::Error /*why*/) override {
    answer();
    leave();
  }

  std::size_t on_data(std::string_view bytes) override {
    check();
    if (random_() % 64 == 0) leave();
    return bytes.size();
  }
  void on_eof() override {
    check();
    leave();
  }
  void on_write_drained() override { check(); }
  void on_peer_gone(bool /*reset*/) override {
    check();
    leave();
  }
  void on_close(base::Error /*why*/) override {
    check();
    leave();
  }
  void on_timeout(reactor::Timer& /*timer*/) override {
    check();
    leave();
  }

  void check() {
    if (gone_) ledger_.complain("a call's callback after its end");
  }

  reactor::Poller& poller_;
  Ledger& ledger_;
  Random random_;
  Forget forget_;
  reactor::Dial dial_;
  reactor::Stream stream_;
  reactor::Timer life_;
  bool answered_ = true;
  bool open_ = false;
  bool gone_ = false;
};

}  // namespace tidegate::soak
