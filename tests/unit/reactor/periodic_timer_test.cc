#include "reactor/periodic_timer.h"

#include <boost/test/unit_test.hpp>
#include <functional>
#include <limits>
#include <memory>
#include <vector>

#include "tests/support/turns.h"

namespace tidegate::reactor {
namespace {

using base::kMillisecond;

class Metronome final : public TickHandler {
 public:
  explicit Metronome(Poller& poller)
      : timer(std::make_unique<PeriodicTimer>(poller, *this)), poller_(poller) {}

  std::unique_ptr<PeriodicTimer> timer;
  std::vector<std::uint64_t> passed;
  std::vector<base::Nanos> at;
  std::function<void()> inside = [] {};

  void on_tick(PeriodicTimer& which, std::uint64_t periods) override {
    BOOST_TEST(&which == timer.get());
    passed.push_back(periods);
    at.push_back(poller_.now());
    inside();
  }

  [[nodiscard]] std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t count : passed) sum += count;
    return sum;
  }

 private:
  Poller& poller_;
};

struct PeriodicFixture {
  PeriodicFixture() {
    BOOST_TEST_REQUIRE(poller.open().ok());
    poller.turn(0);
  }

  void until_ticks(std::size_t count) {
    BOOST_TEST_REQUIRE(test::turn_until(poller, [&] { return metronome.at.size() >= count; }));
  }

  Poller poller;
  Metronome metronome{poller};
};

BOOST_FIXTURE_TEST_SUITE(periodic_timer, PeriodicFixture)

BOOST_AUTO_TEST_CASE(the_nth_tick_is_never_before_n_periods) {
  const base::Nanos period = 1'500'000;  // no whole milliseconds: nothing is rounded up n times
  const base::Nanos start = poller.now();
  metronome.timer->start(period);
  until_ticks(5);
  std::uint64_t n = 0;
  for (std::size_t i = 0; i < metronome.at.size(); ++i) {
    n += metronome.passed[i];
    const base::Nanos since = metronome.at[i] - start;
    BOOST_TEST(since >= static_cast<base::Nanos>(n) * period);
    // As many as have passed were told: the one after them is still to come, or its tick of the
    // wheel is.
    BOOST_TEST(since < static_cast<base::Nanos>(n + 1) * period);
  }
}

BOOST_AUTO_TEST_CASE(periods_that_passed_unseen_are_one_tick_that_counts_them) {
  const base::Nanos start = poller.now();
  metronome.timer->start(2 * kMillisecond);
  test::spin_past(start + 21 * kMillisecond);
  poller.turn(0);
  BOOST_TEST_REQUIRE(metronome.passed.size() == 1U);
  BOOST_TEST(metronome.passed[0] ==
             static_cast<std::uint64_t>((metronome.at[0] - start) / (2 * kMillisecond)));
  BOOST_TEST(metronome.passed[0] >= 10U);
}

BOOST_AUTO_TEST_CASE(after_a_late_tick_it_is_in_step_again) {
  const base::Nanos period = 4 * kMillisecond;
  const base::Nanos start = poller.now();
  metronome.timer->start(period);
  test::spin_past(start + 11 * kMillisecond);  // late, in the midst of a period
  poller.turn(0);
  BOOST_TEST_REQUIRE(metronome.at.size() == 1U);
  until_ticks(4);
  for (std::size_t i = 1; i < metronome.at.size(); ++i) {
    // Counted from the start and not from the late tick.
    std::uint64_t n = 0;
    for (std::size_t k = 0; k <= i; ++k) n += metronome.passed[k];
    const base::Nanos since = metronome.at[i] - start;
    BOOST_TEST(since / period == static_cast<base::Nanos>(n));
  }
}

BOOST_AUTO_TEST_CASE(stopped_it_does_not_tick_and_started_again_it_counts_anew) {
  metronome.timer->start(2 * kMillisecond);
  BOOST_TEST(metronome.timer->running());
  metronome.timer->stop();
  BOOST_TEST(!metronome.timer->running());
  test::spin_past(poller.now() + 5 * kMillisecond);
  poller.turn(0);
  BOOST_TEST(metronome.at.empty());

  const base::Nanos restarted = poller.now();
  metronome.timer->start(2 * kMillisecond);
  until_ticks(1);
  BOOST_TEST(metronome.at[0] >= restarted + 2 * kMillisecond);
  BOOST_TEST(metronome.passed[0] ==
             static_cast<std::uint64_t>((metronome.at[0] - restarted) / (2 * kMillisecond)));
}

BOOST_AUTO_TEST_CASE(its_own_tick_may_stop_it) {
  metronome.inside = [&] { metronome.timer->stop(); };
  metronome.timer->start(kMillisecond);
  until_ticks(1);
  test::spin_past(poller.now() + 4 * kMillisecond);
  poller.turn(0);
  BOOST_TEST(metronome.at.size() == 1U);
  BOOST_TEST(!metronome.timer->running());
}

BOOST_AUTO_TEST_CASE(its_own_tick_may_restart_it_with_another_period) {
  base::Nanos restarted = 0;
  metronome.inside = [&] {
    if (metronome.at.size() > 1) return;
    restarted = poller.now();
    metronome.timer->start(7 * kMillisecond);
  };
  metronome.timer->start(kMillisecond);
  until_ticks(2);
  BOOST_TEST(metronome.at[1] >= restarted + 7 * kMillisecond);
  BOOST_TEST(metronome.passed[1] ==
             static_cast<std::uint64_t>((metronome.at[1] - restarted) / (7 * kMillisecond)));
}

BOOST_AUTO_TEST_CASE(its_own_tick_may_destroy_it) {
  metronome.inside = [&] { metronome.timer.reset(); };
  metronome.timer->start(kMillisecond);
  until_ticks(1);
  test::spin_past(poller.now() + 4 * kMillisecond);
  poller.turn(0);
  BOOST_TEST(metronome.at.size() == 1U);
}

BOOST_AUTO_TEST_CASE(one_may_stop_or_destroy_another_of_the_same_tick) {
  Metronome other(poller);
  metronome.inside = [&] { other.timer.reset(); };
  other.inside = [&] { metronome.timer.reset(); };
  metronome.timer->start(2 * kMillisecond);
  other.timer->start(2 * kMillisecond);
  test::spin_past(poller.now() + 4 * kMillisecond);
  poller.turn(0);
  BOOST_TEST(metronome.at.size() + other.at.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_period_is_at_least_a_millisecond) {
  const base::Nanos start = poller.now();
  metronome.timer->start(0);
  until_ticks(3);
  BOOST_TEST(metronome.at.back() - start >=
             static_cast<base::Nanos>(metronome.total()) * kMillisecond);
}

BOOST_AUTO_TEST_CASE(the_longest_period_there_is_means_never) {
  metronome.timer->start(std::numeric_limits<base::Nanos>::max());
  BOOST_TEST(metronome.timer->running());
  test::spin_past(poller.now() + 2 * kMillisecond);
  poller.turn(0);
  BOOST_TEST(metronome.at.empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
