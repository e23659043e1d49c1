#include <netinet/tcp.h>

#include "tests/unit/reactor/connect_pool_fixture.h"

namespace tidegate::reactor {
namespace {

BOOST_FIXTURE_TEST_SUITE(connect_pool_links, ConnectPoolFixture)

BOOST_AUTO_TEST_CASE(a_link_given_back_inside_on_data_is_kept_when_all_was_consumed) {
  make({.max_live = 1});
  PoolUser& one = holder();
  one.seen.inside = [&](const std::string& /*call*/) { one.lease.release(); };
  peer_of(one).send("answer");
  BOOST_TEST(until([&] { return stats().idle.get() == 1; }));
  BOOST_TEST(one.seen.consumed == "answer");
  BOOST_TEST(holder().lease.reused());
}

BOOST_AUTO_TEST_CASE(a_link_given_back_inside_on_data_is_closed_when_something_was_left) {
  make({.max_live = 1});
  PoolUser& one = holder();
  one.seen.appetite = [](std::string_view /*bytes*/) { return 3; };
  one.seen.inside = [&](const std::string& /*call*/) { one.lease.release(); };
  peer_of(one).send("answer and more");
  BOOST_TEST(until([&] { return stats().closed.get() == 1; }));
  BOOST_TEST(one.seen.calls.size() == 1U);
  BOOST_TEST(!holder().lease.reused());
}

BOOST_AUTO_TEST_CASE(a_link_is_kept_when_what_was_left_over_has_been_consumed_since) {
  make({.max_live = 1});
  PoolUser& one = holder();
  one.seen.appetite = [](std::string_view bytes) { return bytes == "half" ? 0 : bytes.size(); };
  one.seen.inside = [&](const std::string& /*call*/) {
    if (!one.seen.consumed.empty()) one.lease.release();
  };
  test::Peer& peer = peer_of(one);
  peer.send("half");
  BOOST_TEST(until([&] { return one.seen.told("data"); }));
  peer.send(" and half");
  BOOST_TEST(until([&] { return !one.lease.held(); }));
  settle();
  BOOST_TEST(one.seen.consumed == "half and half");
  BOOST_TEST(stats().idle.get() == 1U);
}

BOOST_AUTO_TEST_CASE(a_link_that_is_not_clean_is_closed) {
  struct Case {
    const char* what;
    std::function<void(PoolUser&, test::Peer&)> soil;
  };
  const Case cases[] = {
      {"unsent",
       [](PoolUser& user, test::Peer&) {
         while (user.lease.stream().unsent() < 1024 * 1024) {
           user.lease.stream().write(std::string(64 * 1024, 'x'));
         }
       }},
      {"held", [](PoolUser& user, test::Peer&) { user.lease.stream().hold(ReadHold::exchange); }},
      {"unread",
       [](PoolUser& user, test::Peer& peer) {
         peer.send("not asked for");
         BOOST_TEST(test::wait_for(user.lease.stream().socket().fd(), POLLIN));
       }},
      {"ended",
       [](PoolUser& user, test::Peer& peer) {
         peer.finish();
         BOOST_TEST(test::wait_for(user.lease.stream().socket().fd(), POLLIN));
       }},
      {"closed", [](PoolUser& user, test::Peer&) { user.lease.stream().close(); }},
      {"broken",
       [](PoolUser& user, test::Peer& peer) {
         peer.reset();
         BOOST_TEST(test::wait_for(user.lease.stream().socket().fd(), POLLIN));
         user.lease.stream().write("x");
       }},
      {"finished", [](PoolUser& user, test::Peer&) { user.lease.stream().shutdown_write(); }},
      {"discarded", [](PoolUser& user, test::Peer&) { user.lease.discard(); }},
  };
  for (const Case& each : cases) {
    BOOST_TEST_CONTEXT(each.what) {
      make({.max_live = 1});
      PoolUser& one = holder();
      each.soil(one, peer_of(one));
      one.lease.release();
      poller.turn(0);
      poller.turn(0);
      BOOST_TEST(stats().closed.get() == 1U);
      BOOST_TEST(stats().live.get() == 0U);
      BOOST_TEST(one.seen.calls.empty());
      BOOST_TEST(!holder().lease.reused());
      users.clear();
    }
  }
}

BOOST_AUTO_TEST_CASE(a_lease_may_end_inside_every_callback_of_its_stream) {
  struct Case {
    const char* call;
    std::function<void(test::Peer&)> provoke;
  };
  const Case cases[] = {
      {"data", [](test::Peer& peer) { peer.send("x"); }},
      {"eof", [](test::Peer& peer) { peer.finish(); }},
      {"close", [](test::Peer& peer) { peer.reset(); }},
  };
  for (const Case& each : cases) {
    for (const bool discard : {false, true}) {
      BOOST_TEST_CONTEXT(each.call << " discard: " << discard) {
        make({.max_live = 1});
        PoolUser& one = holder();
        one.seen.inside = [&](const std::string& call) {
          BOOST_TEST(call == each.call);
          if (discard) one.lease.discard();
          one.lease.release();
        };
        each.provoke(peer_of(one));
        BOOST_TEST(until([&] { return !one.lease.held(); }));
        settle();
        BOOST_TEST(one.seen.calls.size() == 1U);
        const bool kept = std::string(each.call) == "data" && !discard;
        BOOST_TEST(stats().idle.get() == (kept ? 1U : 0U));
        users.clear();
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(an_idle_link_the_peer_ends_or_speaks_on_leaves_at_once) {
  struct Case {
    const char* what;
    std::function<void(test::Peer&)> provoke;
  };
  const Case cases[] = {
      {"FIN", [](test::Peer& peer) { peer.finish(); }},
      {"RST", [](test::Peer& peer) { peer.reset(); }},
      {"bytes", [](test::Peer& peer) { peer.send("unexpected"); }},
      {"bytes and FIN",
       [](test::Peer& peer) {
         peer.send("unexpected");
         peer.close();
       }},
  };
  for (const Case& each : cases) {
    BOOST_TEST_CONTEXT(each.what) {
      make({.max_live = 2});
      PoolUser& one = holder();
      test::Peer& peer = peer_of(one);
      one.lease.release();
      settle();
      BOOST_TEST(stats().idle.get() == 1U);
      each.provoke(peer);
      BOOST_TEST(until([&] { return stats().idle.get() == 0; }));
      BOOST_TEST(stats().live.get() == 0U);
      BOOST_TEST(stats().closed.get() == 1U);
      BOOST_TEST(one.seen.calls.empty());
      // The end of a link that has served is no failure.
      BOOST_TEST(stats().failures.get() == 0U);
      BOOST_TEST(!holder().lease.reused());
      users.clear();
    }
  }
}

BOOST_AUTO_TEST_CASE(a_link_whose_end_is_not_yet_told_is_not_leased) {
  make({.max_live = 3});
  PoolUser& first = holder();
  PoolUser& second = holder();
  test::Peer& dying = peer_of(first);
  first.lease.release();
  settle();
  second.lease.release();
  settle();
  PoolUser& third = user();
  PoolUser& fourth = user();
  // Both are served in one pass; between the two the other idle link ends.
  third.inside = [&] { dying.close(); };
  third.ask();
  fourth.ask();
  BOOST_TEST(until([&] { return fourth.told() == "link"; }));
  BOOST_TEST(third.lease.reused());
  BOOST_TEST(!fourth.lease.reused());
}

BOOST_AUTO_TEST_CASE(replaces_idle_links_the_peer_ended) {
  make({.min_idle = 2, .max_live = 2, .retry_min = 1, .retry_max = 1});
  BOOST_TEST(until([&] { return stats().idle.get() == 2; }));
  accept_all();
  pass_time(base::kMillisecond);
  for (test::Peer& peer : peers) peer.close();
  BOOST_TEST(until([&] { return stats().opened.get() == 4 && stats().idle.get() == 2; }));
  BOOST_TEST(stats().live.get() == 2U);
}

BOOST_AUTO_TEST_CASE(a_link_serves_max_uses_leases) {
  make({.max_live = 1, .max_uses = 2});
  for (const bool reused : {false, true, false, true}) {
    PoolUser& one = holder();
    BOOST_TEST(one.lease.reused() == reused);
    one.lease.release();
    settle();
  }
  BOOST_TEST(stats().opened.get() == 2U);
  BOOST_TEST(stats().closed.get() == 2U);
}

BOOST_AUTO_TEST_CASE(an_idle_link_over_its_age_is_closed_and_replaced) {
  make({.min_idle = 1, .max_live = 1, .max_age = 10 * base::kMillisecond});
  BOOST_TEST(until([&] { return stats().idle.get() == 1; }));
  BOOST_TEST(until([&] { return stats().closed.get() == 1; }));
  BOOST_TEST(until([&] { return stats().idle.get() == 1; }));
  BOOST_TEST(stats().failures.get() == 0U);
}

BOOST_AUTO_TEST_CASE(a_leased_link_over_its_age_works_on_and_is_closed_on_release) {
  make({.max_live = 1, .max_age = 5 * base::kMillisecond});
  PoolUser& one = holder();
  pass_time(10 * base::kMillisecond);
  peer_of(one).send("late");
  BOOST_TEST(until([&] { return one.seen.consumed == "late"; }));
  one.lease.release();
  BOOST_TEST(stats().live.get() == 0U);
  BOOST_TEST(stats().closed.get() == 1U);
}

BOOST_AUTO_TEST_CASE(a_link_that_comes_of_age_in_the_turn_it_is_given_back_is_closed) {
  make({.max_live = 1, .max_age = 50 * base::kMillisecond});
  PoolUser& one = holder();
  struct Releaser final : TimerHandler {
    explicit Releaser(PoolUser& u) : user(u) {}
    void on_timeout(Timer& /*timer*/) override { user.lease.release(); }
    PoolUser& user;
  };
  Releaser releaser(one);
  Timer timer(releaser);
  poller.arm(timer, 1);
  test::spin_past(poller.now() + 60 * base::kMillisecond);
  poller.turn(0);  // both timers, in the order of their deadlines
  BOOST_TEST(!one.lease.held());
  BOOST_TEST(stats().live.get() == 0U);
}

BOOST_AUTO_TEST_CASE(spare_links_age_out_down_to_min_idle) {
  for (const std::size_t min_idle : {0U, 1U, 2U, 4U}) {
    BOOST_TEST_CONTEXT("min_idle " << min_idle) {
      make({.min_idle = min_idle, .max_live = 4, .idle_limit = 30 * base::kMillisecond});
      for (int i = 0; i < 4; ++i) holder();
      for (const auto& each : users) each->lease.release();
      settle();
      BOOST_TEST(stats().idle.get() == 4U);
      BOOST_TEST(until([&] { return stats().idle.get() == min_idle; }));
      pass_time(50 * base::kMillisecond);
      BOOST_TEST(stats().idle.get() == min_idle);
      BOOST_TEST(stats().live.get() == min_idle);
      BOOST_TEST(stats().opened.get() == 4U);
      users.clear();
    }
  }
}

BOOST_AUTO_TEST_CASE(a_link_in_use_again_and_again_does_not_age_out_and_the_others_do) {
  make({.max_live = 2, .idle_limit = 100 * base::kMillisecond});
  PoolUser& one = holder();
  PoolUser& two = holder();
  two.lease.release();
  one.lease.release();
  settle();
  const base::Nanos until = base::monotonic_now() + 250 * base::kMillisecond;
  std::size_t uses = 0;
  one.inside = [&] { ++uses; };
  while (base::monotonic_now() < until) {
    one.ask();
    poller.turn(0);
    one.lease.release();
    poller.turn(base::kMillisecond);
  }
  BOOST_TEST(stats().idle.get() == 1U);
  BOOST_TEST(stats().opened.get() == 2U);
  BOOST_TEST(stats().reused.get() == uses);
}

BOOST_AUTO_TEST_CASE(a_link_is_dialled_with_the_options_and_from_the_source_it_was_given) {
  DialOptions dial;
  dial.socket.keepalive = KeepAlive{50 * base::kSecond, base::kSecond, 4};
  dial.socket.user_timeout = 30 * base::kSecond;
  dial.source = test::address("127.0.0.2:0");
  make({.dial = dial});
  PoolUser& one = holder();
  const Socket& socket = one.lease.stream().socket();
  BOOST_TEST(test::option_of(socket, IPPROTO_TCP, TCP_KEEPIDLE) == 50);
  BOOST_TEST(test::option_of(socket, IPPROTO_TCP, TCP_USER_TIMEOUT) == 30'000);
  BOOST_TEST(one.address().to_string().starts_with("127.0.0.2:"));
}

BOOST_AUTO_TEST_CASE(an_event_before_the_leaseholder_listens_closes_the_stream) {
  make({.max_live = 1});
  class Deaf final : public PoolObserver {
   public:
    void on_link(PoolLease given) override { lease = std::move(given); }
    void on_no_link(base::Error /*why*/) override {}
    PoolLease lease;
  };
  Deaf deaf;
  PoolWaiter waiter(deaf);
  pool->acquire(waiter, kLong);
  BOOST_TEST(until([&] { return deaf.lease.held() && !peers.empty(); }));
  peers.back().send("hello?");
  BOOST_TEST(until([&] { return !deaf.lease.stream().is_open(); }));
  BOOST_TEST(stats().live.get() == 1U);
  deaf.lease.release();
  BOOST_TEST(stats().live.get() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
