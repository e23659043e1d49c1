#include <fcntl.h>

#include "tests/support/aborts.h"
#include "tests/unit/reactor/stream_fixture.h"

namespace tidegate::reactor {
namespace {

using test::settle;

// A second owner for what the fixture's stream gives away.
struct DetachFixture : StreamFixture {
  void adopt(Stream::Detached parts) {
    input = std::move(parts.input);
    heir.adopt(std::move(parts.socket), std::move(parts.registration), parts.ready);
  }
  [[nodiscard]] bool until_heir(std::string_view call) {
    return test::turn_until(poller, [&] { return heir_seen.told(call); });
  }

  std::string input;
  test::RecordingObserver heir_seen;
  Stream heir{poller, heir_seen};
};

BOOST_FIXTURE_TEST_SUITE(stream_detach, DetachFixture)

BOOST_AUTO_TEST_CASE(the_connection_goes_on_with_its_new_owner) {
  const int number = stream.socket().fd();
  const std::uint64_t registered = poller.stats().registered.get();
  adopt(stream.detach());
  BOOST_TEST(!stream.is_open());
  BOOST_TEST(heir.socket().fd() == number);
  BOOST_TEST(poller.stats().registered.get() == registered);
  peer.send("hello");
  BOOST_TEST(until_heir("data"));
  heir.write("world");
  BOOST_TEST(peer_takes(5) == "world");
  BOOST_TEST(calls().empty());
  heir.close();
  BOOST_TEST(::fcntl(number, F_GETFD) == -1);
}

BOOST_AUTO_TEST_CASE(bytes_that_no_edge_will_tell_again_reach_the_new_owner) {
  stream.hold(ReadHold::setup);
  peer.send("told already");
  settle(poller);
  adopt(stream.detach());
  BOOST_TEST(until_heir("data"));
  BOOST_TEST(heir_seen.consumed == "told already");
}

BOOST_AUTO_TEST_CASE(a_fin_that_was_told_already_reaches_the_new_owner) {
  stream.hold(ReadHold::setup);
  peer.send("tail");
  peer.finish();
  BOOST_TEST(until_told("peer_fin"));
  adopt(stream.detach());
  BOOST_TEST(until_heir("eof"));
  BOOST_TEST(test::joined(heir_seen.calls) == "data eof");
}

BOOST_AUTO_TEST_CASE(a_fin_that_was_read_already_is_told_to_the_new_owner_too) {
  peer.finish();
  BOOST_TEST(until_told("eof"));
  adopt(stream.detach());
  BOOST_TEST(until_heir("eof"));
}

BOOST_AUTO_TEST_CASE(a_reset_that_was_told_already_reaches_the_new_owner) {
  stream.hold(ReadHold::setup);
  peer.send("tail");
  peer.reset();
  BOOST_TEST(until_told("peer_reset"));
  adopt(stream.detach());
  BOOST_TEST(until_heir("close"));
  BOOST_TEST(test::joined(heir_seen.calls) == "data close");
  BOOST_TEST(base::name(heir_seen.closed_with.code) == "reset");
}

BOOST_AUTO_TEST_CASE(a_reset_behind_a_fin_reaches_the_new_owner) {
  // No read will report it, and no edge tell it again.
  stream.hold(ReadHold::setup);
  peer.finish();
  peer.reset();
  BOOST_TEST(until_told("peer_reset"));
  adopt(stream.detach());
  BOOST_TEST(until_heir("close"));
  BOOST_TEST(test::joined(heir_seen.calls) == "eof close");
}

BOOST_AUTO_TEST_CASE(input_that_was_kept_is_handed_over) {
  seen.appetite = [](std::string_view) { return std::size_t{4}; };
  peer.send("usedrest");
  BOOST_TEST(until_told("data"));
  adopt(stream.detach());
  BOOST_TEST(input == "rest");
  settle(poller);
  BOOST_TEST(heir_seen.calls.empty());
}

BOOST_AUTO_TEST_CASE(inside_on_data_the_bytes_offered_are_the_callbacks_and_are_not_handed_over) {
  for (const bool kept_before : {false, true}) {
    BOOST_TEST_CONTEXT("kept before " << kept_before) {
      DetachFixture at;
      if (kept_before) {
        at.seen.appetite = [](std::string_view) { return std::size_t{0}; };
        at.peer.send("GET ");
        BOOST_TEST(at.until_told("data"));
      }
      std::string offered;
      at.seen.appetite = [&](std::string_view bytes) {
        at.adopt(at.stream.detach());
        offered = bytes;  // still good after it
        return std::size_t{0};
      };
      at.peer.send(kept_before ? "/ upgrade" : "GET / upgrade");
      BOOST_TEST(test::turn_until(at.poller, [&] { return !offered.empty(); }));
      settle(at.poller);
      BOOST_TEST(offered == "GET / upgrade");
      BOOST_TEST(at.input.empty());
      at.peer.send("more");
      BOOST_TEST(at.until_heir("data"));
      BOOST_TEST(at.heir_seen.consumed == "more");
    }
  }
}

BOOST_AUTO_TEST_CASE(dropped_it_closes_the_connection_and_leaks_no_fd) {
  const int number = stream.socket().fd();
  const std::uint64_t registered = poller.stats().registered.get();
  { const Stream::Detached parts = stream.detach(); }
  BOOST_TEST(::fcntl(number, F_GETFD) == -1);
  BOOST_TEST(poller.stats().registered.get() == registered - 1);
  settle(poller);
  peer.take();
  BOOST_TEST(peer.saw_end());
}

BOOST_AUTO_TEST_CASE(a_connection_with_bytes_unsent_cannot_be_given_away) {
  clog(0);
  BOOST_TEST(test::aborts([&] { static_cast<void>(stream.detach()); }));
}

BOOST_AUTO_TEST_CASE(a_broken_connection_cannot_be_given_away) {
  // Its error was taken by the write; nobody would ever be told.
  peer.reset();
  stream.write("x");
  stream.write("x");
  BOOST_TEST_REQUIRE(stream.broken());
  BOOST_TEST(test::aborts([&] { static_cast<void>(stream.detach()); }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
