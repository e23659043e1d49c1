// One value of a type per poller of a group: read by handlers without locks, set for all of them
// at run time.
//
// Owner:  the program; outlives the group's run. Thread: `on` belongs to that poller's thread (or,
//         before `start` and after `join`, to the group's owner); `broadcast` may be called from
//         any.
// Cost:   reading is an index into an array, each value on cache lines of its own.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "reactor/base/check.h"
#include "reactor/poller.h"
#include "reactor/poller_group.h"

namespace tidegate::reactor {

template <typename T>
class PollerLocal {
 public:
  /// Each poller of the opened `group`, which outlives this object, begins with a copy of `first`.
  explicit PollerLocal(PollerGroup& group, const T& first = T()) {
    for (std::size_t i = 0; i < group.size(); ++i) add(group[i], first);
  }

  /// For a poller that is in no group.
  explicit PollerLocal(Poller& alone, const T& first = T()) {
    TG_CHECK(alone.index() == 0);
    add(alone, first);
  }

  PollerLocal(const PollerLocal&) = delete;
  PollerLocal& operator=(const PollerLocal&) = delete;

  /// The value of `here`, whose thread this is.
  T& on(const Poller& here) {
    TG_DCHECK(here.on_own_thread());
    Slot& slot = *slots_[here.index()];
    TG_DCHECK(slot.poller == &here);
    return slot.value;
  }

  /// Sets every poller's value to a copy of `value`, each between two of its callbacks. When the
  /// last has been dealt with, `done(reached)` runs on `tell`, where `reached` counts the pollers
  /// that took it: all of them, unless some had stopped. Two broadcasts from one thread arrive
  /// everywhere in that order. `tell` is of this group, or outlives it: what was not run reports
  /// when the group is destroyed.
  template <typename Done>
  void broadcast(const T& value, Poller& tell, Done done) {
    auto round = std::make_shared<Round<Done>>(tell, std::move(done));
    for (const auto& slot : slots_) {
      slot->poller->post([slot = slot.get(), value, round] {
        slot->value = value;
        round->reached.fetch_add(1, std::memory_order_relaxed);
      });
    }
  }

  /// The same for whoever does not ask when.
  void broadcast(const T& value) {
    for (const auto& slot : slots_) {
      slot->poller->post([slot = slot.get(), value] { slot->value = value; });
    }
  }

 private:
  struct alignas(64) Slot {
    Slot(Poller& of, const T& first) : poller(&of), value(first) {}
    Poller* poller;
    T value;
  };

  // Held by each task; the last to be destroyed, run or not, reports.
  template <typename Done>
  struct Round {
    Round(Poller& to, Done what) : tell(to), done(std::move(what)) {}
    ~Round() {
      tell.post([f = std::move(done), count = reached.load()]() mutable { f(count); });
    }
    Poller& tell;
    Done done;
    std::atomic<std::size_t> reached{0};
  };

  void add(Poller& poller, const T& first) {
    slots_.push_back(std::make_unique<Slot>(poller, first));
  }

  std::vector<std::unique_ptr<Slot>> slots_;
};

}  // namespace tidegate::reactor
