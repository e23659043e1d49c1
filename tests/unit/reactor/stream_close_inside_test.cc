#include <functional>
#include <memory>

#include "tests/unit/reactor/stream_fixture.h"

namespace tidegate::reactor {
namespace {

using test::settle;

// How the peer brings each callback about.
struct Occasion {
  const char* call;
  std::function<void(StreamFixture&)> bring_about;
};

const Occasion kOccasions[] = {
    {"data", [](StreamFixture& at) { at.peer.send("one"); }},
    {"eof",
     [](StreamFixture& at) {
       at.peer.send("one");
       at.peer.finish();
     }},
    {"drained",
     [](StreamFixture& at) {
       const std::string all = at.clog(0);
       at.peer_takes(all.size());
     }},
    {"peer_fin",
     [](StreamFixture& at) {
       at.stream.hold(ReadHold::setup);
       at.peer.send("one");
       at.peer.finish();
     }},
    {"peer_reset",
     [](StreamFixture& at) {
       at.stream.hold(ReadHold::setup);
       at.peer.send("one");
       at.peer.reset();
     }},
    {"close",
     [](StreamFixture& at) {
       at.peer.send("one");
       at.peer.reset();
     }},
};

// An owner of a stream that leaves by the poller's reaper.
class Owner final : public Retirable {
 public:
  Owner(Poller& poller, StreamObserver& observer, bool& gone)
      : stream(poller, observer), gone_(gone) {}
  ~Owner() override { gone_ = true; }
  Stream stream;

 private:
  bool& gone_;
};

BOOST_AUTO_TEST_SUITE(stream_ended_inside_a_callback)

BOOST_AUTO_TEST_CASE(nothing_is_called_after_the_owner_closed_it) {
  for (const Occasion& occasion : kOccasions) {
    BOOST_TEST_CONTEXT(occasion.call) {
      StreamFixture at;
      at.seen.appetite = [](std::string_view) { return std::size_t{1}; };
      at.seen.inside = [&](const std::string& call) {
        if (call == occasion.call) at.stream.close();
      };
      occasion.bring_about(at);
      BOOST_TEST(at.until_told(occasion.call));
      at.stream.lift(ReadHold::setup);
      settle(at.poller);
      BOOST_TEST(at.seen.calls.back() == occasion.call);
      BOOST_TEST(at.seen.count(occasion.call) == 1);
      BOOST_TEST(!at.stream.is_open());
      BOOST_TEST(at.poller.blocks().in_use() == 0U);
    }
  }
}

BOOST_AUTO_TEST_CASE(nothing_is_called_after_the_owner_aborted_it) {
  for (const Occasion& occasion : kOccasions) {
    BOOST_TEST_CONTEXT(occasion.call) {
      StreamFixture at;
      at.seen.inside = [&](const std::string& call) {
        if (call == occasion.call) at.stream.abort();
      };
      occasion.bring_about(at);
      BOOST_TEST(at.until_told(occasion.call));
      settle(at.poller);
      BOOST_TEST(at.seen.calls.back() == occasion.call);
    }
  }
}

BOOST_AUTO_TEST_CASE(its_owner_may_be_retired_in_any_callback) {
  for (const char* call : {"data", "eof", "close"}) {
    BOOST_TEST_CONTEXT(call) {
      Poller poller;
      BOOST_TEST_REQUIRE(poller.open().ok());
      test::SocketPair pair = test::tcp_pair();
      test::Peer peer(std::move(pair.second));
      test::RecordingObserver seen;
      bool gone = false;
      auto owner = std::make_unique<Owner>(poller, seen, gone);
      BOOST_TEST_REQUIRE(owner->stream.open(std::move(pair.first)).ok());
      seen.inside = [&](const std::string& told) {
        if (told == call) poller.retire(std::move(owner));
        BOOST_TEST(!gone);
      };
      peer.send("one");
      if (std::string_view(call) == "close") {
        peer.reset();
      } else {
        peer.finish();
      }
      BOOST_TEST(test::turn_until(poller, [&] { return gone; }));
      settle(poller);
      BOOST_TEST(seen.count(call) == 1);
    }
  }
}

BOOST_AUTO_TEST_CASE(one_stream_may_close_another_of_the_same_batch) {
  StreamFixture at;
  test::SocketPair pair = test::tcp_pair();
  test::RecordingObserver other_seen;
  Stream other(at.poller, other_seen);
  BOOST_TEST_REQUIRE(other.open(std::move(pair.first)).ok());
  settle(at.poller);
  at.seen.inside = [&](const std::string&) { other.close(); };
  other_seen.inside = [&](const std::string&) { at.stream.close(); };
  at.peer.send("a");
  BOOST_TEST_REQUIRE(pair.second.write(std::string_view("b")).count == 1U);
  BOOST_TEST(test::turn_until(at.poller,
                              [&] { return at.seen.calls.size() + other_seen.calls.size() > 0; }));
  settle(at.poller);
  BOOST_TEST(at.seen.calls.size() + other_seen.calls.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_write_that_fails_inside_on_data_ends_after_the_remaining_input) {
  StreamFixture at;
  at.seen.appetite = [&](std::string_view bytes) {
    at.stream.write("into the void");
    return std::min<std::size_t>(bytes.size(), 2);
  };
  at.peer.send("abcd");
  at.peer.reset();
  BOOST_TEST(at.until_told("close"));
  settle(at.poller);
  BOOST_TEST(at.calls().substr(0, 4) == "data");
  BOOST_TEST(at.seen.calls.back() == "close");
  BOOST_TEST(at.seen.count("close") == 1);
  BOOST_TEST(!at.seen.told("eof"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
