#include "gateway/upstream/cluster.h"

#include <boost/test/unit_test.hpp>
#include <deque>

#include "tests/unit/gateway/upstream/cluster_rig.h"

namespace base = tidegate::base;
using namespace tidegate::gateway;
using upstream::Asker;
using upstream::ClusterRig;
using upstream::count;
using upstream::LeaseKind;
using upstream::sum;

BOOST_AUTO_TEST_SUITE(cluster)

BOOST_AUTO_TEST_CASE(dials_and_leases_a_connection_that_carries_bytes_both_ways) {
  ClusterRig rig;
  Asker asker;
  rig.serve(asker);
  BOOST_REQUIRE(asker.served());
  BOOST_TEST(!asker.lease.reused());
  BOOST_TEST(asker.request.tries() == 1U);
  BOOST_TEST(asker.request.connect_time() >= 0);
  BOOST_TEST(asker.request.queue_time() == -1);
  BOOST_TEST(asker.request.endpoint()->text == rig.origins[0]->address().to_string());
  Peer origin = rig.accept();
  asker.lease.stream().write("ping");
  origin.send("pong");
  settle(rig.poller);
  origin.pump();
  BOOST_TEST(origin.received == "ping");
  BOOST_TEST(asker.received == "pong");
  BOOST_TEST(rig.endpoint().connects.get() == 1U);
  BOOST_TEST(rig.endpoint().requests.get() == 1U);
  BOOST_TEST(rig.endpoint().requests_active.get() == 1U);
  BOOST_TEST(rig.endpoint().connections_active.get() == 1U);
  asker.lease.discard();
  rig.check_all_idle();
}

BOOST_AUTO_TEST_CASE(a_lease_given_back_is_leased_again) {
  ClusterRig rig;
  Asker asker;
  rig.serve(asker);
  asker.lease.give_back();
  rig.check_all_idle(1);
  asker.ask(rig.cluster());
  BOOST_REQUIRE(asker.served());  // at once
  BOOST_TEST(asker.lease.reused());
  BOOST_TEST(asker.request.connect_time() == -1);
  BOOST_TEST(rig.endpoint().connects.get() == 1U);
  BOOST_TEST(rig.endpoint().reuses.get() == 1U);
  BOOST_TEST(rig.endpoint().requests.get() == 2U);
  BOOST_TEST(rig.endpoint().connections_idle.get() == 0U);
}

BOOST_AUTO_TEST_CASE(a_fresh_request_leaves_idle_connections_alone) {
  ClusterRig rig;
  Asker asker;
  rig.serve(asker);
  asker.lease.give_back();
  rig.serve(asker, LeaseKind::fresh);
  BOOST_TEST(!asker.lease.reused());
  BOOST_TEST(rig.endpoint().connects.get() == 2U);
}

BOOST_AUTO_TEST_CASE(a_checked_request_takes_no_connection_its_peer_has_closed) {
  ClusterRig rig;
  std::deque<Asker> askers(2);
  for (Asker& asker : askers) rig.serve(asker);
  Peer first = rig.accept();
  Peer second = rig.accept();
  for (Asker& asker : askers) asker.lease.give_back();
  second.close();  // the poller has not turned since
  Asker asker;
  asker.ask(rig.cluster(), LeaseKind::checked);
  BOOST_REQUIRE(asker.served());
  asker.lease.stream().write("alive");
  first.pump();
  BOOST_TEST(first.received == "alive");
  asker.lease.discard();
  rig.check_all_idle(0);
}

BOOST_AUTO_TEST_CASE(a_checked_request_dials_when_no_pooled_connection_is_alive) {
  ClusterRig rig;
  Asker asker;
  rig.serve(asker);
  Peer origin = rig.accept();
  asker.lease.give_back();
  origin.send("unasked");
  rig.serve(asker, LeaseKind::checked);
  BOOST_REQUIRE(asker.served());
  BOOST_TEST(!asker.lease.reused());
  BOOST_TEST(asker.received == "");
}

BOOST_AUTO_TEST_CASE(the_connection_used_last_is_leased_first) {
  ClusterRig rig;
  std::deque<Asker> askers(3);
  for (Asker& asker : askers) rig.serve(asker);
  std::vector<Peer> origins;
  for (int i = 0; i < 3; ++i) origins.push_back(rig.accept());
  askers[1].lease.give_back();
  askers[0].lease.give_back();
  askers[2].lease.give_back();
  std::deque<Asker> next(3);
  for (Asker& asker : next) asker.ask(rig.cluster());
  next[0].lease.stream().write("first");
  next[1].lease.stream().write("second");
  next[2].lease.stream().write("third");
  for (Peer& origin : origins) origin.pump();
  BOOST_TEST(origins[2].received == "first");
  BOOST_TEST(origins[0].received == "second");
  BOOST_TEST(origins[1].received == "third");
}

