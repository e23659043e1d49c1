#include "reactor/connector.h"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>

#include "reactor/stream.h"
#include "tests/support/fd_limit.h"
#include "tests/unit/reactor/dial_fixture.h"

namespace tidegate::reactor {
namespace {

using test::address;
using test::DeafListener;
using test::DialFixture;
using test::kLong;
using test::listening;
using test::settle;

BOOST_FIXTURE_TEST_SUITE(dial_outcomes, DialFixture)

BOOST_AUTO_TEST_CASE(connects_to_every_kind_of_address_and_tells_it_after_start) {
  const std::string texts[] = {"127.0.0.1:0", "[::1]:0", "unix:" + folder.file("a.sock"),
                               "unix:@tidegate-dial-" + std::to_string(::getpid())};
  for (const std::string& text : texts) {
    BOOST_TEST_CONTEXT(text) {
      const Socket listener = listening(address(text));
      BOOST_TEST(outcome_of(listener.local_address()) == "connected");
      BOOST_TEST(caller.socket.is_open());
      BOOST_TEST(caller.registration.active());
      BOOST_TEST((caller.socket.peer_address() == listener.local_address()));
      caller.outcomes.clear();
      caller.registration.remove();
      caller.socket.close();
    }
  }
}

BOOST_AUTO_TEST_CASE(what_it_opened_becomes_a_stream) {
  const Socket listener = listening(address("127.0.0.1:0"));
  class Adopter final : public DialObserver {
   public:
    explicit Adopter(Poller& poller) : stream(poller, seen) {}
    void on_connected(Socket s, Registration r, Ready ready) override {
      stream.adopt(std::move(s), std::move(r), ready);
      stream.write("hello");
    }
    void on_connect_failed(base::Error /*why*/) override {}
    test::RecordingObserver seen;
    Stream stream;
  };
  Adopter adopter(poller);
  Dial one(poller, adopter);
  one.start(listener.local_address(), kLong);
  BOOST_TEST(test::turn_until(poller, [&] { return adopter.stream.is_open(); }));
  BOOST_TEST_REQUIRE(test::wait_for(listener.fd(), POLLIN));
  auto accepted = listener.accept();
  BOOST_TEST_REQUIRE((accepted && accepted->ok()));
  test::Peer peer(std::move((*accepted)->first));
  BOOST_TEST_REQUIRE(test::wait_for(peer.socket().fd(), POLLIN));
  BOOST_TEST(peer.take() == "hello");
  peer.send("and you");
  peer.close();
  BOOST_TEST(test::turn_until(poller, [&] { return adopter.seen.told("eof"); }));
  BOOST_TEST(adopter.seen.consumed == "and you");
}

BOOST_AUTO_TEST_CASE(a_refusal_is_told_once) {
  for (const char* text : {"127.0.0.1:0", "[::1]:0"}) {
    BOOST_TEST_CONTEXT(text) {
      const Socket silent = unheard(address(text));
      BOOST_TEST(outcome_of(silent.local_address()) == "refused");
      BOOST_TEST(caller.why.os_errno == ECONNREFUSED);
      caller.outcomes.clear();
    }
  }
}

BOOST_AUTO_TEST_CASE(a_unix_path_that_is_missing_or_dead_is_told_once) {
  BOOST_TEST(outcome_of(address("unix:" + folder.file("missing.sock"))) == "os_error");
  BOOST_TEST(caller.why.os_errno == ENOENT);
  caller.outcomes.clear();
  const Socket dead = unheard(address("unix:" + folder.file("dead.sock")));
  BOOST_TEST(outcome_of(dead.local_address()) == "refused");
}

BOOST_AUTO_TEST_CASE(an_address_of_no_family_is_an_error_of_the_kernel) {
  BOOST_TEST(outcome_of(base::Address()) == "os_error");
}

BOOST_AUTO_TEST_CASE(running_out_of_fds_is_told_like_any_failure) {
  const Socket listener = listening(address("127.0.0.1:0"));
  const test::NoMoreFds limit;
  BOOST_TEST(outcome_of(listener.local_address()) == "out_of_fds");
}

BOOST_AUTO_TEST_CASE(patience_runs_out_once_and_not_early) {
  const DeafListener deaf;
  const base::Nanos begun = poller.now();
  constexpr base::Nanos kPatience = 30 * base::kMillisecond;
  BOOST_TEST(outcome_of(deaf.local_address(), kPatience) == "timed_out");
  BOOST_TEST(base::monotonic_now() - begun >= kPatience);
}

BOOST_AUTO_TEST_CASE(success_ends_the_patience) {
  const Socket listener = listening(address("127.0.0.1:0"));
  constexpr base::Nanos kPatience = 20 * base::kMillisecond;
  BOOST_TEST(outcome_of(listener.local_address(), kPatience) == "connected");
  const base::Nanos until = base::monotonic_now() + 2 * kPatience;
  while (base::monotonic_now() < until) poller.turn(base::kMillisecond);
  BOOST_TEST(caller.outcomes.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_cancelled_attempt_tells_nothing) {
  const std::uint64_t before = poller.stats().registered.get();
  const DeafListener deaf;
  const Socket listener = listening(address("127.0.0.1:0"));
  const Socket silent = unheard(address("127.0.0.1:0"));
  const base::Address targets[] = {deaf.local_address(), listener.local_address(),
                                   silent.local_address(),
                                   address("unix:" + folder.file("missing.sock"))};
  for (const base::Address& to : targets) {
    BOOST_TEST_CONTEXT(to.to_string()) {
      dial->start(to, 5 * base::kMillisecond);
      dial->cancel();
      const base::Nanos until = base::monotonic_now() + 10 * base::kMillisecond;
      while (base::monotonic_now() < until) poller.turn(base::kMillisecond);
      BOOST_TEST(caller.outcomes.empty());
      BOOST_TEST(poller.stats().registered.get() == before);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_destroyed_dial_tells_nothing) {
  const Socket listener = listening(address("127.0.0.1:0"));
  dial->start(listener.local_address(), kLong);
  dial.reset();
  settle(poller);
  BOOST_TEST(caller.outcomes.empty());
}

BOOST_AUTO_TEST_CASE(it_may_be_destroyed_inside_each_of_its_callbacks) {
  const Socket listener = listening(address("127.0.0.1:0"));
  const Socket silent = unheard(address("127.0.0.1:0"));
  const DeafListener deaf;
  struct Case {
    const char* outcome;
    base::Address to;
    base::Nanos patience;
  };
  const Case cases[] = {
      {"connected", listener.local_address(), kLong},
      {"refused", silent.local_address(), kLong},
      {"os_error", address("unix:" + folder.file("missing.sock")), kLong},
      {"timed_out", deaf.local_address(), 5 * base::kMillisecond},
  };
  caller.inside = [&] { dial.reset(); };
  for (const Case& c : cases) {
    BOOST_TEST_CONTEXT(c.outcome) {
      dial = std::make_unique<Dial>(poller, caller);
      caller.outcomes.clear();
      BOOST_TEST(outcome_of(c.to, c.patience) == c.outcome);
      BOOST_TEST((dial == nullptr));
      caller.registration.remove();
    }
  }
}

BOOST_AUTO_TEST_CASE(a_failure_may_start_the_next_attempt) {
  const Socket silent = unheard(address("127.0.0.1:0"));
  const Socket listener = listening(address("127.0.0.1:0"));
  caller.inside = [&] {
    if (caller.outcomes.size() < 3) {
      dial->start(silent.local_address(), kLong);
    } else if (caller.outcomes.size() == 3) {
      dial->start(listener.local_address(), kLong);
    }
  };
  dial->start(address("unix:" + folder.file("missing.sock")), kLong);
  BOOST_TEST(test::turn_until(poller, [&] { return caller.socket.is_open(); }));
  BOOST_TEST(test::joined(caller.outcomes) == "os_error refused refused connected");
}

BOOST_AUTO_TEST_CASE(an_observer_that_wants_no_connection_leaves_nothing_behind) {
  const std::uint64_t before = poller.stats().registered.get();
  const Socket listener = listening(address("127.0.0.1:0"));
  caller.inside = [&] {
    caller.socket.close();
    caller.registration.release_for_close();
  };
  BOOST_TEST(outcome_of(listener.local_address()) == "connected");
  BOOST_TEST(poller.stats().registered.get() == before);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
