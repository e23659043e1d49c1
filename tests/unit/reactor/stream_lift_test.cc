// What a lifted hold promises comes before the end, in whatever order the kernel tells of things.
#include "tests/unit/reactor/stream_fixture.h"

namespace tidegate::reactor {
namespace {

struct Fixture : StreamFixture {
  // Two bytes for each hold, as an owner does that answers one request at a time.
  Fixture() {
    seen.appetite = [this](std::string_view bytes) {
      stream.hold(ReadHold::exchange);
      return std::min<std::size_t>(bytes.size(), 2);
    };
    peer.send("aabb");
    BOOST_TEST_REQUIRE(until_told("data"));
  }
};

BOOST_FIXTURE_TEST_SUITE(stream_lift, Fixture)

BOOST_AUTO_TEST_CASE(what_is_kept_comes_before_a_fin_of_the_same_turn) {
  stream.lift(ReadHold::exchange);
  peer.finish();
  poller.turn(0);
  BOOST_TEST(seen.consumed == "aabb");
  BOOST_TEST(!seen.told("eof"));
  stream.lift(ReadHold::exchange);
  BOOST_TEST(until_told("eof"));
  BOOST_TEST(seen.count("data") == 2);
}

BOOST_AUTO_TEST_CASE(what_is_kept_comes_before_a_reset_of_the_same_turn) {
  stream.lift(ReadHold::exchange);
  peer.reset();
  poller.turn(0);
  BOOST_TEST(seen.consumed == "aabb");
  stream.lift(ReadHold::exchange);
  BOOST_TEST(until_told("close"));
  BOOST_TEST(seen.count("data") == 2);
}

BOOST_AUTO_TEST_CASE(what_is_kept_comes_before_the_end_when_writing_lifts_the_hold) {
  seen.inside = [this](const std::string& call) {
    if (call == "drained") stream.lift(ReadHold::exchange);
  };
  const std::string all = clog(Stream::kHighMark);
  // Room to write and FIN are one event.
  peer_takes(all.size() - stream.unsent());
  peer.finish();
  std::string rest;
  BOOST_TEST(test::turn_until(poller, [&] {
    rest += peer.take();
    return seen.consumed == "aabb";
  }));
  BOOST_TEST(!seen.told("eof"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