BOOST_AUTO_TEST_CASE(an_idle_connection_closed_by_its_peer_leaves_at_once) {
  ClusterRig rig;
  for (const bool reset : {false, true}) {
    Asker asker;
    rig.serve(asker);
    Peer origin = rig.accept();
    asker.lease.give_back();
    if (reset) {
      origin.reset();
    } else {
      origin.close();
    }
    settle(rig.poller);
    BOOST_TEST_CONTEXT("reset " << reset) {
      rig.check_all_idle(0);
      BOOST_TEST(sum(rig.endpoint().failures) == 0U);
    }
  }
}

BOOST_AUTO_TEST_CASE(bytes_on_an_idle_connection_end_it_and_are_counted) {
  ClusterRig rig;
  Asker asker;
  rig.serve(asker);
  Peer origin = rig.accept();
  asker.lease.give_back();
  origin.send("HTTP/1.1 408 Request Timeout\r\n\r\n");
  settle(rig.poller);
  origin.pump();
  BOOST_TEST(origin.ended());
  BOOST_TEST(count(rig.endpoint().failures, Reason::upstream_bad_body) == 1U);
  rig.check_all_idle(0);
}

BOOST_AUTO_TEST_CASE(over_the_idle_limit_the_oldest_goes) {
  ClusterRig rig;
  rig.config.idle_connections = 2;
  std::deque<Asker> askers(3);
  for (Asker& asker : askers) rig.serve(asker);
  std::vector<Peer> origins;
  for (int i = 0; i < 3; ++i) origins.push_back(rig.accept());
  for (Asker& asker : askers) asker.lease.give_back();
  rig.check_all_idle(2);
  for (Peer& origin : origins) origin.pump();
  BOOST_TEST(origins[0].got_fin());
  BOOST_TEST(!origins[1].ended());
  BOOST_TEST(!origins[2].ended());
}

BOOST_AUTO_TEST_CASE(without_idle_connections_what_is_given_back_is_closed) {
  ClusterRig rig;
  rig.config.idle_connections = 0;
  Asker asker;
  rig.serve(asker);
  asker.lease.give_back();
  rig.check_all_idle(0);
}

BOOST_AUTO_TEST_CASE(an_idle_connection_is_closed_after_its_time) {
  ClusterRig rig;
  rig.config.timeouts.upstream_idle = std::chrono::milliseconds(5);
  Asker asker;
  rig.serve(asker);
  Peer origin = rig.accept();
  asker.lease.give_back();
  rig.check_all_idle(1);
  BOOST_REQUIRE(turn_until(rig.poller, [&] { return rig.endpoint().connections_idle.get() == 0; }));
  origin.pump();
  BOOST_TEST(origin.got_fin());
  rig.check_all_idle(0);
}

BOOST_AUTO_TEST_CASE(a_leased_connection_is_not_closed_for_being_old) {
  ClusterRig rig;
  rig.config.timeouts.upstream_idle = std::chrono::milliseconds(2);
  Asker asker;
  rig.serve(asker);
  asker.lease.give_back();
  asker.ask(rig.cluster());
  turn_for(rig.poller, 10 * base::kMillisecond);
  BOOST_TEST(asker.lease.stream().is_open());
}

BOOST_AUTO_TEST_CASE(close_idle_closes_all_that_nobody_uses) {
  ClusterRig rig(2);
  std::deque<Asker> askers(4);
  for (Asker& asker : askers) rig.serve(asker);
  for (std::size_t i = 0; i < 3; ++i) askers[i].lease.give_back();
  rig.cluster().close_idle();
  askers[3].lease.discard();
  rig.check_all_idle(0);
}

BOOST_AUTO_TEST_CASE(discarding_with_reset_resets) {
  ClusterRig rig;
  for (const bool reset : {false, true}) {
    Asker asker;
    rig.serve(asker);
    Peer origin = rig.accept();
    asker.lease.discard(reset);
    origin.pump();
    BOOST_TEST(origin.got_reset() == reset);
    BOOST_TEST(origin.got_fin() == !reset);
  }
}

BOOST_AUTO_TEST_CASE(bytes_are_counted_when_a_lease_ends) {
  ClusterRig rig;
  Asker asker;
  rig.serve(asker);
  Peer origin = rig.accept();
  asker.lease.stream().write("four");
  origin.send("sixsix");
  settle(rig.poller);
  asker.lease.give_back();
  BOOST_TEST(rig.endpoint().bytes_out.get() == 4U);
  BOOST_TEST(rig.endpoint().bytes_in.get() == 6U);
}

