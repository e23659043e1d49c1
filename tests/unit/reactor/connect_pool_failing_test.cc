#include "tests/support/fd_limit.h"
#include "tests/unit/reactor/connect_pool_fixture.h"

namespace tidegate::reactor {
namespace {

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
