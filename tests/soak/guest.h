// The serving side: echoes, and now and then ends in every way there is, at any time.
#pragma once

#include <mutex>
#include <random>
#include <string_view>
#include <vector>

#include "reactor/connection.h"
#include "reactor/remote_stream.h"
#include "tests/soak/ledger.h"

namespace tidegate::soak {

// The same decisions for the same seed, on any machine.
class Random {
 public:
  explicit Random(std::uint32_t seed) : engine_(seed + 1) {}
  std::uint32_t operator()() { return static_cast<std::uint32_t>(engine_()); }

 private:
  std::minstd_rand engine_;
};

// Names of streams that other threads may write to; most of them are gone by then.
class Names {
 public:
  void put(reactor::RemoteStream name, std::uint32_t at) {
    const std::lock_guard lock(mutex_);
    names_[at % names_.size()] = name;
  }
  reactor::RemoteStream get(std::uint32_t at) {
    const std::lock_guard lock(mutex_);
    return names_[at % names_.size()];
  }

 private:
  std::mutex mutex_;
  std::vector<reactor::RemoteStream> names_{256};
};

class Guest final : public reactor::Connection {
 public:
  Guest(reactor::Poller& poller, Ledger& ledger, Names& names, std::uint32_t seed)
      : Connection(poller), ledger_(ledger), names_(names), random_(seed) {}
  ~Guest() override {
    if (opened_ && !ended_) ledger_.complain("a guest was destroyed without on_end");
  }

 private:
  void on_open() override {
    opened_ = true;
    ledger_.guests.begun.fetch_add(1);
    names_.put(remote(), random_());
    set_idle_limit(2 * base::kSecond);
    if (random_() % 64 == 0) abort();
  }
  std::size_t on_data(std::string_view bytes) override {
    check_open();
    switch (random_() % 128) {
      case 0:
        abort();
        return bytes.size();
      case 1:
        finish();
        return bytes.size();
      case 2:
        return bytes.size() > 1 ? bytes.size() / 2 : 0;  // the rest comes again
      default:
        write(bytes);
        ledger_.echoed.fetch_add(bytes.size());
        return bytes.size();
    }
  }
  void on_eof() override {
    check_open();
    if (random_() % 8 == 0) {
      abort();
    } else {
      finish();
    }
  }
  void on_drained() override {
    check_open();
    if (random_() % 16 == 0) abort();
  }
  void on_end(reactor::EndReason /*why*/, base::Error /*error*/) override {
    check_open();
    ended_ = true;
    ledger_.guests.ended.fetch_add(1);
  }

  void check_open() {
    if (!opened_) ledger_.complain("a guest's callback before on_open");
    if (ended_) ledger_.complain("a guest's callback after on_end");
  }

  Ledger& ledger_;
  Names& names_;
  Random random_;
  bool opened_ = false;
  bool ended_ = false;
};

}  // namespace tidegate::soak
