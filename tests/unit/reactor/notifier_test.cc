#include "reactor/notifier.h"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <memory>
#include <thread>
#include <vector>

#include "reactor/poller.h"
#include "tests/support/turns.h"
#include "tests/support/witness.h"

namespace tidegate::reactor {
namespace {

using test::Witness;

BOOST_AUTO_TEST_SUITE(notifier)

BOOST_AUTO_TEST_CASE(runs_tasks_in_the_order_they_were_posted) {
  Poller poller;
  BOOST_TEST_REQUIRE(poller.open().ok());
  std::vector<int> order;
  for (int i = 0; i < 5; ++i) poller.post([&order, i] { order.push_back(i); });
  BOOST_TEST(order.empty());
  poller.turn(-1);
  BOOST_TEST(order == (std::vector<int>{0, 1, 2, 3, 4}), boost::test_tools::per_element());
  BOOST_TEST(poller.stats().tasks.get() == 5U);
}

BOOST_AUTO_TEST_CASE(a_turn_runs_a_bounded_number_of_tasks_and_loses_none) {
  Poller poller;
  BOOST_TEST_REQUIRE(poller.open().ok());
  int ran = 0;
  for (int i = 0; i < Notifier::kTasksPerTurn + 10; ++i) poller.post([&ran] { ++ran; });
  poller.turn(-1);
  BOOST_TEST(ran == Notifier::kTasksPerTurn);
  poller.turn(-1);
  BOOST_TEST(ran == Notifier::kTasksPerTurn + 10);
}

BOOST_AUTO_TEST_CASE(a_task_that_posts_itself_for_ever_leaves_the_turn_bounded) {
  Poller poller;
  BOOST_TEST_REQUIRE(poller.open().ok());
  int ran = 0;
  struct Again {
    Poller& poller;
    int& ran;
    void operator()() const {
      ++ran;
      poller.post(Again{poller, ran});
    }
  };
  poller.post(Again{poller, ran});
  poller.turn(-1);
  BOOST_TEST(ran == Notifier::kTasksPerTurn);
}

BOOST_AUTO_TEST_CASE(a_task_posted_while_awake_needs_no_wake_up_and_is_not_slept_over) {
  Poller poller;
  BOOST_TEST_REQUIRE(poller.open().ok());
  bool ran = false;
  poller.post([&ran] { ran = true; });
  poller.turn(-1);  // would sleep for ever
  BOOST_TEST(ran);
  BOOST_TEST(poller.stats().events.get() == 0U);
}

BOOST_AUTO_TEST_CASE(what_is_posted_is_destroyed_after_it_ran) {
  std::atomic<int> alive{0};
  Poller poller;
  BOOST_TEST_REQUIRE(poller.open().ok());
  poller.post([owned = std::make_unique<Witness>(alive)] {});
  BOOST_TEST(alive == 1);
  poller.turn(-1);
  BOOST_TEST(alive == 0);
}

BOOST_AUTO_TEST_CASE(what_is_posted_after_stop_is_destroyed_unrun) {
  std::atomic<int> alive{0};
  bool ran = false;
  {
    Poller poller;
    BOOST_TEST_REQUIRE(poller.open().ok());
    poller.stop();
    poller.post([&ran, owned = std::make_unique<Witness>(alive)] { ran = true; });
    poller.run();
  }
  BOOST_TEST(!ran);
  BOOST_TEST(alive == 0);
}

BOOST_AUTO_TEST_CASE(what_a_task_posts_after_it_stopped_the_poller_is_destroyed_unrun) {
  std::atomic<int> alive{0};
  bool ran = false;
  {
    Poller poller;
    BOOST_TEST_REQUIRE(poller.open().ok());
    poller.post([&] {
      poller.stop();
      poller.post([&ran, owned = std::make_unique<Witness>(alive)] { ran = true; });
    });
    poller.run();
  }
  BOOST_TEST(!ran);
  BOOST_TEST(alive == 0);
}

BOOST_AUTO_TEST_CASE(every_task_of_every_thread_runs_once_and_in_its_threads_order) {
  constexpr int kProducers = 4;
  constexpr int kEach = 50000;
  Poller poller;
  BOOST_TEST_REQUIRE(poller.open().ok());
  // Touched by the poller's thread only, until it is joined.
  std::vector<int> next(kProducers, 0);
  int out_of_order = 0;
  std::atomic<int> ran{0};

  std::thread loop([&poller] { poller.run(); });
  std::vector<std::thread> producers;
  for (std::size_t p = 0; p < kProducers; ++p) {
    producers.emplace_back([&, p] {
      for (int i = 0; i < kEach; ++i) {
        poller.post([&, p, i] {
          if (next[p]++ != i) ++out_of_order;
          ran.fetch_add(1, std::memory_order_relaxed);
        });
        // Pauses, so that the poller goes to sleep in between.
        if (i % 512 == 0) std::this_thread::yield();
      }
    });
  }
  for (std::thread& producer : producers) producer.join();
  const bool all = test::spin_until([&] { return ran.load() == kProducers * kEach; });
  poller.stop();
  loop.join();
  BOOST_TEST(all);
  BOOST_TEST(out_of_order == 0);
  for (const int count : next) BOOST_TEST(count == kEach);
}

BOOST_AUTO_TEST_CASE(a_sleeping_poller_is_woken_by_every_single_post) {
  constexpr int kRounds = 10000;
  Poller poller;
  BOOST_TEST_REQUIRE(poller.open().ok());
  std::thread loop([&poller] { poller.run(); });
  std::atomic<int> answered{0};
  bool all = true;
  for (int round = 1; round <= kRounds && all; ++round) {
    // Each waits for the one before, so the poller has nothing to do and sleeps: a lost wake-up
    // stays lost.
    poller.post([&answered] { ++answered; });
    all = test::spin_until([&] { return answered.load() == round; });
  }
  poller.stop();
  loop.join();
  BOOST_TEST(all);
}

BOOST_AUTO_TEST_CASE(stop_wakes_a_sleeping_poller) {
  for (int i = 0; i < 200; ++i) {
    Poller poller;
    BOOST_TEST_REQUIRE(poller.open().ok());
    std::thread loop([&poller] { poller.run(); });
    poller.stop();
    loop.join();
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
