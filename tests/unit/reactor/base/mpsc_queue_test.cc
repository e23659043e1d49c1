#include "reactor/base/mpsc_queue.h"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <memory>
#include <thread>
#include <vector>

namespace tidegate::base {
namespace {

BOOST_AUTO_TEST_SUITE(mpsc_queue)

BOOST_AUTO_TEST_CASE(a_batch_comes_oldest_first) {
  MpscQueue queue;
  std::vector<int> order;
  for (int i = 0; i < 4; ++i) queue.push(make_task([&order, i] { order.push_back(i); }));
  MpscQueue::Batch batch = queue.take_all();
  BOOST_TEST(queue.empty());
  while (const auto task = batch.pop()) task->run();
  BOOST_TEST(batch.empty());
  BOOST_TEST(order == (std::vector<int>{0, 1, 2, 3}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(whoever_finds_it_empty_is_told) {
  MpscQueue queue;
  BOOST_TEST(queue.empty());
  BOOST_TEST(queue.push(make_task([] {})));
  BOOST_TEST(!queue.push(make_task([] {})));
  static_cast<void>(queue.take_all());
  BOOST_TEST(queue.push(make_task([] {})));
}

BOOST_AUTO_TEST_CASE(what_was_never_run_is_destroyed_with_the_queue_or_the_batch) {
  const auto witness = std::make_shared<int>(0);
  const auto task = [&] { return make_task([witness] { ++*witness; }); };
  {
    MpscQueue queue;
    queue.push(task());
    queue.push(task());
    MpscQueue::Batch batch = queue.take_all();
    queue.push(task());
    BOOST_TEST(witness.use_count() == 4);
    MpscQueue::Batch moved = std::move(batch);
    moved.pop();
    BOOST_TEST(witness.use_count() == 3);
  }
  BOOST_TEST(witness.use_count() == 1);
  BOOST_TEST(*witness == 0);
}

BOOST_AUTO_TEST_CASE(a_task_may_own_what_cannot_be_copied) {
  int seen = 0;
  const auto task = make_task([owned = std::make_unique<int>(7), &seen] { seen = *owned; });
  task->run();
  BOOST_TEST(seen == 7);
}

BOOST_AUTO_TEST_CASE(each_producers_order_is_kept_and_nothing_is_lost) {
  constexpr int kProducers = 3;
  constexpr int kEach = 30000;
  MpscQueue queue;
  std::vector<int> next(kProducers, 0);
  int out_of_order = 0;
  std::atomic<int> finished{0};
  std::vector<std::thread> producers;
  for (std::size_t p = 0; p < kProducers; ++p) {
    producers.emplace_back([&, p] {
      for (int i = 0; i < kEach; ++i) {
        queue.push(make_task([&, p, i] {
          if (next[p]++ != i) ++out_of_order;
        }));
      }
      ++finished;
    });
  }
  bool last_look = false;
  while (!last_look) {
    last_look = finished.load() == kProducers;
    MpscQueue::Batch batch = queue.take_all();
    while (const auto task = batch.pop()) task->run();
  }
  for (std::thread& producer : producers) producer.join();
  BOOST_TEST(out_of_order == 0);
  for (const int count : next) BOOST_TEST(count == kEach);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::base
