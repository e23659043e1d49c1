// Which callback a poller is in, for whoever wants to know why it does not answer.
//
// Costs a counter read and two plain stores per callback. The longest callback is measured from
// its beginning to the beginning of the next, or to the end of the turn.
//
// Owner:  a Poller. Thread: `begin`, `rename` and `rest` from the poller's; the rest from any.
#pragma once

#include <atomic>
#include <cstdint>
#include <typeinfo>

#include "reactor/base/cell.h"
#include "reactor/base/clock.h"
#include "reactor/base/ticks.h"

namespace tidegate::reactor {

class CallbackWatch {
 public:
  CallbackWatch() : opened_at_(base::monotonic_now()), opened_ticks_(base::ticks()) {}

  /// A callback of an object of type `who` begins; the one before has ended.
  void begin(const std::type_info& who) {
    note_end();
    started_.add();
    running_.store(&who, std::memory_order_relaxed);
  }

  /// The callback that is running is on behalf of an object of type `who`: a stream says whose.
  void rename(const std::type_info& who) { running_.store(&who, std::memory_order_relaxed); }

  /// The poller is about to wait: nothing runs.
  void rest() {
    note_end();
    running_.store(nullptr, std::memory_order_relaxed);
  }

  /// How many callbacks have begun.
  [[nodiscard]] std::uint64_t started() const { return started_.get(); }

  /// The type that is running; null while the poller waits.
  [[nodiscard]] const std::type_info* running() const {
    return running_.load(std::memory_order_relaxed);
  }

  /// The longest callback so far, in nanoseconds, and whose it was (null: none yet). Two values
  /// of one moment only on the poller's thread.
  [[nodiscard]] std::uint64_t longest_ns() const { return longest_ns_.get(); }
  [[nodiscard]] const std::type_info* longest_of() const {
    return longest_of_.load(std::memory_order_relaxed);
  }

 private:
  void note_end() {
    const std::uint64_t now = base::ticks();
    const std::uint64_t took = now - began_;
    began_ = now;
    if (took > longest_ticks_) [[unlikely]]
      note_longest(took, now);
  }

  void note_longest(std::uint64_t took, std::uint64_t now) {
    const std::type_info* who = running();
    if (who == nullptr) return;
    longest_ticks_ = took;
    // Both clocks over the poller's whole life: exact enough after the first microseconds.
    const auto span = static_cast<double>(base::monotonic_now() - opened_at_);
    const auto counted = static_cast<double>(now - opened_ticks_);
    longest_ns_.set(static_cast<std::uint64_t>(static_cast<double>(took) * span / counted));
    longest_of_.store(who, std::memory_order_relaxed);
  }

  base::Nanos opened_at_;
  std::uint64_t opened_ticks_;
  std::uint64_t began_ = opened_ticks_;
  std::uint64_t longest_ticks_ = 0;
  std::atomic<const std::type_info*> running_{nullptr};
  std::atomic<const std::type_info*> longest_of_{nullptr};
  base::Cell started_;
  base::Cell longest_ns_;
};

}  // namespace tidegate::reactor
