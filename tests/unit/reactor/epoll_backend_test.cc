#include "reactor/epoll_backend.h"

#include <pthread.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <csignal>
#include <memory>
#include <thread>

#include "reactor/poller.h"
#include "tests/support/faults.h"
#include "tests/support/fd_limit.h"
#include "tests/support/loopback.h"
#include "tests/support/recording_handler.h"
#include "tests/support/scripted_backend.h"
#include "tests/support/turns.h"

namespace tidegate::reactor {
namespace {

void ignore(int /*signal*/) {}

struct BackendFixture {
  BackendFixture() { BOOST_TEST_REQUIRE(backend.open().ok()); }

  int look() { return backend.wait(events, 0); }

  EpollBackend backend;
  std::array<PollerBackend::Event, 8> events;
  test::SocketPair pair = test::unix_pair();
  test::Peer peer{std::move(pair.second)};
};

BOOST_FIXTURE_TEST_SUITE(epoll_backend, BackendFixture)

BOOST_AUTO_TEST_CASE(tells_the_cookie_that_was_given) {
  constexpr Cookie kCookie = 0xfeedfacecafebeefU;
  BOOST_TEST_REQUIRE(backend.add(pair.first.fd(), kCookie, kRead, Trigger::edge).ok());
  BOOST_TEST(look() == 0);
  peer.send("x");
  BOOST_TEST_REQUIRE(look() == 1);
  BOOST_TEST(events[0].cookie == kCookie);
  BOOST_TEST(events[0].ready.readable());
  BOOST_TEST(!events[0].ready.ending());
}

BOOST_AUTO_TEST_CASE(a_change_tells_the_new_cookie_and_removing_ends_it) {
  BOOST_TEST_REQUIRE(backend.add(pair.first.fd(), 1, kRead, Trigger::level).ok());
  BOOST_TEST_REQUIRE(backend.change(pair.first.fd(), 2, kWrite, Trigger::level).ok());
  BOOST_TEST_REQUIRE(look() == 1);
  BOOST_TEST(events[0].cookie == 2U);
  backend.remove(pair.first.fd());
  BOOST_TEST(look() == 0);
}

BOOST_AUTO_TEST_CASE(what_is_not_watched_cannot_be_changed) {
  BOOST_TEST(backend.change(pair.first.fd(), 1, kRead, Trigger::edge).error().os_errno == ENOENT);
}

BOOST_AUTO_TEST_CASE(brings_no_more_than_it_is_given_room_for_and_the_rest_next) {
  test::SocketPair other = test::unix_pair();
  BOOST_TEST_REQUIRE(backend.add(pair.first.fd(), 1, kWrite, Trigger::edge).ok());
  BOOST_TEST_REQUIRE(backend.add(other.first.fd(), 2, kWrite, Trigger::edge).ok());
  const std::span<PollerBackend::Event> room(events.data(), 1);
  BOOST_TEST_REQUIRE(backend.wait(room, 0) == 1);
  const Cookie first = events[0].cookie;
  BOOST_TEST_REQUIRE(backend.wait(room, 0) == 1);
  BOOST_TEST(first + events[0].cookie == 3U);
  BOOST_TEST(backend.wait(room, 0) == 0);
}

BOOST_AUTO_TEST_CASE(a_wait_is_never_shorter_than_its_patience) {
  for (const base::Nanos patience :
       {base::Nanos{1}, 300 * base::kMicrosecond, base::kMillisecond + 1}) {
    BOOST_TEST_CONTEXT("patience " << patience) {
      const base::Nanos before = base::monotonic_now();
      BOOST_TEST(backend.wait(events, patience) == 0);
      BOOST_TEST(base::monotonic_now() - before >= patience);
    }
  }
}

BOOST_AUTO_TEST_CASE(where_exact_waits_are_unknown_it_waits_whole_milliseconds_and_asks_no_more) {
  // An old kernel, and a sandbox.
  for (const int code : {ENOSYS, EPERM}) {
    BOOST_TEST_CONTEXT("errno " << code) {
      BackendFixture at;
      test::Faults faults;
      faults.fail(test::Call::epoll_wait, {.code = code});
      for (int round = 0; round < 2; ++round) {
        const base::Nanos patience = 300 * base::kMicrosecond;
        const base::Nanos before = base::monotonic_now();
        BOOST_TEST(at.backend.wait(at.events, patience) == 0);
        BOOST_TEST(base::monotonic_now() - before >= patience);
        BOOST_TEST(faults.made(test::Call::epoll_wait) == 2 + round);
      }
      BOOST_TEST_REQUIRE(at.backend.add(at.pair.first.fd(), 1, kWrite, Trigger::edge).ok());
      BOOST_TEST(at.backend.wait(at.events, 3600 * base::kSecond) == 1);
    }
  }
}

BOOST_AUTO_TEST_CASE(an_interrupted_wait_is_no_reason_to_give_up_exact_ones) {
  test::Faults faults;
  faults.fail(test::Call::epoll_wait, {.code = EINTR});
  BOOST_TEST(backend.wait(events, base::kMillisecond) == 0);
  BOOST_TEST(faults.made(test::Call::epoll_wait) == 1);
  faults.fail(test::Call::epoll_wait, {.code = ENOSYS});
  // Exact is asked for first: the fault is met, and then the other call is made.
  BOOST_TEST(backend.wait(events, base::kMillisecond) == 0);
  BOOST_TEST(faults.made(test::Call::epoll_wait) == 3);
}

BOOST_AUTO_TEST_CASE(an_event_ends_an_unlimited_wait) {
  BOOST_TEST_REQUIRE(backend.add(pair.first.fd(), 1, kRead, Trigger::edge).ok());
  // The test library's checks belong to one thread.
  std::thread sender([&] { static_cast<void>(peer.socket().write(std::string_view("x"))); });
  BOOST_TEST(backend.wait(events, -1) == 1);
  sender.join();
}

BOOST_AUTO_TEST_CASE(a_signal_ends_a_wait_with_nothing) {
  struct sigaction quiet {};
  quiet.sa_handler = ignore;
  struct sigaction before {};
  BOOST_TEST_REQUIRE(::sigaction(SIGUSR2, &quiet, &before) == 0);
  for (const base::Nanos patience : {base::Nanos{-1}, 3600 * base::kSecond}) {
    BOOST_TEST_CONTEXT("patience " << patience) {
      std::atomic<bool> over{false};
      int count = -1;
      std::thread waiting([&] {
        count = backend.wait(events, patience);
        over = true;
      });
      const pthread_t thread = waiting.native_handle();
      // The first may come before it waits.
      BOOST_TEST(test::spin_until([&] {
        ::pthread_kill(thread, SIGUSR2);
        return over.load();
      }));
      waiting.join();
      BOOST_TEST(count == 0);
    }
  }
  ::sigaction(SIGUSR2, &before, nullptr);
}

BOOST_AUTO_TEST_CASE(open_without_fds_fails_as_a_value) {
  EpollBackend starved;
  const test::NoMoreFds limit;
  BOOST_TEST(base::name(starved.open().error().code) == "out_of_fds");
}

BOOST_AUTO_TEST_CASE(an_idle_poller_asks_for_no_more_than_what_is_left_until_a_short_timer) {
  Poller poller;
  auto made = std::make_unique<test::WaitSpy>(std::make_unique<EpollBackend>());
  const test::WaitSpy& spy = *made;
  BOOST_TEST_REQUIRE(poller.open(std::move(made)).ok());
  test::Bell bell;
  Timer timer(bell);
  poller.turn(0);
  const base::Nanos armed_at = poller.now();
  poller.arm(timer, 3 * base::kMillisecond);
  while (bell.rung == 0) poller.turn(-1);
  BOOST_TEST(bell.rung_at >= armed_at + 3 * base::kMillisecond);
  // One wait, which ends at the wheel's tick after the deadline at the latest, and no whole
  // millisecond more for the kernel's sake.
  BOOST_TEST_REQUIRE(spy.waits.size() == 2U);
  BOOST_TEST(spy.waits[1] >= 0);
  BOOST_TEST(spy.waits[1] < 4 * base::kMillisecond);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
