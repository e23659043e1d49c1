#include "tests/unit/reactor/stream_fixture.h"

namespace tidegate::reactor {
namespace {

using test::settle;

// Whoever the socket was registered for before the stream, as a Dial is.
class FirstOwner final : public EventHandler {
 public:
  void on_ready(Ready ready) override { told_readable = told_readable || ready.readable(); }
  bool told_readable = false;
};

BOOST_FIXTURE_TEST_SUITE(stream_reading, StreamFixture)

BOOST_AUTO_TEST_CASE(an_owner_who_neither_consumes_nor_holds_comes_to_an_end) {
  seen.appetite = [](std::string_view) { return std::size_t{0}; };
  std::size_t most = 0;
  seen.inside = [&](const std::string& call) {
    if (call == "data") most = seen.offered.back().size();
    seen.offered.clear();
  };
  const std::string part = pattern(64 * 1024);
  BOOST_TEST(test::turn_until(poller, [&] {
    static_cast<void>(peer.socket().write(part));
    return seen.told("close");
  }));
  BOOST_TEST(base::name(seen.closed_with.code) == "limit");
  BOOST_TEST(most <= Stream::kMaxKept);
  BOOST_TEST(most > Stream::kMaxKept / 2);
}

BOOST_AUTO_TEST_CASE(delivers_what_the_peer_sends) {
  peer.send("hello");
  BOOST_TEST(until_consumed("hello"));
  BOOST_TEST(stream.take_bytes_read() == 5U);
  BOOST_TEST(stream.take_bytes_read() == 0U);
}

BOOST_AUTO_TEST_CASE(what_was_not_consumed_comes_again_in_one_piece_with_what_is_new) {
  seen.appetite = [](std::string_view bytes) {
    return bytes.find('\n') == std::string_view::npos ? std::size_t{0} : bytes.size();
  };
  peer.send("GET ");
  BOOST_TEST(until_told("data"));
  BOOST_TEST(stream.has_input());
  peer.send("/ HTTP");
  BOOST_TEST(test::turn_until(poller, [&] { return seen.offered.size() == 2; }));
  peer.send("/1.1\n");
  BOOST_TEST(until_consumed("GET / HTTP/1.1\n"));
  BOOST_TEST(test::joined(seen.offered) == "GET  GET / HTTP GET / HTTP/1.1\n");
  BOOST_TEST(!stream.has_input());
}

BOOST_AUTO_TEST_CASE(a_part_that_was_consumed_does_not_come_again) {
  seen.appetite = [](std::string_view) { return std::size_t{2}; };
  peer.send("abcd");
  BOOST_TEST(until_told("data"));
  peer.send("ef");
  BOOST_TEST(until_consumed("abcd"));
  BOOST_TEST(seen.offered.back() == "cdef");
}

BOOST_AUTO_TEST_CASE(kept_bytes_are_not_offered_again_without_new_ones) {
  seen.appetite = [](std::string_view) { return std::size_t{0}; };
  peer.send("abc");
  BOOST_TEST(until_told("data"));
  settle(poller);
  BOOST_TEST(seen.offered.size() == 1U);
}

BOOST_AUTO_TEST_CASE(reading_goes_on_over_many_buffers_in_order) {
  const std::string all = pattern(3 * 1024 * 1024);
  std::size_t sent = 0;
  const bool done = test::turn_until(poller, [&] {
    const auto rest = std::string_view(all).substr(sent);
    if (!rest.empty()) sent += peer.socket().write(rest).count;
    return seen.consumed.size() == all.size();
  });
  BOOST_TEST(done);
  BOOST_TEST((seen.consumed == all));
}

BOOST_AUTO_TEST_CASE(a_hold_keeps_bytes_and_fin_and_both_come_after_it_is_lifted) {
  stream.hold(ReadHold::setup);
  peer.send("late");
  peer.finish();
  BOOST_TEST(until_told("peer_fin"));
  settle(poller);
  BOOST_TEST(calls() == "peer_fin");
  BOOST_TEST(stream.has_input());
  stream.lift(ReadHold::setup);
  BOOST_TEST(calls() == "peer_fin");
  BOOST_TEST(until_told("eof"));
  BOOST_TEST(calls() == "peer_fin data eof");
  BOOST_TEST(seen.consumed == "late");
}

BOOST_AUTO_TEST_CASE(reading_resumes_when_the_last_of_several_holds_is_lifted) {
  stream.hold(ReadHold::setup);
  stream.hold(ReadHold::backpressure);
  stream.hold(ReadHold::backpressure);  // a hold is a reason, not a count
  peer.send("x");
  settle(poller);
  stream.lift(ReadHold::backpressure);
  settle(poller);
  BOOST_TEST(stream.held());
  BOOST_TEST(calls().empty());
  stream.lift(ReadHold::setup);
  BOOST_TEST(until_consumed("x"));
}

BOOST_AUTO_TEST_CASE(a_hold_put_on_inside_on_data_stops_the_very_next_delivery) {
  seen.appetite = [&](std::string_view) {
    stream.hold(ReadHold::exchange);
    return std::size_t{3};
  };
  peer.send("onetwo");
  BOOST_TEST(until_told("data"));
  peer.send("six");
  settle(poller);
  BOOST_TEST(seen.consumed == "one");
  stream.lift(ReadHold::exchange);
  BOOST_TEST(until_consumed("onetwo"));
  BOOST_TEST(seen.offered[1] == "two");
  stream.lift(ReadHold::exchange);
  BOOST_TEST(until_consumed("onetwosix"));
}

BOOST_AUTO_TEST_CASE(a_hold_lifted_inside_on_data_brings_the_rest_though_nothing_new_came) {
  // What an owner does that answers one request of several at once.
  seen.appetite = [&](std::string_view) {
    stream.hold(ReadHold::exchange);
    stream.lift(ReadHold::exchange);
    return std::size_t{3};
  };
  peer.send("onetwosix");
  BOOST_TEST(until_consumed("onetwosix"));
  settle(poller);
  BOOST_TEST(seen.offered.size() == 3U);
}

BOOST_AUTO_TEST_CASE(data_before_fin_is_delivered_before_the_end) {
  peer.send("tail");
  peer.close();
  BOOST_TEST(until_told("eof"));
  BOOST_TEST(calls() == "data eof");
  BOOST_TEST(seen.consumed == "tail");
  BOOST_TEST(stream.is_open());
  BOOST_TEST(stream.input_ended());
}

BOOST_AUTO_TEST_CASE(data_before_rst_is_delivered_before_the_end) {
  peer.send("tail");
  peer.reset();
  BOOST_TEST(until_told("close"));
  BOOST_TEST(calls() == "data close");
  BOOST_TEST(base::name(seen.closed_with.code) == "reset");
  BOOST_TEST(!stream.is_open());
}

BOOST_AUTO_TEST_CASE(a_reset_that_a_write_met_first_is_not_taken_for_fin) {
  peer.send("tail");
  peer.reset();
  stream.write("anybody there?");
  BOOST_TEST(calls().empty());
  BOOST_TEST(until_told("close"));
  BOOST_TEST(calls() == "data close");
  BOOST_TEST(seen.consumed == "tail");
  BOOST_TEST(base::name(seen.closed_with.code) == "reset");
}

BOOST_AUTO_TEST_CASE(rst_after_fin_was_read_is_still_reported) {
  peer.finish();
  BOOST_TEST(until_told("eof"));
  peer.reset();
  BOOST_TEST(until_told("close"));
  BOOST_TEST(calls() == "eof close");
  BOOST_TEST(base::name(seen.closed_with.code) == "reset");
}

BOOST_AUTO_TEST_CASE(rst_that_comes_together_with_fin_is_reported_after_it) {
  peer.send("tail");
  peer.finish();
  peer.reset();
  BOOST_TEST(until_told("eof"));
  settle(poller);
  BOOST_TEST(calls() == "data eof close");
  BOOST_TEST(base::name(seen.closed_with.code) == "reset");
}

BOOST_AUTO_TEST_CASE(while_held_the_peers_going_is_told_once_for_fin_and_once_for_rst) {
  stream.hold(ReadHold::exchange);
  const std::string kept = clog(0);
  peer.finish();
  BOOST_TEST(until_told("peer_fin"));
  BOOST_TEST(peer_takes(kept.size()) == kept);  // more edges
  settle(poller);
  peer.reset();
  BOOST_TEST(until_told("peer_reset"));
  settle(poller);
  BOOST_TEST(seen.count("peer_fin") == 1);
  BOOST_TEST(seen.count("peer_reset") == 1);
  stream.lift(ReadHold::exchange);
  BOOST_TEST(until_told("close"));
  settle(poller);
  BOOST_TEST(seen.count("eof") <= 1);
  BOOST_TEST(seen.count("close") == 1);
}

BOOST_AUTO_TEST_CASE(a_reset_while_held_is_told_at_once_and_the_bytes_still_come_first) {
  stream.hold(ReadHold::setup);
  peer.send("tail");
  peer.reset();
  BOOST_TEST(until_told("peer_reset"));
  BOOST_TEST(calls() == "peer_reset");
  stream.lift(ReadHold::setup);
  BOOST_TEST(until_told("close"));
  BOOST_TEST(calls() == "peer_reset data close");
}

BOOST_AUTO_TEST_CASE(a_reset_that_came_with_the_bytes_that_caused_the_hold_is_told) {
  seen.appetite = [&](std::string_view bytes) {
    stream.hold(ReadHold::exchange);
    return bytes.size();
  };
  peer.send("request");
  peer.reset();
  BOOST_TEST(until_told("data"));
  settle(poller);
  BOOST_TEST(calls() == "data peer_reset");
}

BOOST_AUTO_TEST_CASE(a_fin_that_on_eof_told_is_not_told_again_by_a_later_hold) {
  const std::string kept = clog(0);
  peer.finish();
  BOOST_TEST(until_told("eof"));
  stream.hold(ReadHold::exchange);
  BOOST_TEST(peer_takes(kept.size()) == kept);  // a writable edge
  settle(poller);
  BOOST_TEST(!seen.told("peer_fin"));
}

BOOST_AUTO_TEST_CASE(a_limit_on_reads_bounds_what_is_kept_for_an_owner_who_consumes_nothing) {
  stream.limit_reads(100);
  seen.appetite = [&](std::string_view) {
    stream.hold(ReadHold::setup);
    return std::size_t{0};
  };
  const std::string all = pattern(1000);
  peer.send(all);
  BOOST_TEST(until_told("data"));
  settle(poller);
  BOOST_TEST(test::joined(seen.offered) == all.substr(0, 100));
  seen.appetite = [](std::string_view bytes) { return bytes.size(); };
  stream.lift(ReadHold::setup);
  BOOST_TEST(until_consumed(all));
}

BOOST_AUTO_TEST_CASE(is_quiet_until_something_came_or_the_peer_has_gone) {
  BOOST_TEST(stream.is_quiet());
  stream.hold(ReadHold::setup);
  peer.send("x");
  BOOST_TEST(test::turn_until(poller, [&] { return !stream.is_quiet(); }));
  BOOST_TEST(stream.has_input());
  stream.lift(ReadHold::setup);
  BOOST_TEST(until_consumed("x"));
  BOOST_TEST(stream.is_quiet());
  stream.hold(ReadHold::setup);
  peer.finish();
  BOOST_TEST(test::turn_until(poller, [&] { return !stream.is_quiet(); }));
  BOOST_TEST(!stream.has_input());
}

BOOST_AUTO_TEST_CASE(a_busy_stream_gives_way_to_others_within_its_turn) {
  test::SocketPair pair = test::tcp_pair();
  test::RecordingObserver neighbour_seen;
  Stream neighbour(poller, neighbour_seen);
  BOOST_TEST_REQUIRE(neighbour.open(std::move(pair.first)).ok());
  settle(poller);

  // Its input never ends: whatever is taken is sent again.
  const std::string chunk = pattern(2 * Poller::kMaxRead);
  seen.inside = [&](const std::string&) {
    static_cast<void>(peer.socket().write(std::string_view(chunk)));
  };
  static_cast<void>(peer.socket().write(std::string_view(chunk)));
  BOOST_TEST_REQUIRE(pair.second.write(std::string_view("me too")).count == 6U);
  poller.turn(-1);
  // Once for the event and once requeued.
  BOOST_TEST(seen.count("data") <= 2 * Stream::kReadsPerTurn);
  if (neighbour_seen.calls.empty()) poller.turn(-1);
  BOOST_TEST(neighbour_seen.consumed == "me too");

  const auto before = seen.count("data");
  BOOST_TEST(test::turn_until(poller, [&] { return seen.count("data") > before; }));
  seen.inside = [](const std::string&) {};
}

BOOST_AUTO_TEST_CASE(a_new_observer_gets_the_next_call) {
  test::RecordingObserver heir;
  seen.inside = [&](const std::string&) { stream.set_observer(heir); };
  seen.appetite = [](std::string_view) { return std::size_t{1}; };
  peer.send("ab");
  BOOST_TEST(until_told("data"));
  peer.send("c");
  BOOST_TEST(test::turn_until(poller, [&] { return heir.consumed == "bc"; }));
  BOOST_TEST(seen.count("data") == 1);
}

BOOST_AUTO_TEST_CASE(takes_over_a_registered_socket_with_what_was_told_of_it) {
  test::SocketPair pair = test::tcp_pair();
  test::RecordingObserver adopted_seen;
  Stream adopted(poller, adopted_seen);
  FirstOwner first;
  auto place =
      poller.add(pair.first.fd(), first, Poller::kRead | Poller::kWrite, Poller::Mode::edge);
  BOOST_TEST_REQUIRE(place.ok());
  BOOST_TEST_REQUIRE(pair.second.write(std::string_view("early")).count == 5U);
  BOOST_TEST_REQUIRE(test::turn_until(poller, [&] { return first.told_readable; }));

  adopted.adopt(std::move(pair.first), std::move(*place), Ready(Ready::kReadable));
  BOOST_TEST(adopted_seen.calls.empty());
  BOOST_TEST(test::turn_until(poller, [&] { return adopted_seen.consumed == "early"; }));
  pair.second.close();
  BOOST_TEST(test::turn_until(poller, [&] { return adopted_seen.told("eof"); }));
}

BOOST_AUTO_TEST_CASE(an_adopted_reset_is_told) {
  test::SocketPair pair = test::tcp_pair();
  test::RecordingObserver adopted_seen;
  Stream adopted(poller, adopted_seen);
  FirstOwner first;
  auto place =
      poller.add(pair.first.fd(), first, Poller::kRead | Poller::kWrite, Poller::Mode::edge);
  BOOST_TEST_REQUIRE(place.ok());
  pair.second.shutdown_write();
  pair.second.reset_on_close();
  pair.second.close();
  settle(poller);
  adopted.adopt(std::move(pair.first), std::move(*place),
                Ready(Ready::kReadable | Ready::kPeerClosed | Ready::kHangUp | Ready::kError));
  BOOST_TEST(test::turn_until(poller, [&] { return adopted_seen.told("close"); }));
  BOOST_TEST(test::joined(adopted_seen.calls) == "eof close");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(stream_reading_unix, UnixStreamFixture)

BOOST_AUTO_TEST_CASE(delivers_data_then_the_end_over_a_unix_socket) {
  peer.send("tail");
  peer.close();
  BOOST_TEST(until_told("eof"));
  BOOST_TEST(calls() == "data eof");
}

BOOST_AUTO_TEST_CASE(a_unix_peer_that_closes_over_unread_bytes_is_a_reset) {
  stream.write("never read");
  peer.close();
  BOOST_TEST(until_told("close"));
  BOOST_TEST(calls() == "close");
  BOOST_TEST(base::name(seen.closed_with.code) == "reset");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
