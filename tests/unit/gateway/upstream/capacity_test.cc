#include "gateway/upstream/capacity.h"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <thread>
#include <vector>

using tidegate::gateway::upstream::ClusterCapacity;

BOOST_AUTO_TEST_SUITE(capacity)

BOOST_AUTO_TEST_CASE(takes_up_to_the_limit_and_again_what_is_given_back) {
  ClusterCapacity capacity(2);
  BOOST_TEST(capacity.take(0, 2));
  BOOST_TEST(capacity.take(0, 2));
  BOOST_TEST(!capacity.take(0, 2));
  BOOST_TEST(capacity.take(1, 2));
  capacity.give_back(0);
  BOOST_TEST(capacity.take(0, 2));
  BOOST_TEST(capacity.open[0].load() == 2U);
}

BOOST_AUTO_TEST_CASE(zero_is_no_limit_but_is_counted) {
  ClusterCapacity capacity(1);
  for (int i = 0; i < 1000; ++i) BOOST_TEST_REQUIRE(capacity.take(0, 0));
  BOOST_TEST(capacity.open[0].load() == 1000U);
}

// A count that overshoots for a moment refuses somebody a place that is free.
BOOST_AUTO_TEST_CASE(the_count_is_exact_at_every_moment_for_eight_threads) {
  constexpr std::uint32_t kLimit = 3;
  ClusterCapacity capacity(1);
  std::atomic<bool> over{false};
  std::atomic<std::uint64_t> taken{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 20'000; ++round) {
        if (capacity.take(0, kLimit)) {
          taken.fetch_add(1, std::memory_order_relaxed);
          if (capacity.open[0].load() > kLimit) over = true;
          std::this_thread::yield();
          capacity.give_back(0);
        }
        if (capacity.open[0].load() > kLimit) over = true;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  BOOST_TEST(!over.load());
  BOOST_TEST(taken.load() > 0U);
  BOOST_TEST(capacity.open[0].load() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
