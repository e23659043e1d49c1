#include "reactor/timer_wheel.h"

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace tidegate::reactor {
namespace {

using base::kMillisecond;
using base::kSecond;
using base::Nanos;

constexpr Nanos kHour = 3600 * kSecond;
constexpr Nanos kDay = 24 * kHour;

// A timer that remembers when it fired, and may do something then.
class Alarm final : public TimerHandler {
 public:
  explicit Alarm(const Nanos& clock) : clock_(clock) {}

  std::unique_ptr<Timer> timer = std::make_unique<Timer>(*this);
  int fired = 0;
  Nanos fired_at = -1;
  std::function<void()> inside = [] {};

  void on_timeout(Timer& which) override {
    BOOST_TEST(&which == timer.get());
    BOOST_TEST(!which.armed());
    ++fired;
    fired_at = clock_;
    inside();
  }

 private:
  const Nanos& clock_;
};

struct WheelFixture {
  explicit WheelFixture(Nanos start = 1000 * kSecond) : now(start), wheel(start) {}

  void arm(Alarm& alarm, Nanos delay) { wheel.arm(*alarm.timer, now, delay); }

  void advance_to(Nanos at) {
    now = at;
    wheel.advance(now);
  }

  // As a poller does: sleeps exactly as long as the wheel allows. Returns how often it woke.
  int sleep_until_idle() {
    int wakes = 0;
    for (Nanos wait = wheel.until_next(now); wait >= 0; wait = wheel.until_next(now)) {
      advance_to(now + wait);
      BOOST_TEST_REQUIRE(++wakes < 100);
    }
    return wakes;
  }

  Nanos now;
  TimerWheel wheel;
};

BOOST_AUTO_TEST_SUITE(timer_wheel)

BOOST_AUTO_TEST_CASE(is_never_early_and_at_most_one_tick_late_at_every_level_boundary) {
  const Nanos starts[] = {0,
                          1,
                          kMillisecond - 1,
                          63 * kMillisecond,
                          64 * kMillisecond,
                          4095 * kMillisecond + 500,
                          262143 * kMillisecond,
                          12345 * kHour + 678901};
  std::vector<Nanos> delays = {0, 1, 999999, kMillisecond, 1000001, kHour, kDay, 30 * kDay};
  for (Nanos edge = 64; edge <= Nanos{1} << 30; edge *= 64) {
    for (Nanos off = -2; off <= 2; ++off) delays.push_back((edge + off) * kMillisecond);
  }
  for (const Nanos start : starts) {
    for (const Nanos delay : delays) {
      BOOST_TEST_CONTEXT("start " << start << " delay " << delay) {
        WheelFixture at(start);
        Alarm alarm(at.now);
        at.arm(alarm, delay);
        at.sleep_until_idle();
        BOOST_TEST(alarm.fired == 1);
        BOOST_TEST(alarm.fired_at >= start + delay);
        // A zero delay waits for the next tick.
        BOOST_TEST(alarm.fired_at <= start + delay + kMillisecond);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(fires_neighbours_of_a_boundary_in_their_order) {
  for (const Nanos edge : {Nanos{64}, Nanos{4096}, Nanos{262144}, kHour / kMillisecond}) {
    BOOST_TEST_CONTEXT("edge " << edge) {
      WheelFixture at;
      std::vector<int> order;
      Alarm before(at.now);
      Alarm on(at.now);
      Alarm after(at.now);
      before.inside = [&] { order.push_back(-1); };
      on.inside = [&] { order.push_back(0); };
      after.inside = [&] { order.push_back(1); };
      at.arm(after, (edge + 1) * kMillisecond);
      at.arm(before, (edge - 1) * kMillisecond);
      at.arm(on, edge * kMillisecond);
      at.sleep_until_idle();
      BOOST_TEST(order == (std::vector<int>{-1, 0, 1}), boost::test_tools::per_element());
    }
  }
}

BOOST_AUTO_TEST_CASE(fires_everything_that_came_due_while_nobody_looked) {
  WheelFixture at;
  std::vector<std::unique_ptr<Alarm>> alarms;
  for (Nanos i = 0; i < 200; ++i) {
    alarms.push_back(std::make_unique<Alarm>(at.now));
    at.arm(*alarms.back(), i * i * kSecond);
  }
  at.advance_to(at.now + 100 * 100 * kSecond);
  for (std::size_t i = 0; i < alarms.size(); ++i) {
    BOOST_TEST_CONTEXT("alarm " << i) {
      BOOST_TEST(alarms[i]->fired == (i <= 100 ? 1 : 0));
    }
  }
}

BOOST_AUTO_TEST_CASE(an_idle_wheel_has_nothing_to_wait_for) {
  WheelFixture at;
  BOOST_TEST(at.wheel.until_next(at.now) == -1);
  Alarm alarm(at.now);
  at.arm(alarm, kSecond);
  BOOST_TEST(at.wheel.until_next(at.now) > 0);
  at.sleep_until_idle();
  BOOST_TEST(at.wheel.until_next(at.now) == -1);
}

BOOST_AUTO_TEST_CASE(a_cancelled_timer_does_not_fire_and_is_forgotten) {
  WheelFixture at;
  Alarm alarm(at.now);
  at.arm(alarm, kHour);
  alarm.timer->cancel();
  BOOST_TEST(!alarm.timer->armed());
  at.sleep_until_idle();
  BOOST_TEST(alarm.fired == 0);
}

BOOST_AUTO_TEST_CASE(a_destroyed_timer_does_not_fire) {
  WheelFixture at;
  Alarm alarm(at.now);
  at.arm(alarm, kSecond);
  alarm.timer.reset();
  at.sleep_until_idle();
  BOOST_TEST(alarm.fired == 0);
}

BOOST_AUTO_TEST_CASE(arming_later_leaves_the_node_where_it_is) {
  WheelFixture at;
  Alarm alarm(at.now);
  at.arm(alarm, 10 * kMillisecond);
  const Nanos slot_comes_up = at.wheel.until_next(at.now);
  at.arm(alarm, 50 * kMillisecond);
  BOOST_TEST(at.wheel.until_next(at.now) == slot_comes_up);
  at.advance_to(at.now + 49 * kMillisecond);
  BOOST_TEST(alarm.fired == 0);
  at.advance_to(at.now + kMillisecond);
  BOOST_TEST(alarm.fired == 1);
}

BOOST_AUTO_TEST_CASE(arming_earlier_moves_the_node) {
  WheelFixture at;
  Alarm alarm(at.now);
  at.arm(alarm, kHour);
  at.arm(alarm, 5 * kMillisecond);
  BOOST_TEST(at.wheel.until_next(at.now) == 5 * kMillisecond);
  at.advance_to(at.now + 5 * kMillisecond);
  BOOST_TEST(alarm.fired == 1);
  at.advance_to(at.now + 2 * kHour);
  BOOST_TEST(alarm.fired == 1);
}

BOOST_AUTO_TEST_CASE(arming_after_cancelling_counts) {
  WheelFixture at;
  Alarm alarm(at.now);
  at.arm(alarm, 10 * kMillisecond);
  alarm.timer->cancel();
  at.arm(alarm, 20 * kMillisecond);
  at.sleep_until_idle();
  BOOST_TEST(alarm.fired == 1);
  BOOST_TEST(alarm.fired_at == 1000 * kSecond + 20 * kMillisecond);
}

BOOST_AUTO_TEST_CASE(a_zero_or_negative_delay_fires_in_the_next_tick_and_never_in_arm) {
  for (const Nanos delay : {Nanos{0}, Nanos{-1}, std::numeric_limits<Nanos>::min()}) {
    BOOST_TEST_CONTEXT("delay " << delay) {
      WheelFixture at;
      Alarm alarm(at.now);
      at.arm(alarm, delay);
      BOOST_TEST(alarm.fired == 0);
      at.advance_to(at.now);
      BOOST_TEST(alarm.fired == 0);
      at.advance_to(at.now + kMillisecond);
      BOOST_TEST(alarm.fired == 1);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_timer_that_arms_itself_with_zero_delay_fires_once_a_tick) {
  WheelFixture at;
  Alarm alarm(at.now);
  alarm.inside = [&] { at.arm(alarm, 0); };
  at.arm(alarm, 0);
  for (int tick = 1; tick <= 5; ++tick) {
    at.advance_to(at.now + kMillisecond);
    BOOST_TEST(alarm.fired == tick);
  }
}

BOOST_AUTO_TEST_CASE(a_zero_delay_given_in_a_callback_waits_for_a_later_tick) {
  WheelFixture at;
  Alarm first(at.now);
  Alarm second(at.now);
  at.arm(first, kMillisecond);
  at.arm(second, kMillisecond);
  first.inside = [&] { at.arm(second, 0); };  // due in this very tick, as it was
  at.advance_to(at.now + kMillisecond);
  BOOST_TEST(first.fired == 1);
  BOOST_TEST(second.fired == 0);
  at.advance_to(at.now + kMillisecond);
  BOOST_TEST(second.fired == 1);
}

BOOST_AUTO_TEST_CASE(a_callback_may_arm_its_own_timer_anew) {
  WheelFixture at;
  Alarm alarm(at.now);
  alarm.inside = [&] {
    if (alarm.fired < 4) at.arm(alarm, 100 * kMillisecond);
  };
  at.arm(alarm, 100 * kMillisecond);
  at.sleep_until_idle();
  BOOST_TEST(alarm.fired == 4);
  BOOST_TEST(alarm.fired_at == 1000 * kSecond + 400 * kMillisecond);
}

BOOST_AUTO_TEST_CASE(a_callback_may_cancel_its_own_timer) {
  WheelFixture at;
  Alarm alarm(at.now);
  alarm.inside = [&] { alarm.timer->cancel(); };
  at.arm(alarm, kMillisecond);
  at.sleep_until_idle();
  BOOST_TEST(alarm.fired == 1);
}

BOOST_AUTO_TEST_CASE(a_callback_may_destroy_its_own_timer) {
  WheelFixture at;
  Alarm alarm(at.now);
  alarm.inside = [&] { alarm.timer.reset(); };
  at.arm(alarm, kMillisecond);
  at.sleep_until_idle();
  BOOST_TEST(alarm.fired == 1);
}

BOOST_AUTO_TEST_CASE(a_callback_may_cancel_destroy_or_postpone_another_of_the_same_tick) {
  struct Case {
    const char* what;
    std::function<void(WheelFixture&, Alarm&)> act;
    int fired;
  };
  const Case cases[] = {
      {"cancel", [](WheelFixture&, Alarm& other) { other.timer->cancel(); }, 0},
      {"destroy", [](WheelFixture&, Alarm& other) { other.timer.reset(); }, 0},
      {"postpone", [](WheelFixture& at, Alarm& other) { at.arm(other, kSecond); }, 1},
  };
  for (const Case& c : cases) {
    BOOST_TEST_CONTEXT(c.what) {
      WheelFixture at;
      Alarm first(at.now);
      Alarm other(at.now);
      at.arm(first, 70 * kMillisecond);
      at.arm(other, 70 * kMillisecond);
      first.inside = [&] { c.act(at, other); };
      at.advance_to(at.now + 70 * kMillisecond);
      BOOST_TEST(first.fired == 1);
      BOOST_TEST(other.fired == 0);
      at.sleep_until_idle();
      BOOST_TEST(other.fired == c.fired);
    }
  }
}

BOOST_AUTO_TEST_CASE(delays_beyond_the_range_are_kept_to_the_millisecond) {
  for (const Nanos days : {794, 795, 796, 3000, 40000}) {
    BOOST_TEST_CONTEXT("days " << days) {
      WheelFixture at;
      Alarm alarm(at.now);
      const Nanos due = at.now + days * kDay;
      at.arm(alarm, days * kDay);
      at.sleep_until_idle();
      BOOST_TEST(alarm.fired_at == due);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_longest_delay_there_is_means_never_and_not_at_once) {
  WheelFixture at;
  Alarm alarm(at.now);
  at.arm(alarm, std::numeric_limits<Nanos>::max());
  BOOST_TEST(alarm.timer->armed());
  at.advance_to(at.now + 10000 * kDay);
  BOOST_TEST(alarm.fired == 0);
  BOOST_TEST(alarm.timer->armed());
}

BOOST_AUTO_TEST_CASE(many_timers_of_one_handler_are_told_apart) {
  class Many final : public TimerHandler {
   public:
    void on_timeout(Timer& timer) override {
      fired.push_back(&timer);
      // Those that are to come may go in any callback.
      if (fired.size() == 1) timers[4].cancel();
    }
    std::array<Timer, 6> timers = {Timer(*this), Timer(*this), Timer(*this),
                                   Timer(*this), Timer(*this), Timer(*this)};
    std::vector<Timer*> fired;
  };
  WheelFixture at;
  Many many;
  for (std::size_t i = 0; i < many.timers.size(); ++i) {
    at.wheel.arm(many.timers[i], at.now, static_cast<Nanos>(6 - i) * 100 * kMillisecond);
  }
  at.advance_to(at.now + 350 * kMillisecond);
  at.advance_to(at.now + kSecond);
  const std::vector<Timer*> expected = {&many.timers[5], &many.timers[3], &many.timers[2],
                                        &many.timers[1], &many.timers[0]};
  BOOST_TEST((many.fired == expected));
}

BOOST_AUTO_TEST_CASE(a_million_timers_fire_once_each_and_those_cancelled_never) {
  constexpr std::size_t kCount = 1'000'000;
  class Counter final : public TimerHandler {
   public:
    void on_timeout(Timer& /*timer*/) override { ++fired; }
    std::size_t fired = 0;
  };
  WheelFixture at;
  Counter counter;
  // A deque: timers are not moved.
  std::deque<Timer> timers;
  for (std::size_t i = 0; i < kCount; ++i) {
    timers.emplace_back(counter);
    // Spread over the first five levels of the wheel.
    at.wheel.arm(timers.back(), at.now, static_cast<Nanos>(i * i % 1'000'000'007) * kMillisecond);
  }
  for (std::size_t i = 0; i < kCount; i += 4) timers[i].cancel();
  const Nanos step = 1'000'000'007 / 100 * kMillisecond;
  std::uint64_t told = 0;
  for (int i = 0; i < 102; ++i) {
    at.now += step;
    told += at.wheel.advance(at.now).count;
  }
  BOOST_TEST(counter.fired == kCount / 4 * 3);
  BOOST_TEST(told == counter.fired);
  BOOST_TEST(std::none_of(timers.begin(), timers.end(), [](const Timer& t) { return t.armed(); }));
  BOOST_TEST(at.wheel.until_next(at.now) == -1);
}

BOOST_AUTO_TEST_CASE(advance_tells_how_many_fired_and_how_late) {
  WheelFixture at(1000 * kSecond);
  Alarm early(at.now);
  Alarm late(at.now);
  Alarm twin(at.now);
  at.arm(early, 10 * kMillisecond);
  at.arm(late, 30 * kMillisecond);
  at.arm(twin, 30 * kMillisecond);
  at.now += 50 * kMillisecond + 123;
  const TimerWheel::Fired fired = at.wheel.advance(at.now);
  BOOST_TEST(fired.count == 3U);
  BOOST_TEST(fired.longest_lag == 40'000'123U);
  BOOST_TEST(fired.lag_sum == 80'000'369U);
  BOOST_TEST(at.wheel.advance(at.now).count == 0U);
}

BOOST_AUTO_TEST_CASE(timers_may_outlive_the_wheel) {
  Nanos now = 0;
  Alarm alarm(now);
  {
    TimerWheel wheel(now);
    wheel.arm(*alarm.timer, now, kSecond);
  }
  alarm.timer.reset();
  BOOST_TEST(alarm.fired == 0);
}

// The wheel against the obvious: a list of deadlines that is searched each time.
class Model {
 public:
  explicit Model(std::size_t count) : deadlines_(count, kNone) {}

  static Nanos tick_after(Nanos at) {
    return (at + kMillisecond - 1) / kMillisecond * kMillisecond;
  }

  // Due at the first tick that is neither early nor the present one.
  void arm(std::size_t i, Nanos now, Nanos delay) {
    const Nanos next = (now / kMillisecond + 1) * kMillisecond;
    deadlines_[i] = std::max(tick_after(now + delay), next);
  }
  void cancel(std::size_t i) { deadlines_[i] = kNone; }
  [[nodiscard]] Nanos next() const {
    return *std::min_element(deadlines_.begin(), deadlines_.end());
  }
  [[nodiscard]] bool armed(std::size_t i) const { return deadlines_[i] != kNone; }
  // Takes what is due at `now`; the answer is whether timer i was.
  bool take(std::size_t i, Nanos now) {
    if (deadlines_[i] > now) return false;
    cancel(i);
    return true;
  }

  static constexpr Nanos kNone = std::numeric_limits<Nanos>::max();

 private:
  std::vector<Nanos> deadlines_;
};

BOOST_AUTO_TEST_CASE(agrees_with_a_sorted_model_over_simulated_days) {
  constexpr std::size_t kTimers = 64;
  std::mt19937_64 random(20240229);
  const auto below = [&](std::uint64_t limit) { return static_cast<Nanos>(random() % limit); };
  // Spread evenly over the levels of the wheel.
  const auto any_delay = [&] { return below(std::uint64_t{1} << below(50)); };

  WheelFixture at(below(1ULL << 50));
  const Nanos start = at.now;
  Model model(kTimers);
  std::vector<std::unique_ptr<Alarm>> alarms;
  for (std::size_t i = 0; i < kTimers; ++i) alarms.push_back(std::make_unique<Alarm>(at.now));

  int disagreements = 0;
  for (int step = 0; step < 50000 && disagreements == 0; ++step) {
    const std::size_t i = random() % kTimers;
    if (below(4) == 0) {
      alarms[i]->timer->cancel();
      model.cancel(i);
    } else {
      const Nanos delay = any_delay();
      at.arm(*alarms[i], delay);
      model.arm(i, at.now, delay);
    }
    const Nanos wait = at.wheel.until_next(at.now);
    const bool nothing = model.next() == Model::kNone;
    if (!nothing && (wait < 0 || at.now + wait > model.next())) ++disagreements;

    // Sometimes a turn comes before the deadline, sometimes long after it.
    Nanos to = at.now + any_delay() / 16;
    if (wait >= 0 && below(2) == 0) to = at.now + wait;
    at.advance_to(to);
    for (std::size_t k = 0; k < kTimers; ++k) {
      const bool due = model.take(k, at.now);
      if (alarms[k]->fired != (due ? 1 : 0) || alarms[k]->timer->armed() != model.armed(k)) {
        ++disagreements;
      }
      alarms[k]->fired = 0;
    }
  }
  BOOST_TEST(disagreements == 0);
  BOOST_TEST(at.now - start > 3 * kDay);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
