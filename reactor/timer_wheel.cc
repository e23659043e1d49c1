#include "reactor/timer_wheel.h"

#include <algorithm>
#include <bit>

namespace tidegate::reactor {
namespace {

constexpr std::int64_t kNothing = std::numeric_limits<std::int64_t>::max();

}  // namespace

void TimerWheel::place(Timer& timer, std::int64_t tick) {
  const std::int64_t delta = std::min(tick - current_, kMaxDelta);
  const std::int64_t at = current_ + delta;
  const int level =
      delta < kSlots
          ? 0
          : (static_cast<int>(std::bit_width(static_cast<std::uint64_t>(delta))) - 1) / kBits;
  const int shift = level * kBits;
  const auto slot = static_cast<std::size_t>((at >> shift) & (kSlots - 1));
  timer.slot_tick_ = (at >> shift) << shift;
  const auto row = static_cast<std::size_t>(level);
  slots_[row][slot].push_back(timer);
  occupied_[row] |= std::uint64_t{1} << slot;
}

std::int64_t TimerWheel::next_tick() const {
  std::int64_t earliest = kNothing;
  for (int level = 0; level < kLevels; ++level) {
    const std::uint64_t bits = occupied_[static_cast<std::size_t>(level)];
    if (bits == 0) continue;
    const int shift = level * kBits;
    const std::int64_t position = current_ >> shift;
    // The slot after the current one becomes bit 0; the current one, a whole turn away, bit 63.
    const auto rotation = static_cast<int>((position + 1) & (kSlots - 1));
    const int distance = std::countr_zero(std::rotr(bits, rotation)) + 1;
    earliest = std::min(earliest, (position + distance) << shift);
  }
  return earliest;
}

void TimerWheel::cascade(int level) {
  const int shift = level * kBits;
  const auto row = static_cast<std::size_t>(level);
  const auto slot = static_cast<std::size_t>((current_ >> shift) & (kSlots - 1));
  if ((occupied_[row] & (std::uint64_t{1} << slot)) == 0) return;
  occupied_[row] &= ~(std::uint64_t{1} << slot);
  Slot moving;
  moving.splice_back(slots_[row][slot]);
  while (Timer* timer = moving.pop_front()) {
    if (timer->armed()) place(*timer, std::max(timer->deadline_, current_));
  }
}

std::uint64_t TimerWheel::expire(Slot& due) {
  std::uint64_t called = 0;
  Slot expiring;
  expiring.splice_back(due);
  while (Timer* timer = expiring.pop_front()) {
    if (!timer->armed()) continue;
    if (timer->deadline_ > current_) {
      place(*timer, timer->deadline_);
      continue;
    }
    timer->cancel();
    ++called;
    if (watch_ != nullptr) watch_->begin(typeid(*timer->handler_));
    timer->handler_->on_timeout(*timer);
  }
  return called;
}

TimerWheel::Fired TimerWheel::advance(base::Nanos now) {
  Fired fired;
  const std::int64_t target = floor_tick(now);
  for (std::int64_t next = next_tick(); next <= target; next = next_tick()) {
    current_ = next;
    for (int level = kLevels - 1; level > 0; --level) {
      const std::int64_t width = std::int64_t{1} << (level * kBits);
      if ((current_ & (width - 1)) == 0) cascade(level);
    }
    const auto slot = static_cast<std::size_t>(current_ & (kSlots - 1));
    if ((occupied_[0] & (std::uint64_t{1} << slot)) == 0) continue;
    occupied_[0] &= ~(std::uint64_t{1} << slot);
    const std::uint64_t called = expire(slots_[0][slot]);
    const auto lag = static_cast<std::uint64_t>(now - next * base::kMillisecond);
    fired.count += called;
    fired.lag_sum += called * lag;
    if (called > 0) fired.longest_lag = std::max(fired.longest_lag, lag);
  }
  current_ = std::max(current_, target);
  return fired;
}

base::Nanos TimerWheel::until_next(base::Nanos now) const {
  const std::int64_t next = next_tick();
  if (next == kNothing) return -1;
  return std::max<base::Nanos>(next * base::kMillisecond - now, 0);
}

}  // namespace tidegate::reactor
