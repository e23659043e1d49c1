#include <boost/test/unit_test.hpp>
#include <string>

#include "reactor/acceptor.h"
#include "tests/support/faults.h"
#include "tests/support/fd_limit.h"
#include "tests/support/loopback.h"
#include "tests/unit/reactor/acceptor_fixture.h"

namespace tidegate::reactor {
namespace {

using test::AcceptorFixture;
using test::address;
using test::Call;
using test::connecting;
using test::Faults;
using test::settle;

BOOST_FIXTURE_TEST_SUITE(acceptor_paused_by_its_owner, AcceptorFixture)

BOOST_AUTO_TEST_CASE(connections_wait_in_the_kernel_until_it_resumes) {
  const base::Address at = open("127.0.0.1:0");
  acceptor.pause();
  BOOST_TEST(acceptor.paused());
  const auto clients = connect(at, 3);
  settle(poller);
  BOOST_TEST(guests.sockets.empty());
  acceptor.resume();
  BOOST_TEST(!acceptor.paused());
  BOOST_TEST(until_accepted(3));
  BOOST_TEST(acceptor.pauses().get() == 0U);
}

BOOST_AUTO_TEST_CASE(nothing_wakes_the_poller_meanwhile) {
  const base::Address at = open("127.0.0.1:0");
  acceptor.pause();
  const Socket client = connecting(at);
  const std::uint64_t events = poller.stats().events.get();
  settle(poller);
  BOOST_TEST(poller.stats().events.get() == events);
}

BOOST_AUTO_TEST_CASE(pausing_inside_a_callback_ends_the_batch) {
  const auto clients = connect(open("127.0.0.1:0"), 5);
  guests.inside = [&] { acceptor.pause(); };
  BOOST_TEST(until_accepted(1));
  settle(poller);
  BOOST_TEST(guests.sockets.size() == 1U);
  BOOST_TEST(guests.batches.size() == 1U);
  guests.inside = [] {};
  acceptor.resume();
  BOOST_TEST(until_accepted(5));
}

BOOST_AUTO_TEST_CASE(pausing_and_resuming_twice_is_as_good_as_once) {
  const base::Address at = open("127.0.0.1:0");
  const std::uint64_t before = poller.stats().registered.get();
  acceptor.resume();
  acceptor.pause();
  acceptor.pause();
  acceptor.resume();
  acceptor.resume();
  BOOST_TEST(poller.stats().registered.get() == before);
  const Socket client = connecting(at);
  BOOST_TEST(until_accepted(1));
}

BOOST_AUTO_TEST_CASE(it_may_open_paused) {
  acceptor.pause();
  const Socket client = connecting(open("127.0.0.1:0"));
  settle(poller);
  BOOST_TEST(guests.sockets.empty());
  acceptor.resume();
  BOOST_TEST(until_accepted(1));
}

BOOST_AUTO_TEST_CASE(closing_takes_what_was_held_back_when_asked) {
  const base::Address at = open("127.0.0.1:0");
  acceptor.pause();
  const auto clients = connect(at, 3);
  acceptor.close(true);
  BOOST_TEST(guests.sockets.size() == 3U);
  BOOST_TEST(!acceptor.paused());
}

BOOST_AUTO_TEST_CASE(a_guest_may_pause_and_resume_it_while_it_closes) {
  const std::uint64_t before = poller.stats().registered.get();
  const auto clients = connect(open("127.0.0.1:0"), 3);
  guests.inside = [&] {
    acceptor.pause();
    acceptor.resume();
  };
  acceptor.close(true);
  BOOST_TEST(guests.sockets.size() == 3U);
  BOOST_TEST(poller.stats().registered.get() == before);
}

BOOST_AUTO_TEST_CASE(a_back_off_that_ends_meanwhile_does_not_resume_it) {
  const base::Address at = open("127.0.0.1:0");
  const Socket client = connecting(at);
  Faults faults;
  faults.fail(Call::accept4, {.code = EMFILE});
  BOOST_TEST(test::turn_until(poller, [&] { return acceptor.pauses().get() == 1; }));
  acceptor.pause();
  const std::uint64_t registered = poller.stats().registered.get();
  const base::Nanos over = base::monotonic_now() + 2 * Acceptor::kMinBackoff;
  while (base::monotonic_now() < over) poller.turn(base::kMillisecond);
  BOOST_TEST(guests.sockets.empty());
  BOOST_TEST(poller.stats().registered.get() == registered);
  acceptor.resume();
  BOOST_TEST(until_accepted(1));
}

BOOST_AUTO_TEST_CASE(resuming_does_not_cut_a_back_off_short) {
  constexpr int kFailures = 6;  // the last is followed by 320 ms
  const Socket client = connecting(open("127.0.0.1:0"));
  Faults faults;
  faults.fail(Call::accept4, {.code = EMFILE, .times = kFailures});
  BOOST_TEST(test::turn_until(poller, [&] { return acceptor.pauses().get() == kFailures; }));
  const base::Nanos paused = poller.now();
  acceptor.pause();
  acceptor.resume();
  BOOST_TEST(until_accepted(1));
  BOOST_TEST(poller.now() - paused >= 320 * base::kMillisecond);
}

BOOST_AUTO_TEST_CASE(resuming_without_memory_is_tried_again) {
  const base::Address at = open("127.0.0.1:0");
  acceptor.pause();
  Faults faults;
  faults.fail(Call::epoll_ctl, {.code = ENOMEM});
  const Socket client = connecting(at);
  acceptor.pause();
  acceptor.resume();
  BOOST_TEST(acceptor.pauses().get() == 1U);
  BOOST_TEST(until_accepted(1));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
