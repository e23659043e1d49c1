// The queue: who waits, who is served, who gives up.
#include <boost/test/unit_test.hpp>
#include <deque>

#include "tests/unit/gateway/upstream/cluster_rig.h"

namespace base = tidegate::base;
using namespace tidegate::gateway;
using upstream::Asker;
using upstream::ClusterRig;
using upstream::count;
using upstream::LeaseKind;

namespace {

// One connection at most, and it is leased.
struct FullRig : ClusterRig {
  explicit FullRig(std::uint32_t limit = 1) {
    config.limits.connections_per_endpoint = limit;
    holders.resize(limit);
  }
  void fill() {
    for (Asker& holder : holders) serve(holder);
  }
  std::deque<Asker> holders;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(cluster_queue)

BOOST_AUTO_TEST_CASE(over_the_limit_a_request_waits_until_a_lease_is_given_back) {
  FullRig rig;
  rig.fill();
  Asker asker;
  asker.ask(rig.cluster());
  settle(rig.poller);
  BOOST_TEST(!asker.answered());
  BOOST_TEST(rig.counters.queue_length.get() == 1U);
  BOOST_TEST(rig.counters.queued.get() == 1U);
  BOOST_TEST(rig.capacity->waiting.load() == 1U);
  BOOST_TEST(rig.mesh.wanted == 1);
  rig.holders[0].lease.give_back();
  settle(rig.poller);
  BOOST_REQUIRE(asker.served());
  BOOST_TEST(asker.lease.reused());
  BOOST_TEST(asker.request.queue_time() >= 0);
  BOOST_TEST(rig.endpoint().connects.get() == 1U);
  asker.lease.give_back();
  rig.check_all_idle(1);
}

BOOST_AUTO_TEST_CASE(a_discarded_lease_makes_room_for_a_new_connection) {
  FullRig rig;
  rig.fill();
  Asker asker;
  asker.ask(rig.cluster());
  rig.holders[0].lease.discard();
  BOOST_REQUIRE(turn_until(rig.poller, [&] { return asker.answered(); }));
  BOOST_REQUIRE(asker.served());
  BOOST_TEST(!asker.lease.reused());
  asker.lease.discard();
  rig.check_all_idle();
}

BOOST_AUTO_TEST_CASE(a_failed_connect_makes_room_too) {
  FullRig rig;
  rig.config.endpoints[0].address = refusing_address();
  std::deque<Asker> askers(3);
  for (Asker& asker : askers) asker.ask(rig.cluster());
  BOOST_REQUIRE(turn_until(rig.poller, [&] { return askers[2].answered(); }));
  for (Asker& asker : askers) BOOST_TEST((asker.reason() == Reason::connect_refused));
  rig.check_all_idle();
}

BOOST_AUTO_TEST_CASE(who_came_first_is_served_first) {
  FullRig rig;
  rig.fill();
  std::deque<Asker> askers(3);
  for (Asker& asker : askers) asker.ask(rig.cluster());
  Asker* holder = &rig.holders[0];
  for (std::size_t i = 0; i < askers.size(); ++i) {
    holder->lease.give_back();
    settle(rig.poller);
    for (std::size_t k = 0; k < askers.size(); ++k) BOOST_TEST(askers[k].served() == (k == i));
    holder = &askers[i];
  }
  holder->lease.discard();
  rig.check_all_idle();
}

BOOST_AUTO_TEST_CASE(a_newcomer_does_not_overtake_those_who_wait) {
  FullRig rig;
  rig.fill();
  Asker waiting;
  waiting.ask(rig.cluster());
  rig.holders[0].lease.give_back();
  Asker newcomer;
  newcomer.ask(rig.cluster());  // in the same turn, before the queue is served
  settle(rig.poller);
  BOOST_TEST(waiting.served());
  BOOST_TEST(!newcomer.answered());
  waiting.lease.give_back();
  settle(rig.poller);
  BOOST_TEST(newcomer.served());
}

BOOST_AUTO_TEST_CASE(several_places_serve_several_who_wait) {
  FullRig rig(3);
  rig.fill();
  std::deque<Asker> askers(4);
  for (Asker& asker : askers) asker.ask(rig.cluster());
  for (Asker& holder : rig.holders) holder.lease.give_back();
  settle(rig.poller);
  BOOST_TEST(askers[0].served());
  BOOST_TEST(askers[1].served());
  BOOST_TEST(askers[2].served());
  BOOST_TEST(!askers[3].answered());
}

BOOST_AUTO_TEST_CASE(those_who_wait_are_spread_like_all_others) {
  ClusterRig rig(2);
  rig.config.limits.connections_per_endpoint = 2;
  std::deque<Asker> holders(4);
  for (Asker& holder : holders) rig.serve(holder);
  std::deque<Asker> askers(2);
  for (Asker& asker : askers) asker.ask(rig.cluster());
  for (Asker& holder : holders) holder.lease.give_back();
  settle(rig.poller);
  BOOST_REQUIRE(askers[0].served());
  BOOST_REQUIRE(askers[1].served());
  BOOST_TEST(askers[0].request.endpoint()->index != askers[1].request.endpoint()->index);
}

BOOST_AUTO_TEST_CASE(a_full_queue_refuses) {
  FullRig rig;
  rig.config.limits.queue_size = 2;
  rig.fill();
  std::deque<Asker> askers(3);
  for (Asker& asker : askers) asker.ask(rig.cluster());
  BOOST_TEST(!askers[1].answered());
  BOOST_TEST((askers[2].reason() == Reason::queue_full));
  BOOST_TEST((askers[2].failure->side == Side::gateway));
  BOOST_TEST(count(rig.counters.refused, Reason::queue_full) == 1U);
  for (Asker& asker : askers) asker.request.cancel();
  rig.holders[0].lease.discard();
  rig.check_all_idle();
}

BOOST_AUTO_TEST_CASE(a_queue_of_none_refuses_at_once) {
  FullRig rig;
  rig.config.limits.queue_size = 0;
  rig.fill();
  Asker asker;
  asker.ask(rig.cluster());
  BOOST_TEST((asker.reason() == Reason::queue_full));
}

BOOST_AUTO_TEST_CASE(who_waits_too_long_is_refused) {
  FullRig rig;
  rig.config.limits.queue_timeout = std::chrono::milliseconds(5);
  rig.fill();
  Asker asker;
  rig.serve(asker);
  BOOST_TEST((asker.reason() == Reason::queue_timeout));
  BOOST_TEST(count(rig.counters.refused, Reason::queue_timeout) == 1U);
  BOOST_TEST(asker.request.queue_time() >= 5 * base::kMillisecond);
  rig.holders[0].lease.give_back();
  settle(rig.poller);
  rig.check_all_idle(1);
}

BOOST_AUTO_TEST_CASE(who_is_served_is_not_timed_out_later) {
  FullRig rig;
  rig.config.limits.queue_timeout = std::chrono::milliseconds(5);
  rig.fill();
  Asker asker;
  asker.ask(rig.cluster());
  rig.holders[0].lease.give_back();
  turn_for(rig.poller, 15 * base::kMillisecond);
  BOOST_TEST(asker.served());
  BOOST_TEST(!asker.failure.has_value());
}

BOOST_AUTO_TEST_CASE(cancelling_leaves_the_queue) {
  FullRig rig;
  rig.fill();
  std::deque<Asker> askers(3);
  for (Asker& asker : askers) asker.ask(rig.cluster());
  askers[0].request.cancel();
  askers[1].request.cancel();
  BOOST_TEST(rig.counters.queue_length.get() == 1U);
  rig.holders[0].lease.give_back();
  settle(rig.poller);
  BOOST_TEST(!askers[0].answered());
  BOOST_TEST(!askers[1].answered());
  BOOST_TEST(askers[2].served());
  askers[2].lease.discard();
  rig.check_all_idle();
}

BOOST_AUTO_TEST_CASE(a_limit_reached_by_other_workers_makes_us_wait_and_ask_them) {
  FullRig rig;
  rig.cluster();
  BOOST_REQUIRE(rig.capacity->take(0, 1));
  Asker asker;
  asker.ask(rig.cluster());
  settle(rig.poller);
  BOOST_TEST(!asker.answered());
  BOOST_TEST(rig.mesh.wanted == 1);
  rig.capacity->give_back(0);
  rig.cluster().serve_queue();  // what the other worker's capacity_freed leads to
  BOOST_REQUIRE(turn_until(rig.poller, [&] { return asker.answered(); }));
  BOOST_TEST(asker.served());
  asker.lease.discard();
  rig.check_all_idle();
}

BOOST_AUTO_TEST_CASE(a_connection_others_wait_for_is_closed_and_not_kept) {
  FullRig rig;
  rig.fill();
  rig.capacity->waiting.fetch_add(1);
  rig.holders[0].lease.give_back();
  BOOST_TEST(rig.endpoint().connections_active.get() == 0U);
  BOOST_TEST(rig.mesh.freed == 1);
  rig.capacity->waiting.fetch_sub(1);
  rig.check_all_idle(0);
}

BOOST_AUTO_TEST_CASE(an_idle_connection_is_given_up_when_others_ask) {
  FullRig rig(2);
  rig.fill();
  for (Asker& holder : rig.holders) holder.lease.give_back();
  rig.capacity->waiting.fetch_add(1);
  rig.cluster().release_one_idle();
  BOOST_TEST(rig.endpoint().connections_idle.get() == 1U);
  BOOST_TEST(rig.mesh.freed == 1);
  rig.capacity->waiting.fetch_sub(1);
  rig.check_all_idle(1);
}

BOOST_AUTO_TEST_CASE(without_a_limit_nobody_is_told_of_freed_places) {
  ClusterRig rig;
  Asker asker;
  rig.serve(asker);
  rig.capacity->waiting.fetch_add(1);
  asker.lease.discard();
  BOOST_TEST(rig.mesh.freed == 0);
  rig.capacity->waiting.fetch_sub(1);
}

// TCP sessions and retries take no idle connection: one must not keep them out.
BOOST_AUTO_TEST_CASE(an_idle_connection_gives_its_place_to_a_fresh_request) {
  FullRig rig;
  rig.fill();
  rig.holders[0].lease.give_back();
  Asker asker;
  asker.ask(rig.cluster(), LeaseKind::fresh);
  settle(rig.poller);
  BOOST_REQUIRE(asker.served());
  BOOST_TEST(!asker.lease.reused());
  asker.lease.discard();
  rig.check_all_idle(0);
}

BOOST_AUTO_TEST_CASE(a_lease_given_back_gives_its_place_to_a_fresh_request) {
  FullRig rig;
  rig.fill();
  Asker asker;
  asker.ask(rig.cluster(), LeaseKind::fresh);
  settle(rig.poller);
  rig.holders[0].lease.give_back();
  settle(rig.poller);
  BOOST_REQUIRE(asker.served());
  BOOST_TEST(!asker.lease.reused());
}

BOOST_AUTO_TEST_SUITE_END()
