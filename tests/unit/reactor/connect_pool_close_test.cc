#include "reactor/poller_group.h"
#include "tests/unit/reactor/connect_pool_fixture.h"

namespace tidegate::reactor {
namespace {

BOOST_FIXTURE_TEST_SUITE(connect_pool_closed, ConnectPoolFixture)

BOOST_AUTO_TEST_CASE(idle_links_are_closed_and_none_is_opened_anew) {
  make({.min_idle = 2, .max_live = 4});
  BOOST_TEST(until([&] { return stats().idle.get() == 2; }));
  accept_all();
  pool->close();
  BOOST_TEST(stats().live.get() == 0U);
  BOOST_TEST(stats().idle.get() == 0U);
  BOOST_TEST(stats().closed.get() == 2U);
  settle();
  BOOST_TEST(stats().opened.get() == 2U);
  BOOST_TEST(poller.stats().registered.get() == registered);
  for (test::Peer& peer : peers) {
    BOOST_TEST(until([&] {
      peer.take();
      return peer.saw_end();
    }));
  }
}

BOOST_AUTO_TEST_CASE(connects_under_way_are_abandoned) {
  make({.min_idle = 2, .max_live = 2});
  poller.turn(0);
  BOOST_TEST(stats().live.get() == 2U);
  pool->close();
  BOOST_TEST(stats().live.get() == 0U);
  settle();
  BOOST_TEST(stats().opened.get() == 0U);
  BOOST_TEST(stats().failures.get() == 0U);
  BOOST_TEST(poller.stats().registered.get() == registered);
}

BOOST_AUTO_TEST_CASE(all_who_wait_are_told_once_and_not_from_inside_close) {
  constexpr std::size_t kWaiting = 200;
  make({.max_live = 1, .max_waiting = kWaiting});
  holder();
  for (std::size_t i = 0; i <= kWaiting; ++i) user().ask(20 * base::kMillisecond);
  pool->close();
  for (std::size_t i = 1; i < users.size(); ++i) BOOST_TEST_REQUIRE(users[i]->told() == "");
  BOOST_TEST(stats().waiting.get() == 0U);
  settle();
  pass_time(30 * base::kMillisecond);
  for (std::size_t i = 1; i <= kWaiting; ++i) BOOST_TEST_REQUIRE(users[i]->told() == "cancelled");
  BOOST_TEST(users.back()->told() == "limit");  // it had been refused before
  BOOST_TEST(stats().timed_out.get() == 0U);
}

BOOST_AUTO_TEST_CASE(who_asks_later_is_told_too_and_not_from_inside_acquire) {
  make({});
  pool->close();
  pool->close();
  PoolUser& one = user();
  one.ask();
  BOOST_TEST(one.told() == "");
  BOOST_TEST(one.waiter->waiting());
  settle();
  BOOST_TEST(one.told() == "cancelled");
  BOOST_TEST(stats().live.get() == 0U);
  BOOST_TEST(stats().rejected.get() == 0U);
  PoolUser& gone = user();
  gone.ask();
  gone.waiter.reset();
  settle();
  BOOST_TEST(gone.told() == "");
}

BOOST_AUTO_TEST_CASE(a_leased_link_works_on_and_is_closed_when_it_is_given_back) {
  make({.min_idle = 1, .max_live = 4});
  PoolUser& one = holder();
  PoolUser& two = holder();
  test::Peer& peer = peer_of(one);
  pool->close();
  BOOST_TEST(stats().live.get() == 2U);
  one.lease.stream().write("still here");
  BOOST_TEST(until([&] { return peer.take() == "still here"; }));
  peer.send("so am I");
  BOOST_TEST(until([&] { return one.seen.consumed == "so am I"; }));
  one.lease.release();
  two.lease.discard();
  BOOST_TEST(stats().live.get() == 0U);
  settle();
  BOOST_TEST(poller.stats().registered.get() == registered);
}

BOOST_AUTO_TEST_CASE(a_link_given_back_in_the_same_callback_is_closed) {
  make({.max_live = 1});
  PoolUser& one = holder();
  one.seen.inside = [&](const std::string& /*call*/) {
    one.lease.release();
    pool->close();
  };
  peer_of(one).send("answer");
  BOOST_TEST(until([&] { return !one.lease.held(); }));
  BOOST_TEST(stats().live.get() == 0U);
  BOOST_TEST(one.seen.consumed == "answer");
}

BOOST_AUTO_TEST_CASE(a_pool_may_be_closed_inside_a_waiters_callback) {
  for (const std::string outcome : {"link", "limit", "timed_out", "cancelled"}) {
    BOOST_TEST_CONTEXT(outcome) {
      users.clear();
      make({.max_live = 1, .max_waiting = 2});
      for (int i = 0; i < 3; ++i) user();
      for (const auto& each : users) {
        each->inside = [&, self = each.get()] {
          if (self->outcomes.back() == outcome) pool->close();
        };
        each->ask(outcome == "timed_out" ? 5 * base::kMillisecond : kLong);
      }
      if (outcome == "cancelled") pool->close();
      const auto answered = [](const auto& each) { return !each->outcomes.empty(); };
      BOOST_TEST(until([&] { return std::all_of(users.begin(), users.end(), answered); }));
      users.clear();
      settle();
      BOOST_TEST(stats().live.get() == 0U);
      BOOST_TEST(poller.stats().registered.get() == registered);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_drained_group_does_not_wait_for_a_closed_pool) {
  PollerGroup group({.name = "drained", .count = 1});
  BOOST_TEST_REQUIRE(group.open().ok());
  ConnectPool closed(group[0], listener.local_address(), {.min_idle = 2, .max_live = 2});
  BOOST_TEST(test::turn_until(group[0], [&] { return closed.stats().idle.get() == 2; }));
  BOOST_TEST_REQUIRE(group.start().ok());
  group[0].post([&] { closed.close(); });
  BOOST_TEST(group.drain(kLong));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
