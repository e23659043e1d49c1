#include <sys/epoll.h>

#include <boost/test/unit_test.hpp>
#include <optional>
#include <string>
#include <vector>

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
using test::Fault;
using test::Faults;
using test::settle;

constexpr int kShortages[] = {EMFILE, ENFILE, ENOBUFS, ENOMEM};

ListenOptions refusing() {
  ListenOptions options;
  options.when_out_of_fds = WhenOutOfFds::refuse;
  return options;
}

struct NeedFixture : AcceptorFixture {
  [[nodiscard]] bool until_pauses(std::uint64_t count) {
    return test::turn_until(poller, [&] { return acceptor.pauses().get() >= count; });
  }
  [[nodiscard]] bool until_refused(std::uint64_t count) {
    return test::turn_until(poller, [&] { return acceptor.refused().get() >= count; });
  }
  void turn_for(base::Nanos time) {
    const base::Nanos until = base::monotonic_now() + time;
    while (base::monotonic_now() < until) poller.turn(base::kMillisecond);
  }
};

// What the far end did to it by now.
std::string fate_of(const Socket& client) {
  BOOST_TEST_REQUIRE(test::wait_for(client.fd(), POLLIN));
  char bytes[8];
  return std::string(base::name(client.read(bytes).error.code));
}

BOOST_FIXTURE_TEST_SUITE(acceptor_out_of_fds, NeedFixture)

BOOST_AUTO_TEST_CASE(pauses_with_a_growing_back_off_and_recovers_by_itself) {
  const Socket client = connecting(open("127.0.0.1:0"));
  std::optional<test::NoMoreFds> limit(std::in_place);
  const base::Nanos begun = base::monotonic_now();
  BOOST_TEST(until_pauses(4));
  // 10 + 20 + 40 ms lie between the first and the fourth attempt.
  BOOST_TEST(base::monotonic_now() - begun >= 70 * base::kMillisecond);
  BOOST_TEST(guests.sockets.empty());
  limit.reset();
  BOOST_TEST(until_accepted(1));
  BOOST_TEST(client.write(std::string_view("x")).ok());
}

BOOST_AUTO_TEST_CASE(does_not_spin_meanwhile) {
  const Socket client = connecting(open("127.0.0.1:0"));
  const test::NoMoreFds limit;
  BOOST_TEST(until_pauses(1));
  const std::uint64_t events = poller.stats().events.get();
  const base::Nanos paused = poller.now();
  poller.turn(-1);  // nothing to do before the back-off is over
  BOOST_TEST(poller.stats().events.get() == events);
  BOOST_TEST(poller.now() >= paused + Acceptor::kMinBackoff / 2);
}

BOOST_AUTO_TEST_CASE(the_back_off_begins_anew_after_a_success) {
  const base::Address at = open("127.0.0.1:0");
  const Socket first = connecting(at);
  {
    const test::NoMoreFds limit;
    BOOST_TEST(until_pauses(3));
  }
  BOOST_TEST(until_accepted(1));
  const Socket second = connecting(at);
  const test::NoMoreFds limit;
  BOOST_TEST(until_pauses(4));
  const base::Nanos paused = poller.now();
  BOOST_TEST(until_pauses(5));
  BOOST_TEST(poller.now() - paused < 8 * Acceptor::kMinBackoff);
}

BOOST_AUTO_TEST_CASE(closing_while_paused_stays_closed) {
  const Socket client = connecting(open("127.0.0.1:0"));
  const test::NoMoreFds limit;
  BOOST_TEST(until_pauses(1));
  acceptor.close(false);
  turn_for(2 * Acceptor::kMinBackoff);
  BOOST_TEST(acceptor.pauses().get() == 1U);
}

