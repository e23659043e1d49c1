#include "reactor/dial_race.h"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>
#include <vector>

#include "reactor/stream.h"
#include "tests/support/faults.h"
#include "tests/support/loopback.h"
#include "tests/unit/reactor/dial_fixture.h"

namespace tidegate::reactor {
namespace {

using test::address;
using test::Call;
using test::DeafListener;
using test::DialFixture;
using test::Faults;
using test::kLong;
using test::listening;
using test::open_fds;
using test::settle;

constexpr base::Nanos kNever = 1000 * base::kSecond;
constexpr base::Nanos kShort = 20 * base::kMillisecond;

struct RaceFixture : DialFixture {
  void start(const std::vector<base::Address>& addresses, base::Nanos delay,
             base::Nanos patience = kLong) {
    caller.outcomes.clear();
    DialRaceOptions options;
    options.attempt_delay = delay;
    options.dial.patience = patience;
    race->start(addresses, options);
    BOOST_TEST(caller.outcomes.empty());
  }

  std::string outcome_of_race(const std::vector<base::Address>& addresses, base::Nanos delay,
                              base::Nanos patience = kLong) {
    start(addresses, delay, patience);
    return outcome();
  }

  [[nodiscard]] bool reached(const Socket& listener) const {
    return caller.socket.peer_address() == listener.local_address();
  }

  void hang_up() {
    caller.registration.remove();
    caller.socket.close();
  }

  void turn_for(base::Nanos time) {
    const base::Nanos until = base::monotonic_now() + time;
    while (base::monotonic_now() < until) poller.turn(base::kMillisecond);
  }