BOOST_AUTO_TEST_CASE(a_refused_connect_goes_on_to_the_next_endpoint) {
  ClusterRig rig(2);
  rig.config.endpoints[0].address = refusing_address();
  Asker asker;
  rig.serve(asker);
  BOOST_REQUIRE(asker.served());
  BOOST_TEST(asker.request.tries() == 2U);
  BOOST_TEST(asker.request.endpoint()->index == 1U);
  BOOST_TEST(count(rig.endpoint(0).connect_failures, Reason::connect_refused) == 1U);
  BOOST_TEST(rig.counters.retries.get() == 1U);
  asker.lease.discard();
  rig.check_all_idle();
}

BOOST_AUTO_TEST_CASE(each_endpoint_is_tried_at_most_once) {
  ClusterRig rig(2);
  for (auto& endpoint : rig.config.endpoints) endpoint.address = refusing_address();
  Asker asker;
  rig.serve(asker);
  BOOST_TEST((asker.reason() == Reason::connect_refused));
  BOOST_TEST((asker.failure->side == Side::upstream));
  BOOST_TEST((asker.failure->retry == Retry::always));
  BOOST_TEST(asker.failure->os_errno == ECONNREFUSED);
  BOOST_TEST(asker.request.tries() == 2U);
  BOOST_TEST(rig.endpoint(0).connects.get() == 1U);
  BOOST_TEST(rig.endpoint(1).connects.get() == 1U);
  rig.check_all_idle();
}

BOOST_AUTO_TEST_CASE(no_more_than_the_most_tries_are_made) {
  ClusterRig rig(5);
  for (auto& endpoint : rig.config.endpoints) endpoint.address = refusing_address();
  Asker asker;
  rig.serve(asker);
  BOOST_TEST(asker.request.tries() == upstream::LeaseRequest::kMaxTries);
  std::uint64_t connects = 0;
  for (std::size_t i = 0; i < 5; ++i) connects += rig.endpoint(i).connects.get();
  BOOST_TEST(connects == upstream::LeaseRequest::kMaxTries);
  BOOST_TEST(!asker.request.active());
  rig.check_all_idle();
}

BOOST_AUTO_TEST_CASE(after_a_failed_connect_the_others_take_turns) {
  ClusterRig rig(3);
  rig.config.endpoints[0].address = refusing_address();
  std::array<int, 3> served{};
  for (int i = 0; i < 12; ++i) {
    Asker asker;
    rig.serve(asker, LeaseKind::fresh);
    ++served[asker.request.endpoint()->index];
  }
  BOOST_TEST(served[1] > 3);
  BOOST_TEST(served[2] > 3);
}

BOOST_AUTO_TEST_CASE(a_connect_nobody_answers_times_out) {
  ClusterRig rig;
  LoopbackListener deaf(0);
  const Peer fills_the_queue = Peer::dial(deaf.address());
  settle(rig.poller);
  rig.config.endpoints[0].address = deaf.address();
  rig.config.timeouts.connect = std::chrono::milliseconds(5);
  Asker asker;
  rig.serve(asker);
  BOOST_TEST((asker.reason() == Reason::connect_timeout));
  BOOST_TEST(count(rig.endpoint().connect_failures, Reason::connect_timeout) == 1U);
  rig.check_all_idle();
}

BOOST_AUTO_TEST_CASE(weight_zero_takes_no_traffic) {
  ClusterRig rig(2);
  rig.config.endpoints[0].weight = 0;
  for (int i = 0; i < 4; ++i) {
    Asker asker;
    rig.serve(asker, LeaseKind::fresh);
    BOOST_TEST(asker.request.endpoint()->index == 1U);
  }
}

BOOST_AUTO_TEST_CASE(with_every_weight_zero_there_is_no_endpoint) {
  ClusterRig rig(2);
  for (auto& endpoint : rig.config.endpoints) endpoint.weight = 0;
  Asker asker;
  asker.ask(rig.cluster());
  BOOST_TEST((asker.reason() == Reason::no_endpoint));
  BOOST_TEST(count(rig.counters.refused, Reason::no_endpoint) == 1U);
  BOOST_TEST(rig.counters.queued.get() == 0U);
  rig.check_all_idle();
}

BOOST_AUTO_TEST_CASE(cancelling_while_dialling_abandons_the_dial) {
  ClusterRig rig;
  Asker asker;
  asker.ask(rig.cluster());
  BOOST_TEST(asker.request.active());
  asker.request.cancel();
  settle(rig.poller);
  BOOST_TEST(!asker.answered());
  BOOST_TEST(!asker.request.active());
  rig.check_all_idle();
}

BOOST_AUTO_TEST_CASE(destroying_what_asked_or_leases_cleans_up) {
  ClusterRig rig;
  {
    Asker dialling;
    dialling.ask(rig.cluster());
    Asker leasing;
    rig.serve(leasing);
  }
  settle(rig.poller);
  rig.check_all_idle();
}

BOOST_AUTO_TEST_SUITE_END()
