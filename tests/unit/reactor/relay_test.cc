#include <fcntl.h>

#include "tests/unit/reactor/relay_fixture.h"

namespace tidegate::reactor {
namespace {

using test::settle;

// Whoever the socket was registered for before the relay, as a Dial is.
class FirstOwner final : public EventHandler {
 public:
  void on_ready(Ready /*ready*/) override { told = true; }
  bool told = false;
};

// Both ways at once, each reader slow in its turn, then FIN both ways.
void exchange(RelayFixture& f, std::size_t size) {
  Load there{f.left, f.right, numbered(size, '>')};
  Load back{f.right, f.left, numbered(size, '<')};
  unsigned turn = 0;
  BOOST_TEST(f.until([&] {
    there.feed();
    back.feed();
    const bool left_is_slow = ++turn / 64 % 2 == 0;
    left_is_slow ? there.take() : there.take_little();
    left_is_slow ? back.take_little() : back.take();
    return there.arrived() && back.arrived();
  }));
  BOOST_TEST((there.got == there.all));
  BOOST_TEST((back.got == back.all));
  BOOST_TEST(f.relay->moved_from(Relay::kLeft) == size);
  BOOST_TEST(f.relay->moved_from(Relay::kRight) == size);
  BOOST_TEST(f.pipes.stats().opened.get() > 0U);
  settle(f.poller);
  BOOST_TEST(f.holds_nothing());
  f.left.finish();
  BOOST_TEST(f.until_end_of_input(f.right));
  f.right.finish();
  BOOST_TEST(f.until_ended());
  BOOST_TEST(f.seen.end.finished());
}

BOOST_FIXTURE_TEST_SUITE(relay_moving, RelayFixture)

BOOST_AUTO_TEST_CASE(what_one_side_sends_the_other_gets) {
  left.send("ping");
  BOOST_TEST(until_got(right, "ping"));
  right.send("pong");
  BOOST_TEST(until_got(left, "pong"));
  BOOST_TEST(relay->moved_from(Relay::kLeft) == 4U);
  BOOST_TEST(relay->moved_from(Relay::kRight) == 4U);
  BOOST_TEST(seen.told == 0);
}

BOOST_AUTO_TEST_CASE(megabytes_go_both_ways_while_each_side_is_slow_in_its_turn) {
  exchange(*this, 6 * 1024 * 1024);
}

BOOST_AUTO_TEST_CASE(an_idle_relay_holds_no_pipe_and_no_block) {
  BOOST_TEST(holds_nothing());
  for (int i = 0; i < 100; ++i) {
    left.send("ping");
    BOOST_TEST(until_got(right, "ping"));
  }
  BOOST_TEST(holds_nothing());
  BOOST_TEST(pipes.stats().opened.get() == 0U);
}

BOOST_AUTO_TEST_CASE(what_the_other_side_does_not_take_is_bounded_and_stops_the_reading) {
  Load load{left, right, numbered(8 * 1024 * 1024)};
  clog(load);
  const std::size_t blocks_for_one_read = RelayFlow::kCopy / base::Block::kSize + 1;
  BOOST_TEST(poller.blocks().in_use() <= blocks_for_one_read);
  BOOST_TEST(pipes.stats().out.get() <= 1U);
  BOOST_TEST(!holds_nothing());
  BOOST_TEST(until_arrived(load));
  BOOST_TEST((load.got == load.all));
  settle(poller);
  BOOST_TEST(holds_nothing());
}

BOOST_AUTO_TEST_CASE(order_is_kept_from_copying_to_splicing_and_back) {
  const std::string all = numbered(12 * 1024 * 1024);
  std::string got;
  std::size_t at = 0;
  const auto send = [&](std::size_t count) {
    left.send(std::string_view(all).substr(at, count));
    at += count;
    BOOST_TEST(until([&] { return (got += right.take()).size() == at; }));
  };
  for (int round = 0; round < 3; ++round) {
    BOOST_TEST_CONTEXT("round " << round) {
      for (int i = 0; i < 10; ++i) send(100);
      Load load{left, right, all.substr(at, 3 * 1024 * 1024)};
      clog(load);
      BOOST_TEST(pipes.stats().out.get() == 1U);  // the pipe holds bytes
      BOOST_TEST(until_arrived(load));
      got += load.got;
      at += load.all.size();
      settle(poller);
      BOOST_TEST(pipes.stats().out.get() == 0U);
      BOOST_TEST(pipes.stats().kept.get() == 1U);
      for (int i = 0; i < 10; ++i) send(1000);
    }
  }
  BOOST_TEST(pipes.stats().opened.get() == 1U);
  BOOST_TEST(pipes.stats().spoiled.get() == 0U);
  BOOST_TEST((got == all.substr(0, at)));
}

BOOST_AUTO_TEST_CASE(an_idle_timer_can_read_when_bytes_last_moved) {
  const base::Nanos started = relay->last_activity();
  test::spin_past(poller.now());
  settle(poller);
  BOOST_TEST(relay->last_activity() == started);
  left.send("x");
  BOOST_TEST(until_got(right, "x"));
  BOOST_TEST(relay->last_activity() > started);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(relay_moving_unix, UnixRelayFixture)

BOOST_AUTO_TEST_CASE(megabytes_go_both_ways_while_each_side_is_slow_in_its_turn) {
  exchange(*this, 6 * 1024 * 1024);
}

BOOST_AUTO_TEST_CASE(what_is_left_when_the_budget_is_used_up_is_moved_without_another_event) {
  BOOST_TEST(left.socket().set_option(SOL_SOCKET, SO_SNDBUF, 1024 * 1024).ok());
  Load load{left, right, numbered(RelayFlow::kBudget + 50'000)};
  load.feed();
  BOOST_TEST_REQUIRE(load.sent == load.all.size());
  BOOST_TEST(until([&] {
    load.take();
    return load.arrived();
  }));
  BOOST_TEST((load.got == load.all));
}

BOOST_AUTO_TEST_SUITE_END()

struct UnstartedRelay {
  UnstartedRelay() {
    BOOST_TEST_REQUIRE(poller.open().ok());
    left.socket = std::move(left_pair.first);
    right.socket = std::move(right_pair.first);
  }
  void adopt(Relay::Joint& joint, FirstOwner& owner) {
    auto place =
        poller.add(joint.socket.fd(), owner, Poller::kRead | Poller::kWrite, Poller::Mode::edge);
    BOOST_TEST_REQUIRE(place.ok());
    joint.registration = std::move(*place);
    settle(poller);
    BOOST_TEST_REQUIRE(owner.told);
  }

  Poller poller;
  PipePool pipes;
  RecordingEnd seen;
  FirstOwner first;
  test::SocketPair left_pair = test::tcp_pair();
  test::SocketPair right_pair = test::tcp_pair();
  test::Peer left_peer{std::move(left_pair.second)};
  test::Peer right_peer{std::move(right_pair.second)};
  Relay::Joint left;
  Relay::Joint right;
  Relay relay{poller, pipes, seen};
};

BOOST_FIXTURE_TEST_SUITE(relay_starting, UnstartedRelay)

BOOST_AUTO_TEST_CASE(what_the_owner_brings_comes_first_each_way) {
  left.first = "left ";
  right.first = "right ";
  left_peer.send("from left");
  right_peer.send("from right");
  BOOST_TEST(relay.start(std::move(left), std::move(right)).ok());
  std::string at_left;
  std::string at_right;
  BOOST_TEST(test::turn_until(poller, [&] {
    at_left += left_peer.take();
    at_right += right_peer.take();
    return at_left == "left from right" && at_right == "right from left";
  }));
  BOOST_TEST(relay.moved_from(Relay::kLeft) == 15U);
}

BOOST_AUTO_TEST_CASE(takes_over_registered_sockets_with_what_was_told_of_them) {
  left_peer.send("early");
  left_peer.finish();
  adopt(left, first);
  FirstOwner second;
  adopt(right, second);
  left.ready = Ready(Ready::kReadable | Ready::kWritable | Ready::kPeerClosed);
  right.ready = Ready(Ready::kWritable);
  left.first = "hello";
  BOOST_TEST(relay.start(std::move(left), std::move(right)).ok());
  BOOST_TEST(relay.moved_from(Relay::kLeft) == 0U);
  std::string got;
  BOOST_TEST(test::turn_until(poller, [&] {
    got += right_peer.take();
    return right_peer.saw_end();
  }));
  BOOST_TEST(got == "early");
  right_peer.finish();
  BOOST_TEST(test::turn_until(poller, [&] { return seen.told == 1; }));
  BOOST_TEST(left_peer.take() == "hello");
}

BOOST_AUTO_TEST_CASE(an_end_that_is_known_at_the_start_is_told_later) {
  left_peer.send("tail");
  left_peer.reset();
  adopt(left, first);
  left.ready = Ready(Ready::kReadable | Ready::kPeerClosed | Ready::kHangUp | Ready::kError);
  BOOST_TEST(relay.start(std::move(left), std::move(right)).ok());
  BOOST_TEST(seen.told == 0);
  BOOST_TEST(test::turn_until(poller, [&] { return seen.told == 1; }));
  BOOST_TEST(base::name(seen.end.left.code) == "reset");
  BOOST_TEST(right_peer.take() == "tail");
  BOOST_TEST(base::name(right_peer.error().code) == "reset");
}

BOOST_AUTO_TEST_CASE(a_reset_after_the_end_of_input_that_is_known_at_the_start_is_told) {
  left_peer.finish();
  left_peer.reset();
  adopt(left, first);
  left.ready = Ready(Ready::kReadable | Ready::kPeerClosed | Ready::kHangUp | Ready::kError);
  BOOST_TEST(relay.start(std::move(left), std::move(right)).ok());
  BOOST_TEST(test::turn_until(poller, [&] { return seen.told == 1; }));
  BOOST_TEST(base::name(seen.end.left.code) == "reset");
}

BOOST_AUTO_TEST_CASE(too_much_brought_is_refused_and_the_sockets_are_closed) {
  const auto before = open_fds();
  const std::string much(Relay::kMaxFirst + 1, 'x');
  right.first = much;
  BOOST_TEST(base::name(relay.start(std::move(left), std::move(right)).error().code) == "limit");
  BOOST_TEST(!relay.is_open());
  BOOST_TEST(open_fds() == before - 2);
}

BOOST_AUTO_TEST_CASE(a_socket_that_cannot_be_registered_fails_the_start_and_closes_both) {
  const auto before = open_fds();
  right.socket = Socket(::open("/dev/null", O_RDWR | O_CLOEXEC));  // epoll takes no such thing
  BOOST_TEST(!relay.start(std::move(left), std::move(right)).ok());
  BOOST_TEST(!relay.is_open());
  BOOST_TEST(open_fds() == before - 2);
  BOOST_TEST(poller.stats().registered.get() == 1U);  // the poller's own
  settle(poller);
  BOOST_TEST(seen.told == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