BOOST_AUTO_TEST_CASE(taking_what_waits_while_closing_gives_up_and_stays_closed) {
  const Socket client = connecting(open("127.0.0.1:0"));
  const test::NoMoreFds limit;
  acceptor.close(true);
  BOOST_TEST(guests.sockets.empty());
  turn_for(2 * Acceptor::kMinBackoff);
  BOOST_TEST(!acceptor.local_address().valid());
}

BOOST_AUTO_TEST_CASE(every_shortage_is_met_in_the_same_way) {
  const base::Address at = open("127.0.0.1:0");
  for (const int code : kShortages) {
    BOOST_TEST_CONTEXT("errno " << code) {
      const std::uint64_t before = acceptor.pauses().get();
      const std::size_t guests_before = guests.sockets.size();
      Faults faults;
      faults.fail(Call::accept4, {.code = code, .times = 2});
      const Socket client = connecting(at);
      BOOST_TEST(until_accepted(guests_before + 1));
      BOOST_TEST(acceptor.pauses().get() == before + 2);
      BOOST_TEST(acceptor.refused().get() == 0U);
    }
  }
}

BOOST_AUTO_TEST_CASE(watching_again_may_fail_for_want_of_memory_too) {
  Faults faults;
  const Socket client = connecting(open("127.0.0.1:0"));
  faults.fail(Call::accept4, {.code = ENFILE});
  faults.fail(Call::epoll_ctl, {.code = ENOMEM, .times = 2, .only = EPOLL_CTL_ADD});
  BOOST_TEST(until_accepted(1));
  BOOST_TEST(acceptor.pauses().get() == 3U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(acceptor_refusing, NeedFixture)

BOOST_AUTO_TEST_CASE(who_finds_no_fd_is_reset_and_counted) {
  const base::Address at = open("127.0.0.1:0", refusing());
  const auto clients = connect(at, 3);
  {
    const test::NoMoreFds limit;
    BOOST_TEST(until_refused(3));
    for (const Socket& client : clients) BOOST_TEST(fate_of(client) == "reset");
    settle(poller);
  }
  BOOST_TEST(acceptor.refused().get() == 3U);
  BOOST_TEST(guests.sockets.empty());
  const Socket later = connecting(at);
  BOOST_TEST(until_accepted(1));
}

BOOST_AUTO_TEST_CASE(the_reserve_is_taken_back_and_serves_again) {
  const base::Address at = open("127.0.0.1:0", refusing());
  std::vector<Socket> clients = connect(at, 1);
  auto second = Socket::open(AF_INET);
  BOOST_TEST_REQUIRE(second.ok());
  const test::NoMoreFds limit;
  BOOST_TEST(until_refused(1));
  static_cast<void>(second->connect(at));
  BOOST_TEST(until_refused(2));
  BOOST_TEST(fate_of(*second) == "reset");
  BOOST_TEST(acceptor.pauses().get() >= 2U);
}

BOOST_AUTO_TEST_CASE(no_more_than_a_batch_is_refused_before_the_next_back_off) {
  const auto clients = connect(open("127.0.0.1:0", refusing()), Acceptor::kBatch + 5);
  const test::NoMoreFds limit;
  BOOST_TEST(until_pauses(1));
  BOOST_TEST(acceptor.refused().get() == std::uint64_t{Acceptor::kBatch});
  BOOST_TEST(until_refused(Acceptor::kBatch + 5));
  BOOST_TEST(acceptor.pauses().get() == 2U);
}

BOOST_AUTO_TEST_CASE(refusing_does_not_spin_either) {
  const auto clients = connect(open("127.0.0.1:0", refusing()), Acceptor::kBatch + 5);
  const test::NoMoreFds limit;
  BOOST_TEST(until_pauses(1));
  const std::uint64_t events = poller.stats().events.get();
  const base::Nanos paused = poller.now();
  poller.turn(-1);
  BOOST_TEST(poller.stats().events.get() == events);
  BOOST_TEST(poller.now() >= paused + Acceptor::kMinBackoff / 2);
}

BOOST_AUTO_TEST_CASE(every_shortage_is_refused_in_the_same_way) {
  const base::Address at = open("127.0.0.1:0", refusing());
  for (const int code : kShortages) {
    BOOST_TEST_CONTEXT("errno " << code) {
      const std::uint64_t before = acceptor.refused().get();
      Faults faults;
      faults.fail(Call::accept4, {.code = code});
      const Socket client = connecting(at);
      BOOST_TEST(until_refused(before + 1));
      BOOST_TEST(fate_of(client) == "reset");
    }
  }
  BOOST_TEST(guests.sockets.empty());
}

BOOST_AUTO_TEST_CASE(a_reserve_that_was_lost_is_sought_again) {
  const base::Address at = open("127.0.0.1:0", refusing());
  const Socket first = connecting(at);
  auto second = Socket::open(AF_INET);
  BOOST_TEST_REQUIRE(second.ok());
  {
    Faults faults;
    faults.fail(Call::accept4, {.code = EMFILE});
    faults.fail(Call::socket, {.code = EMFILE});
    BOOST_TEST(until_refused(1));
    BOOST_TEST(faults.failed(Call::socket) == 1);
    turn_for(2 * Acceptor::kMinBackoff);
    BOOST_TEST(faults.made(Call::socket) == 2);
  }
  const test::NoMoreFds limit;
  static_cast<void>(second->connect(at));
  BOOST_TEST(until_refused(2));
}

BOOST_AUTO_TEST_CASE(without_a_reserve_it_does_not_open) {
  Faults faults;
  faults.fail(Call::socket, {.code = EMFILE, .after = 1});
  BOOST_TEST(test::errc_of(acceptor.open(address("127.0.0.1:0"), refusing())) == "out_of_fds");
  BOOST_TEST(!acceptor.local_address().valid());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(acceptor_interrupted, NeedFixture)

BOOST_AUTO_TEST_CASE(a_signal_does_not_end_a_batch) {
  const auto clients = connect(open("127.0.0.1:0"), 3);
  Faults faults;
  faults.fail(Call::accept4, {.code = EINTR, .times = 4});
  BOOST_TEST(until_accepted(3));
  BOOST_TEST(guests.batches.size() == 1U);
  BOOST_TEST(faults.failed(Call::accept4) == 4);
}

BOOST_AUTO_TEST_CASE(a_connection_that_is_gone_already_does_not_end_a_batch) {
  for (const int code : {ECONNABORTED, EPROTO, ENETDOWN}) {
    BOOST_TEST_CONTEXT("errno " << code) {
      guests = {};
      Acceptor one(poller, guests);
      BOOST_TEST_REQUIRE(one.open(address("127.0.0.1:0"), {}).ok());
      const auto clients = connect(one.local_address(), 4);
      Faults faults;
      faults.fail(Call::accept4, {.code = code, .after = 1, .done_anyway = true});
      BOOST_TEST(until_accepted(3));
      BOOST_TEST(guests.batches.size() == 1U);
      BOOST_TEST(guests.batches[0] == 3U);
      BOOST_TEST(one.pauses().get() == 0U);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_batch_of_nothing_but_the_gone_is_followed_by_a_back_off) {
  const Socket client = connecting(open("127.0.0.1:0"));
  Faults faults;
  faults.fail(Call::accept4, {.code = ECONNABORTED, .times = Acceptor::kBatch});
  BOOST_TEST(until_accepted(1));
  BOOST_TEST(acceptor.pauses().get() == 1U);
}

BOOST_AUTO_TEST_CASE(an_error_of_the_listener_itself_does_not_spin) {
  const Socket client = connecting(open("127.0.0.1:0"));
  Faults faults;
  faults.fail(Call::accept4, {.code = EINVAL, .times = 2});
  BOOST_TEST(until_accepted(1));
  BOOST_TEST(acceptor.pauses().get() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
