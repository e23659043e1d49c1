#include "reactor/connect_pool.h"

#include <limits>

#include "tests/unit/reactor/connect_pool_fixture.h"

namespace tidegate::reactor {
namespace {

BOOST_FIXTURE_TEST_SUITE(connect_pool_serving, ConnectPoolFixture)

BOOST_AUTO_TEST_CASE(tells_the_outcome_once_and_never_from_inside_acquire) {
  make({.min_idle = 1, .max_live = 1});
  BOOST_TEST(until([&] { return stats().idle.get() == 1; }));
  PoolUser& one = user();
  one.ask();
  BOOST_TEST(one.told() == "");
  poller.turn(0);
  BOOST_TEST(one.told() == "link");
  BOOST_TEST(!one.waiter->waiting());
  settle();
  BOOST_TEST(one.told() == "link");
}

BOOST_AUTO_TEST_CASE(a_lease_is_a_working_connection) {
  make({});
  PoolUser& one = holder();
  one.lease.stream().write("hello");
  test::Peer& peer = peer_of(one);
  BOOST_TEST_REQUIRE(test::wait_for(peer.socket().fd(), POLLIN));
  BOOST_TEST(peer.take() == "hello");
  peer.send("and you");
  BOOST_TEST(until([&] { return one.seen.consumed == "and you"; }));
}

BOOST_AUTO_TEST_CASE(keeps_min_idle_ready_beside_those_in_use_but_no_more_than_max_live) {
  make({.min_idle = 2, .max_live = 3});
  BOOST_TEST(until([&] { return stats().idle.get() == 2; }));
  settle();
  BOOST_TEST(stats().live.get() == 2U);
  holder();
  BOOST_TEST(until([&] { return stats().idle.get() == 2; }));
  BOOST_TEST(stats().live.get() == 3U);
  holder();
  settle();
  BOOST_TEST(stats().idle.get() == 1U);
  BOOST_TEST(stats().live.get() == 3U);
  BOOST_TEST(peers.size() == 3U);
}

BOOST_AUTO_TEST_CASE(opens_nothing_before_somebody_asks_without_min_idle) {
  make({});
  settle();
  BOOST_TEST(stats().live.get() == 0U);
  BOOST_TEST(peers.empty());
}

BOOST_AUTO_TEST_CASE(many_who_ask_in_one_turn_get_a_link_each_up_to_max_live) {
  make({.max_live = 3});
  for (int i = 0; i < 5; ++i) user().ask();
  BOOST_TEST(until([&] { return stats().opened.get() == 3; }));
  settle();
  BOOST_TEST(stats().live.get() == 3U);
  BOOST_TEST(stats().waiting.get() == 2U);
  for (std::size_t i = 0; i < 5; ++i) BOOST_TEST(users[i]->told() == (i < 3 ? "link" : ""));
}

BOOST_AUTO_TEST_CASE(the_link_used_last_is_used_next) {
  make({});
  PoolUser& first = holder();
  PoolUser& second = holder();
  const base::Address last = first.address();
  second.lease.release();
  settle();
  first.lease.release();
  settle();
  PoolUser& third = holder();
  BOOST_TEST((third.address() == last));
  BOOST_TEST(third.lease.reused());
  BOOST_TEST(stats().reused.get() == 1U);
  BOOST_TEST(stats().opened.get() == 2U);
}

BOOST_AUTO_TEST_CASE(waiters_are_served_in_order_as_links_come_back) {
  make({.max_live = 1});
  PoolUser& first = holder();
  PoolUser& second = user();
  PoolUser& third = user();
  second.ask();
  third.ask();
  settle();
  BOOST_TEST(stats().waiting.get() == 2U);
  first.lease.release();
  BOOST_TEST(!first.lease.held());
  settle();
  BOOST_TEST(second.told() == "link");
  BOOST_TEST(third.told() == "");
  second.lease.discard();
  BOOST_TEST(until([&] { return third.told() == "link"; }));
  BOOST_TEST(!third.lease.reused());
  BOOST_TEST(stats().waiting.get() == 0U);
}

BOOST_AUTO_TEST_CASE(a_waiter_destroyed_while_it_waits_leaves_silently) {
  make({.max_live = 1});
  PoolUser& first = holder();
  PoolUser& second = user();
  PoolUser& third = user();
  second.ask();
  third.ask();
  settle();
  second.waiter.reset();
  BOOST_TEST(stats().waiting.get() == 1U);
  first.lease.release();
  settle();
  BOOST_TEST(second.told() == "");
  BOOST_TEST(third.told() == "link");
}

BOOST_AUTO_TEST_CASE(a_link_opened_for_a_waiter_that_left_serves_the_next) {
  make({});
  PoolUser& one = user();
  one.ask();
  poller.turn(0);  // the connect is under way
  BOOST_TEST(stats().live.get() == 1U);
  one.waiter->cancel();
  BOOST_TEST(until([&] { return stats().idle.get() == 1; }));
  BOOST_TEST(one.told() == "");
  holder();
  BOOST_TEST(stats().opened.get() == 1U);
}

BOOST_AUTO_TEST_CASE(a_waiter_that_was_cancelled_may_ask_again) {
  make({});
  PoolUser& one = user();
  one.ask();
  one.waiter->cancel();
  one.ask();
  BOOST_TEST(until([&] { return one.told() == "link"; }));
  settle();
  BOOST_TEST(one.told() == "link");
}

BOOST_AUTO_TEST_CASE(patience_runs_out_once_and_not_early) {
  make({.max_live = 1});
  PoolUser& first = holder();
  PoolUser& second = user();
  const base::Nanos begun = poller.now();
  constexpr base::Nanos kPatience = 15 * base::kMillisecond;
  second.ask(kPatience);
  BOOST_TEST(until([&] { return second.told() != ""; }));
  BOOST_TEST(base::monotonic_now() - begun >= kPatience);
  first.lease.release();
  settle();
  BOOST_TEST(second.told() == "timed_out");
  BOOST_TEST(stats().timed_out.get() == 1U);
  BOOST_TEST(stats().waiting.get() == 0U);
}

BOOST_AUTO_TEST_CASE(who_was_served_loses_no_patience_later) {
  make({});
  PoolUser& one = user();
  one.ask(500 * base::kMillisecond);
  BOOST_TEST(until([&] { return one.told() == "link"; }));
  pass_time(base::kMillisecond);
  one.lease.release();
  one.ask(50 * base::kMillisecond);
  settle();
  pass_time(60 * base::kMillisecond);
  BOOST_TEST(one.told() == "link link");
}

BOOST_AUTO_TEST_CASE(a_full_queue_refuses_but_not_from_inside_acquire) {
  make({.max_live = 1, .max_waiting = 2});
  PoolUser& first = holder();
  for (int i = 0; i < 3; ++i) user().ask();
  PoolUser& refused = *users.back();
  BOOST_TEST(refused.told() == "");
  BOOST_TEST(refused.waiter->waiting());
  settle();
  BOOST_TEST(refused.told() == "limit");
  BOOST_TEST(stats().rejected.get() == 1U);
  BOOST_TEST(stats().waiting.get() == 2U);
  first.lease.release();
  settle();
  BOOST_TEST(users[1]->told() == "link");
}

BOOST_AUTO_TEST_CASE(more_than_one_pass_tells_are_all_told) {
  make({.max_live = 1, .max_waiting = 1});
  holder();
  for (int i = 0; i < 200; ++i) user().ask();
  settle();
  BOOST_TEST(stats().rejected.get() == 199U);
  const auto told = [](const auto& each) { return each->told() == "limit"; };
  BOOST_TEST(std::count_if(users.begin(), users.end(), told) == 199);
}

BOOST_AUTO_TEST_CASE(who_is_refused_may_leave_before_it_is_told) {
  make({.max_live = 1, .max_waiting = 1});
  holder();
  user().ask();
  PoolUser& refused = user();
  refused.ask();
  refused.waiter.reset();
  settle();
  BOOST_TEST(refused.told() == "");
  BOOST_TEST(stats().waiting.get() == 1U);
}

BOOST_AUTO_TEST_CASE(an_idle_link_awaits_a_waiter_outside_the_queue) {
  make({.min_idle = 2, .max_live = 2, .max_waiting = 1});
  BOOST_TEST(until([&] { return stats().idle.get() == 2; }));
  for (int i = 0; i < 4; ++i) user().ask();
  settle();
  std::vector<std::string> told;
  for (const auto& each : users) told.push_back(each->told());
  BOOST_TEST(told == (std::vector<std::string>{"link", "link", "", "limit"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_queue_without_a_limit_takes_waiters_beside_idle_links) {
  make({.min_idle = 1, .max_live = 1, .max_waiting = std::numeric_limits<std::size_t>::max()});
  BOOST_TEST(until([&] { return stats().idle.get() == 1; }));
  BOOST_TEST(holder().told() == "link");
  BOOST_TEST(stats().rejected.get() == 0U);
}

BOOST_AUTO_TEST_CASE(one_may_ask_again_inside_both_callbacks) {
  make({.max_live = 1});
  PoolUser& one = user();
  one.inside = [&] {
    one.lease.release();
    if (one.outcomes.size() < 200) one.ask(one.outcomes.size() == 100 ? base::kMillisecond : kLong);
  };
  one.ask();
  BOOST_TEST(until([&] { return one.outcomes.size() == 200; }));
  BOOST_TEST(stats().opened.get() == 1U);
  PoolUser& keeper = holder();
  PoolUser& other = user();
  other.inside = [&] {
    keeper.lease.release();
    if (other.outcomes.size() == 1) other.ask();
  };
  other.ask(base::kMillisecond);
  BOOST_TEST(until([&] { return other.told() == "timed_out link"; }));
}

BOOST_AUTO_TEST_CASE(who_asks_and_gives_back_for_ever_leaves_the_turn_bounded) {
  make({.max_live = 1});
  PoolUser& one = user();
  one.inside = [&] {
    one.lease.release();
    one.ask();
  };
  one.ask();
  BOOST_TEST(until([&] { return one.outcomes.size() > 10; }));
  const std::size_t before = one.outcomes.size();
  poller.turn(0);
  BOOST_TEST(one.outcomes.size() > before);
  one.inside = [] {};
}

BOOST_AUTO_TEST_CASE(a_waiter_may_die_inside_its_callbacks) {
  make({.max_live = 1, .max_waiting = 2});
  PoolUser& served = user();
  PoolUser& impatient = user();
  PoolUser& refused = user();
  for (PoolUser* each : {&served, &impatient, &refused}) {
    each->inside = [each] { each->waiter.reset(); };
  }
  served.ask();
  impatient.ask(5 * base::kMillisecond);
  refused.ask();
  BOOST_TEST(until([&] { return impatient.told() != ""; }));
  BOOST_TEST(served.told() == "link");
  BOOST_TEST(impatient.told() == "timed_out");
  BOOST_TEST(refused.told() == "limit");
}

BOOST_AUTO_TEST_CASE(one_callback_may_take_away_those_who_were_to_be_told_next) {
  make({.min_idle = 2, .max_live = 2});
  BOOST_TEST(until([&] { return stats().idle.get() == 2; }));
  PoolUser& first = user();
  PoolUser& second = user();
  first.inside = [&] { second.waiter.reset(); };
  first.ask();
  second.ask();
  settle();
  BOOST_TEST(first.told() == "link");
  BOOST_TEST(second.told() == "");
  BOOST_TEST(stats().idle.get() == 1U);
}

BOOST_AUTO_TEST_CASE(a_lease_nobody_keeps_goes_back) {
  make({});
  class Careless final : public PoolObserver {
   public:
    void on_link(PoolLease /*lease*/) override { told = true; }
    void on_no_link(base::Error /*why*/) override {}
    bool told = false;
  };
  Careless careless;
  PoolWaiter waiter(careless);
  pool->acquire(waiter, kLong);
  BOOST_TEST(until([&] { return careless.told; }));
  settle();
  BOOST_TEST(stats().idle.get() == 1U);
}

BOOST_AUTO_TEST_CASE(a_waiter_hears_a_peer_that_speaks_first) {
  make({});
  PoolUser& one = user();
  one.ask();
  poller.turn(0);
  BOOST_TEST_REQUIRE(test::wait_for(listener.fd(), POLLIN));
  accept_all();
  peers.back().send("220 ready");  // together with the news of the connection
  BOOST_TEST(until([&] { return one.seen.consumed == "220 ready"; }));
  BOOST_TEST(one.told() == "link");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(connect_pool_ends, ConnectPoolFixture)

BOOST_AUTO_TEST_CASE(a_lease_outlives_its_pool_and_closes_its_link) {
  make({.min_idle = 1, .max_live = 4});
  PoolUser& one = holder();
  PoolUser& two = holder();
  test::Peer& peer = peer_of(one);
  pool.reset();
  one.lease.stream().write("still here");
  BOOST_TEST(until([&] { return peer.take() == "still here"; }));
  peer.send("so am I");
  BOOST_TEST(until([&] { return one.seen.consumed == "so am I"; }));
  one.lease.release();
  two.lease.discard();
  BOOST_TEST(until([&] {
    peer.take();
    return peer.saw_end();
  }));
  BOOST_TEST(poller.stats().registered.get() == registered);
}

BOOST_AUTO_TEST_CASE(waiters_and_connects_under_way_are_forgotten_silently) {
  make({.min_idle = 1, .max_live = 3, .max_waiting = 2});
  for (int i = 0; i < 2; ++i) user().ask(20 * base::kMillisecond);
  poller.turn(0);
  BOOST_TEST(stats().live.get() == 3U);
  user().ask(20 * base::kMillisecond);  // refused, and not told yet
  pool.reset();
  pass_time(30 * base::kMillisecond);
  for (const auto& each : users) {
    BOOST_TEST(each->told() == "");
    BOOST_TEST(!each->waiter->waiting());
  }
  BOOST_TEST(poller.stats().registered.get() == registered);
}

BOOST_AUTO_TEST_CASE(the_pool_may_die_before_its_first_turn) {
  make({.min_idle = 1});
  user().ask();
  pool.reset();
  settle();
  BOOST_TEST(users[0]->told() == "");
}

BOOST_AUTO_TEST_CASE(the_pool_may_die_inside_a_waiters_callback) {
  for (const std::string outcome : {"link", "limit", "timed_out"}) {
    BOOST_TEST_CONTEXT(outcome) {
      users.clear();
      make({.max_live = 1, .max_waiting = 2});
      for (int i = 0; i < 3; ++i) user();
      for (const auto& each : users) {
        each->inside = [&, self = each.get()] {
          if (self->outcomes.back() == outcome) pool.reset();
        };
        each->ask(outcome == "timed_out" ? 5 * base::kMillisecond : kLong);
      }
      BOOST_TEST(until([&] { return pool == nullptr; }));
      settle();
    }
  }
}

BOOST_AUTO_TEST_CASE(the_pool_may_die_inside_a_streams_callback) {
  make({.min_idle = 1, .max_live = 4});
  PoolUser& one = holder();
  one.seen.inside = [&](const std::string& /*call*/) {
    pool.reset();
    one.lease.release();
  };
  peer_of(one).send("now");
  BOOST_TEST(until([&] { return pool == nullptr; }));
  settle();
  BOOST_TEST(poller.stats().registered.get() == registered);
}

BOOST_AUTO_TEST_CASE(a_poller_that_stops_serves_nobody_and_everything_can_go) {
  make({});
  poller.stop();
  PoolUser& one = user();
  one.ask();
  settle();
  BOOST_TEST(one.told() == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
