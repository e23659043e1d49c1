#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "reactor/poller.h"
#include "tests/support/aborts.h"
#include "tests/support/loopback.h"
#include "tests/support/recording_handler.h"
#include "tests/support/turns.h"

namespace tidegate::reactor {
namespace {

struct RegistrationFixture {
  RegistrationFixture() {
    BOOST_TEST_REQUIRE(poller.open().ok());
    auto added = poller.add(near.fd(), handler, kRead, Trigger::edge);
    BOOST_TEST_REQUIRE(added.ok());
    place = std::move(*added);
  }

  /// How often the handler is called in one turn, which finds what is ready now.
  int calls() {
    const int before = handler.events;
    poller.turn(0);
    return handler.events - before;
  }

  Poller poller;
  test::RecordingHandler handler;
  test::SocketPair pair = test::tcp_pair();
  Socket& near = pair.first;
  test::Peer peer{std::move(pair.second)};
  Registration place;
};

BOOST_FIXTURE_TEST_SUITE(registration_change, RegistrationFixture)

BOOST_AUTO_TEST_CASE(from_read_to_write_to_none) {
  BOOST_TEST_REQUIRE(place.change(kWrite, Trigger::edge).ok());
  BOOST_TEST(calls() == 1);
  BOOST_TEST((handler.last.writable() && !handler.last.readable()));
  peer.send("x");
  BOOST_TEST_REQUIRE(test::wait_for(near.fd(), POLLIN));
  BOOST_TEST(calls() == 0);
  BOOST_TEST_REQUIRE(place.change(0, Trigger::level).ok());
  BOOST_TEST(calls() == 0);
  BOOST_TEST_REQUIRE(place.change(kRead, Trigger::edge).ok());
  BOOST_TEST(calls() == 1);
  BOOST_TEST((handler.last.readable() && !handler.last.writable()));
}

BOOST_AUTO_TEST_CASE(whoever_asks_for_nothing_still_hears_of_a_reset) {
  for (const unsigned interest : {unsigned{kRead}, unsigned{kWrite}, 0U}) {
    BOOST_TEST_CONTEXT("interest " << interest) {
      RegistrationFixture at;
      BOOST_TEST_REQUIRE(at.place.change(kRead | kWrite, Trigger::edge).ok());
      BOOST_TEST(at.calls() == 1);
      BOOST_TEST_REQUIRE(at.place.change(interest, Trigger::edge).ok());
      at.poller.turn(0);
      at.peer.reset();
      BOOST_TEST(test::turn_until(at.poller, [&] { return at.handler.last.error(); }));
      BOOST_TEST(at.handler.last.ending());
    }
  }
}

BOOST_AUTO_TEST_CASE(without_write_the_peers_fin_is_still_told) {
  BOOST_TEST_REQUIRE(place.change(kRead | kWrite, Trigger::edge).ok());
  BOOST_TEST_REQUIRE(place.change(kRead, Trigger::edge).ok());
  peer.finish();
  BOOST_TEST(test::turn_until(poller, [&] { return handler.last.ending(); }));
}

BOOST_AUTO_TEST_CASE(an_edge_tells_once_more_what_holds_already) {
  peer.send("x");
  BOOST_TEST_REQUIRE(test::wait_for(near.fd(), POLLIN));
  BOOST_TEST(calls() == 1);
  BOOST_TEST(calls() == 0);
  BOOST_TEST_REQUIRE(place.change(kRead, Trigger::edge).ok());
  BOOST_TEST(calls() == 1);
  BOOST_TEST(calls() == 0);
}

BOOST_AUTO_TEST_CASE(from_edge_to_level_and_back) {
  peer.send("x");
  BOOST_TEST_REQUIRE(test::wait_for(near.fd(), POLLIN));
  BOOST_TEST_REQUIRE(place.change(kRead, Trigger::level).ok());
  for (int i = 0; i < 3; ++i) BOOST_TEST(calls() == 1);
  BOOST_TEST_REQUIRE(place.change(kRead, Trigger::edge).ok());
  BOOST_TEST(calls() == 1);
  BOOST_TEST(calls() == 0);
}

BOOST_AUTO_TEST_CASE(a_failed_change_leaves_what_was_asked_for_before) {
  // The number is closed behind the registration's back; the connection lives on under another, so
  // that the kernel still tells of it.
  const Socket alias(::dup(near.fd()));
  const int number = near.release();
  ::close(number);
  BOOST_TEST(place.change(kWrite, Trigger::edge).error().os_errno == EBADF);
  BOOST_TEST(place.active());
  peer.send("x");
  BOOST_TEST_REQUIRE(test::wait_for(alias.fd(), POLLIN));
  BOOST_TEST(calls() == 1);
  BOOST_TEST((handler.last.readable() && !handler.last.writable()));
  place.release_for_close();
}

BOOST_AUTO_TEST_CASE(inside_the_callback_it_counts_from_the_next_turn_on) {
  handler.inside = [&](Ready) {
    BOOST_TEST(place.change(kWrite, Trigger::edge).ok());
    handler.inside = [](Ready) {};
  };
  peer.send("x");
  BOOST_TEST(test::turn_until(poller, [&] { return handler.events == 1; }));
  BOOST_TEST(handler.last.readable());
  BOOST_TEST(calls() == 1);
  BOOST_TEST((handler.last.writable() && !handler.last.readable()));
}

BOOST_AUTO_TEST_CASE(without_a_registration_it_stops_the_process) {
  place.remove();
  BOOST_TEST(test::aborts([&] { static_cast<void>(place.change(kRead, Trigger::edge)); }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
