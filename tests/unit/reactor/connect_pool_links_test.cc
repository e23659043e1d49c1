#include <netinet/tcp.h>

#include "tests/support/fd_limit.h"
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

struct FailingPoolFixture : ConnectPoolFixture {
  /// A pool whose address is bound by us and refuses until `listen`.
  ConnectPool& make_refused(const ConnectPoolOptions& options) {
    auto socket = Socket::open(AF_INET);
    BOOST_TEST_REQUIRE(socket.ok());
    BOOST_TEST_REQUIRE(socket->bind(test::address("127.0.0.1:0")).ok());
    listener = std::move(*socket);
    return make(options);
  }
  void listen() { BOOST_TEST_REQUIRE(listener.listen(64).ok()); }

  /// The times from one failure to the next, `count` of them; `play` is the peer, once a turn.
  template <typename Play>
  std::vector<base::Nanos> pauses(std::size_t count, Play play) {
    std::vector<base::Nanos> all;
    std::uint64_t failures = 0;
    base::Nanos last = 0;
    const bool enough = test::turn_until(poller, [&] {
      play();
      if (stats().failures.get() == failures) return false;
      if (failures != 0) all.push_back(poller.now() - last);
      failures = stats().failures.get();
      last = poller.now();
      return all.size() == count;
    });
    BOOST_TEST(enough);
    return all;
  }
};

BOOST_FIXTURE_TEST_SUITE(connect_pool_failing, FailingPoolFixture)

static_assert([] {
  BackOff wait(3, 20);
  const bool fresh = !wait.failing();
  const bool doubles = wait.fail() == 3 && wait.fail() == 6 && wait.fail() == 12;
  const bool capped = wait.failing() && wait.fail() == 20 && wait.fail() == 20;
  wait.reset();
  return fresh && doubles && capped && !wait.failing() && wait.fail() == 3;
}());

BOOST_AUTO_TEST_CASE(a_failed_connect_fails_the_waiter_that_waited_longest_and_no_other) {
  make_refused({.max_live = 1, .retry_min = kLong, .retry_max = kLong});
  PoolUser& first = user();
  PoolUser& second = user();
  first.ask();
  second.ask();
  BOOST_TEST(until([&] { return !first.outcomes.empty(); }));
  settle();
  BOOST_TEST(first.told() == "refused");
  BOOST_TEST(second.told() == "");
  BOOST_TEST(stats().failures.get() == 1U);
  BOOST_TEST(stats().live.get() == 0U);
  BOOST_TEST(stats().opened.get() == 0U);
  BOOST_TEST(stats().closed.get() == 0U);
}

BOOST_AUTO_TEST_CASE(several_connects_that_fail_at_once_fail_a_waiter_each_and_pause_once) {
  make_refused({.max_live = 3, .retry_min = 100 * base::kMillisecond, .retry_max = kLong});
  for (int i = 0; i < 4; ++i) user().ask();
  BOOST_TEST(until([&] { return stats().failures.get() == 3; }));
  settle();
  for (std::size_t i = 0; i < 4; ++i) BOOST_TEST(users[i]->told() == (i < 3 ? "refused" : ""));
  listen();
  // Had each of the three doubled the pause, it would be 400 ms.
  const base::Nanos begun = base::monotonic_now();
  BOOST_TEST(until([&] { return users[3]->told() == "link"; }));
  BOOST_TEST(base::monotonic_now() - begun < 350 * base::kMillisecond);
}

BOOST_AUTO_TEST_CASE(growth_pauses_longer_after_each_failure_up_to_the_limit) {
  constexpr base::Nanos kMs = base::kMillisecond;
  make_refused({.min_idle = 1, .retry_min = 5 * kMs, .retry_max = 20 * kMs});
  const auto waits = pauses(4, [] {});
  const base::Nanos at_least[] = {5 * kMs, 10 * kMs, 20 * kMs, 20 * kMs};
  for (std::size_t i = 0; i < 4; ++i) BOOST_TEST(waits[i] >= at_least[i]);
}

BOOST_AUTO_TEST_CASE(who_comes_during_a_pause_is_not_connected_for_until_it_ends) {
  make_refused({.retry_min = 20 * base::kMillisecond, .retry_max = kLong});
  user().ask();
  BOOST_TEST(until([&] { return stats().failures.get() == 1; }));
  const base::Nanos paused = poller.now();
  listen();
  PoolUser& late = user();
  late.ask();
  BOOST_TEST(until([&] { return late.told() == "link"; }));
  BOOST_TEST(poller.now() - paused >= 20 * base::kMillisecond);
}

