#include "reactor/poller_local.h"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/aborts.h"
#include "tests/support/turns.h"

namespace tidegate::reactor {
namespace {

struct LocalFixture {
  LocalFixture() { BOOST_TEST_REQUIRE(group.open().ok()); }

  void start() { BOOST_TEST_REQUIRE(group.start().ok()); }
  void finish() {
    group.stop();
    group.join();
  }
  void turn_all() {
    for (std::size_t i = 0; i < group.size(); ++i) group[i].turn(0);
  }

  PollerGroup group{{.name = "local", .count = 3}};
};

BOOST_FIXTURE_TEST_SUITE(poller_local, LocalFixture)

BOOST_AUTO_TEST_CASE(each_poller_begins_with_a_copy_of_its_own) {
  PollerLocal<std::string> local(group, "first");
  local.on(group[1]) += " changed";
  BOOST_TEST(local.on(group[0]) == "first");
  BOOST_TEST(local.on(group[1]) == "first changed");
  BOOST_TEST(local.on(group[2]) == "first");
}

BOOST_AUTO_TEST_CASE(a_poller_in_no_group_has_one_too) {
  Poller alone;
  BOOST_TEST_REQUIRE(alone.open().ok());
  PollerLocal<int> local(alone, 7);
  BOOST_TEST(local.on(alone) == 7);
  local.broadcast(8);
  BOOST_TEST(local.on(alone) == 7);
  alone.turn(0);
  BOOST_TEST(local.on(alone) == 8);
}

BOOST_AUTO_TEST_CASE(a_broadcast_sets_every_value_in_a_turn_of_its_poller) {
  PollerLocal<int> local(group, 1);
  local.broadcast(2);
  group[2].turn(0);
  BOOST_TEST(local.on(group[0]) == 1);
  BOOST_TEST(local.on(group[2]) == 2);
  turn_all();
  BOOST_TEST(local.on(group[0]) == 2);
}

BOOST_AUTO_TEST_CASE(completion_is_told_once_on_the_poller_named_when_the_last_has_it) {
  PollerLocal<int> local(group, 1);
  std::vector<std::size_t> reached;
  local.broadcast(2, group[0], [&](std::size_t count) { reached.push_back(count); });
  group[0].turn(0);
  group[1].turn(0);
  group[0].turn(0);
  BOOST_TEST(reached.empty());
  group[2].turn(0);
  BOOST_TEST(reached.empty());
  group[0].turn(0);
  turn_all();
  BOOST_TEST(reached == std::vector<std::size_t>{3}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_stopped_poller_is_not_counted_and_does_not_hold_up_completion) {
  PollerLocal<int> local(group, 1);
  std::vector<std::size_t> reached;
  group[1].stop();
  local.broadcast(2, group[0], [&](std::size_t count) { reached.push_back(count); });
  turn_all();
  group[0].turn(0);
  BOOST_TEST(reached == std::vector<std::size_t>{2}, boost::test_tools::per_element());
  BOOST_TEST(local.on(group[1]) == 1);
  BOOST_TEST(local.on(group[2]) == 2);
}

BOOST_AUTO_TEST_CASE(a_poller_that_goes_with_the_broadcast_unread_completes_it) {
  Poller told;
  BOOST_TEST_REQUIRE(told.open().ok());
  std::vector<std::size_t> reached;
  {
    PollerGroup brief({.name = "brief", .count = 2});
    BOOST_TEST_REQUIRE(brief.open().ok());
    PollerLocal<int> local(brief);
    local.broadcast(2, told, [&](std::size_t count) { reached.push_back(count); });
    brief[0].turn(0);
  }
  told.turn(0);
  BOOST_TEST(reached == std::vector<std::size_t>{1}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_handler_reads_the_old_value_until_its_callback_returns) {
  PollerLocal<int> local(group, 1);
  int inside = 0;
  int after = 0;
  group[0].post([&] {
    local.broadcast(2);
    inside = local.on(group[0]);
    group[0].post([&] { after = local.on(group[0]); });
  });
  group[0].turn(0);
  BOOST_TEST(inside == 1);
  BOOST_TEST(after == 2);
}

BOOST_AUTO_TEST_CASE(broadcasts_of_one_thread_arrive_everywhere_in_their_order) {
  constexpr int kRounds = 500;
  PollerLocal<int> local(group, 0);
  start();
  std::atomic<int> backwards{0};
  std::atomic<int> complete{0};
  for (int i = 1; i <= kRounds; ++i) {
    local.broadcast(i, group[0], [&](std::size_t count) {
      if (count == 3) ++complete;
    });
    for (std::size_t p = 0; p < group.size(); ++p) {
      group[p].post([&, p, i] {
        if (local.on(group[p]) < i) ++backwards;
      });
    }
  }
  BOOST_TEST(test::spin_until([&] { return complete.load() == kRounds; }));
  finish();
  BOOST_TEST(backwards == 0);
  for (std::size_t p = 0; p < group.size(); ++p) BOOST_TEST(local.on(group[p]) == kRounds);
}

BOOST_AUTO_TEST_CASE(several_threads_broadcast_while_handlers_read) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 200;
  // Two halves that must never be seen to differ.
  struct Pair {
    std::string left;
    std::string right;
  };
  PollerLocal<Pair> local(group, {"0", "0"});
  start();
  std::atomic<int> torn{0};
  std::atomic<int> complete{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kRounds; ++i) {
        const std::string text = "a value too long for any small string " + std::to_string(t * i);
        local.broadcast({text, text}, group[static_cast<std::size_t>(i) % group.size()],
                        [&](std::size_t count) { complete += count == group.size() ? 1 : 0; });
        for (std::size_t p = 0; p < group.size(); ++p) {
          group[p].post([&, p] {
            const Pair& now = local.on(group[p]);
            if (now.left != now.right) ++torn;
          });
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  BOOST_TEST(test::spin_until([&] { return complete.load() == kThreads * kRounds; }));
  finish();
  BOOST_TEST(torn == 0);
}

#ifndef NDEBUG
BOOST_AUTO_TEST_CASE(another_pollers_value_stops_a_debug_build) {
  PollerLocal<int> local(group);
  Poller stranger(1);
  BOOST_TEST(test::aborts([&] { local.on(stranger) = 1; }));
  group[0].bind_to_this_thread();
  start();
  static_cast<void>(test::spin_until([&] { return !group[0].on_own_thread(); }));
  BOOST_TEST(test::aborts([&] { local.on(group[0]) = 1; }));
  finish();
}
#endif

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