  std::unique_ptr<DialRace> race = std::make_unique<DialRace>(poller, caller);
};

BOOST_FIXTURE_TEST_SUITE(dial_race_order, RaceFixture)

BOOST_AUTO_TEST_CASE(the_first_address_wins_when_it_answers) {
  const Socket v4 = listening(address("127.0.0.1:0"));
  const Socket v6 = listening(address("[::1]:0"));
  Faults faults;
  BOOST_TEST(outcome_of_race({v6.local_address(), v4.local_address()}, kNever) == "connected");
  BOOST_TEST(reached(v6));
  hang_up();
  BOOST_TEST(outcome_of_race({v4.local_address(), v6.local_address()}, kNever) == "connected");
  BOOST_TEST(reached(v4));
  BOOST_TEST(faults.made(Call::connect) == 2);
}

BOOST_AUTO_TEST_CASE(the_families_alternate_from_the_first_on) {
  const Socket v4 = listening(address("127.0.0.1:0"));
  const Socket v6 = listening(address("[::1]:0"));
  const Socket silent = unheard(address("127.0.0.1:0"));
  Faults faults;
  // After the silent one comes the other family, although its address stands last.
  BOOST_TEST(outcome_of_race({silent.local_address(), v4.local_address(), v6.local_address()},
                             kNever) == "connected");
  BOOST_TEST(reached(v6));
  BOOST_TEST(faults.made(Call::connect) == 2);
}

BOOST_AUTO_TEST_CASE(when_one_family_is_used_up_the_other_goes_on_alone) {
  const Socket v4 = listening(address("127.0.0.1:0"));
  const Socket silent4 = unheard(address("127.0.0.1:0"));
  const Socket silent6 = unheard(address("[::1]:0"));
  Faults faults;
  BOOST_TEST(outcome_of_race({silent6.local_address(), silent4.local_address(),
                              silent4.local_address(), v4.local_address()},
                             kNever) == "connected");
  BOOST_TEST(reached(v4));
  BOOST_TEST(faults.made(Call::connect) == 4);
}

BOOST_AUTO_TEST_CASE(no_more_than_so_many_are_tried) {
  const Socket silent = unheard(address("127.0.0.1:0"));
  const Socket v6 = listening(address("[::1]:0"));
  std::vector<base::Address> many(DialRace::kMaxAddresses + 4, silent.local_address());
  Faults faults;
  BOOST_TEST(outcome_of_race(many, kNever) == "refused");
  BOOST_TEST(faults.made(Call::connect) == static_cast<int>(DialRace::kMaxAddresses));
  // It is the order that is cut, not the list.
  many.push_back(v6.local_address());
  BOOST_TEST(outcome_of_race(many, kNever) == "connected");
}

BOOST_AUTO_TEST_CASE(a_source_leaves_only_its_family) {
  const Socket v4 = listening(address("127.0.0.1:0"));
  const Socket v6 = listening(address("[::1]:0"));
  const std::vector<base::Address> both{v6.local_address(), v4.local_address()};
  DialRaceOptions options;
  options.dial.source = address("127.0.0.3:0");
  Faults faults;
  race->start(both, options);
  BOOST_TEST(outcome() == "connected");
  BOOST_TEST(caller.socket.local_address().host() == "127.0.0.3");
  BOOST_TEST(faults.made(Call::socket) == 1);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(dial_race_falls_over, RaceFixture)

BOOST_AUTO_TEST_CASE(at_once_when_an_address_refuses) {
  const Socket silent = unheard(address("[::1]:0"));
  const Socket v4 = listening(address("127.0.0.1:0"));
  BOOST_TEST(outcome_of_race({silent.local_address(), v4.local_address()}, kNever) == "connected");
  BOOST_TEST(reached(v4));
}

BOOST_AUTO_TEST_CASE(at_once_when_an_attempt_cannot_even_begin) {
  const Socket v4 = listening(address("127.0.0.1:0"));
  Faults faults;
  faults.fail(Call::connect, {.code = ENETUNREACH});
  BOOST_TEST(outcome_of_race({address("[2001:db8::1]:80"), v4.local_address()}, kNever) ==
             "connected");
  BOOST_TEST(reached(v4));
}

BOOST_AUTO_TEST_CASE(after_the_delay_when_an_address_is_silent_and_the_loser_is_closed) {
  const DeafListener deaf;
  const Socket v4 = listening(address("127.0.0.1:0"));
  const std::uint64_t registered = poller.stats().registered.get();
  const std::ptrdiff_t fds = open_fds();
  const base::Nanos begun = poller.now();
  BOOST_TEST(outcome_of_race({deaf.local_address(), v4.local_address()}, kShort) == "connected");
  BOOST_TEST(reached(v4));
  BOOST_TEST(poller.now() - begun >= kShort);
  BOOST_TEST(!race->under_way());
  BOOST_TEST(poller.stats().registered.get() == registered + 1);
  BOOST_TEST(open_fds() == fds + 1);
}

BOOST_AUTO_TEST_CASE(not_sooner_than_the_least_delay) {
  const DeafListener deaf;
  const Socket v4 = listening(address("127.0.0.1:0"));
  const base::Nanos begun = poller.now();
  BOOST_TEST(outcome_of_race({deaf.local_address(), v4.local_address()}, 0) == "connected");
  BOOST_TEST(poller.now() - begun >= DialRace::kMinAttemptDelay);
}

BOOST_AUTO_TEST_CASE(a_later_refusal_starts_the_next_while_the_first_is_still_silent) {
  const DeafListener deaf;
  const Socket silent = unheard(address("127.0.0.1:0"));
  const Socket v4 = listening(address("127.0.0.1:0"));
  Faults faults;
  BOOST_TEST(outcome_of_race({deaf.local_address(), silent.local_address(), v4.local_address()},
                             kShort) == "connected");
  BOOST_TEST(reached(v4));
  BOOST_TEST(faults.made(Call::connect) == 3);
}

BOOST_AUTO_TEST_CASE(a_former_attempt_may_still_win) {
  const Socket busy = listening(address("unix:" + folder.file("busy.sock")));
  const DeafListener deaf;
  Faults faults;
  // Connected at once, but told only after the other attempt has begun.
  start({busy.local_address(), deaf.local_address()}, DialRace::kMinAttemptDelay);
  const base::Nanos until = base::monotonic_now() + 2 * DialRace::kMinAttemptDelay;
  test::spin_past(until);
  BOOST_TEST(outcome() == "connected");
  BOOST_TEST(reached(busy));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(dial_race_outcomes, RaceFixture)

BOOST_AUTO_TEST_CASE(when_all_fail_the_last_is_told_once) {
  const Socket silent = unheard(address("127.0.0.1:0"));
  const base::Address missing = address("unix:" + folder.file("missing.sock"));
  const std::ptrdiff_t fds = open_fds();
  BOOST_TEST(outcome_of_race({missing, silent.local_address()}, kNever) == "refused");
  BOOST_TEST(outcome_of_race({silent.local_address(), missing}, kNever) == "os_error");
  BOOST_TEST(caller.why.os_errno == ENOENT);
  BOOST_TEST(open_fds() == fds);
}

BOOST_AUTO_TEST_CASE(a_family_without_a_route_does_not_hide_what_the_other_said) {
  const Socket silent = unheard(address("127.0.0.1:0"));
  const base::Address nowhere = address("[2001:db8::1]:80");
  for (const int after : {0, 1}) {
    BOOST_TEST_CONTEXT("unreachable after " << after) {
      std::vector<base::Address> both{silent.local_address(), silent.local_address()};
      both[static_cast<std::size_t>(after)] = nowhere;
      Faults faults;
      faults.fail(Call::connect, {.code = ENETUNREACH, .after = after});
      BOOST_TEST(outcome_of_race(both, kNever) == "refused");
    }
  }
}

BOOST_AUTO_TEST_CASE(no_address_at_all_is_unreachable) {
  BOOST_TEST(outcome_of_race({}, kNever) == "unreachable");
  DialRaceOptions options;
  options.dial.source = address("127.0.0.1:0");
  caller.outcomes.clear();
  const base::Address v6 = address("[::1]:80");
  race->start({&v6, 1}, options);
  BOOST_TEST(outcome() == "unreachable");
}

BOOST_AUTO_TEST_CASE(the_stage_is_that_of_the_failure_told) {
  const Socket silent = unheard(address("127.0.0.1:0"));
  DialRaceOptions options;
  options.dial.socket.keepalive = KeepAlive{base::kSecond, base::kSecond, 1000};
  const std::vector<base::Address> twice(2, silent.local_address());
  race->start(twice, options);
  BOOST_TEST(outcome() == "os_error");
  BOOST_TEST((race->failed_stage() == DialStage::option));
  BOOST_TEST(race->failed_option() == std::string("TCP_KEEPCNT"));
  Faults faults;
  faults.fail(Call::socket, {.code = EMFILE, .times = 2});
  BOOST_TEST(outcome_of_race(twice, kNever) == "out_of_fds");
  BOOST_TEST((race->failed_stage() == DialStage::socket));
  BOOST_TEST(outcome_of_race(twice, kNever) == "refused");
  BOOST_TEST((race->failed_stage() == DialStage::connect));
  BOOST_TEST(race->failed_option() == std::string());
}

BOOST_AUTO_TEST_CASE(patience_is_for_all_of_them_together) {
  const DeafListener deaf;
  const std::ptrdiff_t fds = open_fds();
  const base::Nanos begun = poller.now();
  const std::vector<base::Address> thrice(3, deaf.local_address());
  BOOST_TEST(outcome_of_race(thrice, 2 * kShort, 3 * kShort) == "timed_out");
  BOOST_TEST(poller.now() - begun >= 3 * kShort);
  BOOST_TEST((race->failed_stage() == DialStage::connect));
  BOOST_TEST(open_fds() == fds);
  turn_for(3 * kShort);
  BOOST_TEST(caller.outcomes.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_cancelled_or_destroyed_race_tells_nothing) {
  const DeafListener deaf;
  const Socket v4 = listening(address("127.0.0.1:0"));
  const Socket silent = unheard(address("127.0.0.1:0"));
  const std::ptrdiff_t fds = open_fds();
  const std::vector<base::Address> starts[] = {
      {deaf.local_address(), v4.local_address()},
      {v4.local_address()},
      {silent.local_address(), v4.local_address()},
      {},
  };
  for (const auto& addresses : starts) {
    BOOST_TEST_CONTEXT(addresses.size() << " addresses") {
      start(addresses, DialRace::kMinAttemptDelay);
      BOOST_TEST(race->under_way());
      race->cancel();
      BOOST_TEST(!race->under_way());
      BOOST_TEST(open_fds() == fds);
      start(addresses, DialRace::kMinAttemptDelay);
      race = std::make_unique<DialRace>(poller, caller);
      turn_for(2 * DialRace::kMinAttemptDelay);
      BOOST_TEST(caller.outcomes.empty());
      BOOST_TEST(open_fds() == fds);
    }
  }
}

BOOST_AUTO_TEST_CASE(it_may_be_destroyed_inside_each_of_its_callbacks) {
  const DeafListener deaf;
  const Socket v4 = listening(address("127.0.0.1:0"));
  const Socket silent = unheard(address("127.0.0.1:0"));
  struct Case {
    const char* outcome;
    std::vector<base::Address> addresses;
    base::Nanos patience;
  };
  const Case cases[] = {
      {"connected", {deaf.local_address(), v4.local_address()}, kLong},
      {"connected", {v4.local_address()}, kLong},
      {"refused", {silent.local_address(), silent.local_address()}, kLong},
      {"os_error", {address("unix:" + folder.file("missing.sock"))}, kLong},
      {"timed_out", {deaf.local_address(), deaf.local_address()}, kShort},
      {"unreachable", {}, kLong},
  };
  caller.inside = [&] { race.reset(); };
  for (const Case& c : cases) {
    BOOST_TEST_CONTEXT(c.outcome) {
      race = std::make_unique<DialRace>(poller, caller);
      BOOST_TEST(outcome_of_race(c.addresses, DialRace::kMinAttemptDelay, c.patience) == c.outcome);
      BOOST_TEST((race == nullptr));
      hang_up();
    }
  }
}

BOOST_AUTO_TEST_CASE(a_failure_may_start_the_next_race) {
  const Socket silent = unheard(address("127.0.0.1:0"));
  const Socket v4 = listening(address("127.0.0.1:0"));
  const std::vector<base::Address> good{v4.local_address()};
  caller.inside = [&] {
    if (caller.outcomes.size() == 1) race->start(good, {});
  };
  start({silent.local_address()}, kNever);
  BOOST_TEST(test::turn_until(poller, [&] { return caller.socket.is_open(); }));
  BOOST_TEST(test::joined(caller.outcomes) == "refused connected");
}

BOOST_AUTO_TEST_CASE(what_it_opened_becomes_a_stream) {
  const DeafListener deaf;
  const Socket v4 = listening(address("127.0.0.1:0"));
  BOOST_TEST(outcome_of_race({deaf.local_address(), v4.local_address()},
                             DialRace::kMinAttemptDelay) == "connected");
  test::RecordingObserver seen;
  Stream stream(poller, seen);
  stream.adopt(std::move(caller.socket), std::move(caller.registration), caller.ready);
  stream.write("hello");
  BOOST_TEST_REQUIRE(test::wait_for(v4.fd(), POLLIN));
  auto accepted = v4.accept();
  BOOST_TEST_REQUIRE((accepted && accepted->ok()));
  test::Peer peer(std::move((*accepted)->first));
  BOOST_TEST_REQUIRE(test::wait_for(peer.socket().fd(), POLLIN));
  BOOST_TEST(peer.take() == "hello");
  peer.close();
  BOOST_TEST(test::turn_until(poller, [&] { return seen.told("eof"); }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