BOOST_AUTO_TEST_CASE(
    after_a_failure_one_connect_is_tried_and_after_its_success_all_that_are_wanted) {
  make_refused({.max_live = 4, .retry_min = base::kMillisecond, .retry_max = base::kMillisecond});
  user().ask();
  BOOST_TEST(until([&] { return stats().failures.get() == 1; }));
  for (int i = 0; i < 4; ++i) user().ask();
  BOOST_TEST(until([&] { return stats().live.get() > 0; }));
  BOOST_TEST(stats().live.get() == 1U);
  listen();  // too late for this one
  BOOST_TEST(until([&] { return stats().opened.get() == 3; }));
  BOOST_TEST(users[1]->told() == "refused");
  for (std::size_t i = 2; i < 5; ++i) BOOST_TEST(users[i]->told() == "link");
}

BOOST_AUTO_TEST_CASE(a_success_ends_the_failing) {
  constexpr base::Nanos kMs = base::kMillisecond;
  make_refused({.max_live = 1, .retry_min = 4 * kMs, .retry_max = 10 * base::kSecond});
  PoolUser& one = user();
  one.inside = [&] {
    if (!one.lease.held() && one.outcomes.size() < 6) one.ask();
  };
  one.ask();
  BOOST_TEST(until([&] { return one.outcomes.size() == 6; }));  // the pause is 128 ms now
  listen();
  one.ask();
  BOOST_TEST(until([&] { return one.lease.held(); }));
  listener.close();
  one.inside = [] {};
  one.lease.discard();
  one.outcomes.clear();
  one.ask();
  BOOST_TEST(until([&] { return one.outcomes.size() == 1; }));
  const base::Nanos begun = poller.now();
  one.ask();
  BOOST_TEST(until([&] { return one.outcomes.size() == 2; }));
  BOOST_TEST(poller.now() - begun < 200 * kMs);
  BOOST_TEST(one.told() == "refused refused");
}

BOOST_AUTO_TEST_CASE(who_waits_in_a_pause_is_served_by_what_others_give_back) {
  make_refused({.max_live = 2, .retry_min = kLong, .retry_max = kLong});
  listen();
  PoolUser& one = holder();
  accept_all();
  listener.close();
  PoolUser& failed = user();
  PoolUser& patient = user();
  failed.ask();
  BOOST_TEST(until([&] { return failed.told() == "refused"; }));
  patient.ask();
  settle();
  one.lease.release();
  settle();
  BOOST_TEST(patient.told() == "link");
}

BOOST_AUTO_TEST_CASE(a_peer_that_takes_connections_only_to_end_them_is_backed_off_from) {
  constexpr base::Nanos kMs = base::kMillisecond;
  make({.min_idle = 1, .retry_min = 50 * kMs, .retry_max = kLong});
  const auto waits = pauses(2, [&] {
    accept_all();
    for (test::Peer& peer : peers) peer.close();
  });
  BOOST_TEST(waits[0] >= 50 * kMs);
  BOOST_TEST(waits[1] >= 100 * kMs);
}

BOOST_AUTO_TEST_CASE(a_pool_that_is_closed_in_a_pause_connects_no_more) {
  make_refused({.min_idle = 1, .retry_min = base::kMillisecond, .retry_max = base::kMillisecond});
  BOOST_TEST(until([&] { return stats().failures.get() == 1; }));
  pool->close();
  listen();
  pass_time(10 * base::kMillisecond);
  BOOST_TEST(stats().opened.get() == 0U);
  BOOST_TEST(stats().failures.get() == 1U);
}

BOOST_AUTO_TEST_CASE(want_of_fds_is_told_like_any_failure) {
  make({.retry_min = base::kMillisecond, .retry_max = base::kMillisecond});
  PoolUser& one = user();
  one.ask();
  {
    const test::NoMoreFds limit;
    BOOST_TEST(test::turn_until(poller, [&] { return !one.outcomes.empty(); }));
  }
  BOOST_TEST(one.told() == "out_of_fds");
  one.ask();
  BOOST_TEST(until([&] { return one.lease.held(); }));
}

BOOST_AUTO_TEST_CASE(a_connect_nobody_answers_ends_with_its_own_patience) {
  // A full queue: further connects are not answered.
  listener = test::listening(test::address("127.0.0.1:0"), 0);
  std::vector<Socket> fillers;
  for (int i = 0; i < 3; ++i) {
    auto made = Socket::open(AF_INET);
    BOOST_TEST_REQUIRE(made.ok());
    static_cast<void>(made->connect(listener.local_address()));
    fillers.push_back(std::move(*made));
  }
  BOOST_TEST_REQUIRE(test::wait_for(fillers[0].fd(), POLLOUT));
  DialOptions dial;
  dial.patience = 10 * base::kMillisecond;
  make({.dial = dial, .retry_min = kLong, .retry_max = kLong});
  PoolUser& one = user();
  one.ask();
  BOOST_TEST(test::turn_until(poller, [&] { return !one.outcomes.empty(); }));
  BOOST_TEST(one.told() == "timed_out");
  BOOST_TEST(stats().timed_out.get() == 0U);
  BOOST_TEST(stats().failures.get() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
