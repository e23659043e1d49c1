#include "reactor/transport.h"

#include <memory>

#include "tests/support/aborts.h"
#include "tests/support/xor_transport.h"
#include "tests/unit/reactor/stream_fixture.h"

namespace tidegate::reactor {
namespace {

using test::settle;
using test::XorTransport;

// A stream over a transport whose wire the test reads and writes.
struct WireFixture : StreamFixture {
  WireFixture() { begin(XorTransport::Role::second); }

  void begin(XorTransport::Role role) {
    auto made = std::make_unique<XorTransport>(role);
    transport = made.get();
    stream.set_transport(std::move(made));
  }

  void shake_hands() {
    peer.send(XorTransport::hello());
    BOOST_TEST_REQUIRE(test::turn_until(poller, [&] { return transport->established(); }));
    BOOST_TEST(peer_takes(XorTransport::hello().size()) == XorTransport::hello());
    settle(poller);
  }

  XorTransport* transport = nullptr;
};

BOOST_FIXTURE_TEST_SUITE(stream_transport, WireFixture)

BOOST_AUTO_TEST_CASE(data_passes_through_it_in_both_directions) {
  shake_hands();
  stream.write("to the peer");
  BOOST_TEST(peer_takes(14) == XorTransport::data("to the peer"));
  peer.send(XorTransport::data("from the peer"));
  BOOST_TEST(until_consumed("from the peer"));
  BOOST_TEST(calls() == "data");
}

BOOST_AUTO_TEST_CASE(it_may_have_the_first_word_though_nobody_reads_or_writes) {
  StreamFixture at;
  at.stream.set_transport(std::make_unique<XorTransport>(XorTransport::Role::first));
  BOOST_TEST(at.peer_takes(8) == XorTransport::hello());
}

BOOST_AUTO_TEST_CASE(input_is_the_same_at_every_split) {
  const std::string wire = XorTransport::hello() + XorTransport::data("one ") +
                           XorTransport::data("two ") + XorTransport::data("three") +
                           XorTransport::farewell();
  for (std::size_t split = 0; split <= wire.size(); ++split) {
    BOOST_TEST_CONTEXT("split at " << split) {
      WireFixture at;
      at.peer.send(wire.substr(0, split));
      settle(at.poller);
      at.peer.send(wire.substr(split));
      BOOST_TEST(at.until_told("eof"));
      BOOST_TEST(at.seen.consumed == "one two three");
      BOOST_TEST(at.seen.count("eof") == 1);
    }
  }
}

BOOST_AUTO_TEST_CASE(what_is_written_before_the_handshake_is_over_follows_it_in_order) {
  stream.write("one ");
  stream.write("two");
  settle(poller);
  BOOST_TEST(peer.take().empty());
  BOOST_TEST(stream.unsent() == 7U);
  peer.send(XorTransport::hello());
  const std::string expected = XorTransport::hello() + XorTransport::data("one two");
  BOOST_TEST(peer_takes(expected.size()) == expected);
  BOOST_TEST(test::turn_until(poller, [&] { return stream.unsent() == 0; }));
  BOOST_TEST(calls() == "drained");
}

BOOST_AUTO_TEST_CASE(what_is_written_goes_out_when_a_read_has_ended_the_handshake) {
  // No event follows the peer's hello: it waits for our data.
  transport->let_reads_shake_hands();
  stream.write("early");
  settle(poller);
  peer.send(XorTransport::hello());
  const std::string expected = XorTransport::hello() + XorTransport::data("early");
  BOOST_TEST(peer_takes(expected.size()) == expected);
}

BOOST_AUTO_TEST_CASE(the_end_goes_out_when_a_read_has_ended_the_handshake) {
  transport->let_reads_shake_hands();
  stream.shutdown_write();
  settle(poller);
  peer.send(XorTransport::hello());
  std::string got;
  BOOST_TEST(test::turn_until(poller, [&] {
    got += peer.take();
    return peer.saw_end();
  }));
  BOOST_TEST(got == XorTransport::hello() + XorTransport::farewell());
}

BOOST_AUTO_TEST_CASE(what_it_takes_in_parts_is_sent_whole_without_an_event_from_the_socket) {
  shake_hands();
  const std::string all = pattern(5 * XorTransport::kMost + 7);
  stream.write(all);
  std::string expected;
  for (std::size_t at = 0; at < all.size(); at += XorTransport::kMost) {
    expected += XorTransport::data(std::string_view(all).substr(at, XorTransport::kMost));
  }
  BOOST_TEST(peer_takes(expected.size()) == expected);
  BOOST_TEST(stream.unsent() == 0U);
}

BOOST_AUTO_TEST_CASE(it_is_not_asked_to_write_nothing) {
  struct Picky final : Transport {
    Socket::Io read(const Socket&, std::span<char>) override { return {0, true, {}}; }
    Socket::Io write(const Socket&, std::span<const iovec> slices) override {
      std::size_t count = 0;
      for (const iovec& slice : slices) count += slice.iov_len;
      BOOST_TEST(count > 0U);
      return {count, false, {}};
    }
    Socket::Io finish(const Socket&) override { return {}; }
    [[nodiscard]] Socket::Pending peek(const Socket&) const override {
      return Socket::Pending::nothing;
    }
  };
  StreamFixture at;
  at.stream.set_transport(std::make_unique<Picky>());
  at.stream.write("");
  at.stream.write(std::span<const iovec>());
  at.stream.write("x");
  settle(at.poller);
  BOOST_TEST(at.stream.unsent() == 0U);
}

BOOST_AUTO_TEST_CASE(what_comes_together_with_again_counts) {
  // Two bytes a call, and each time it must wait for the socket.
  struct Stutter final : Transport {
    std::string in = "abcdef";
    std::string out;
    Socket::Io read(const Socket&, std::span<char> into) override {
      const std::size_t count = std::min<std::size_t>(2, in.size());
      std::copy_n(in.begin(), count, into.begin());
      in.erase(0, count);
      return {count, true, {}};
    }
    Socket::Io write(const Socket&, std::span<const iovec> slices) override {
      out.append(static_cast<const char*>(slices[0].iov_base),
                 std::min<std::size_t>(2, slices[0].iov_len));
      return {std::min<std::size_t>(2, slices[0].iov_len), true, {}};
    }
    Socket::Io finish(const Socket&) override { return {}; }
    [[nodiscard]] Socket::Pending peek(const Socket&) const override {
      return Socket::Pending::nothing;
    }
  };
  StreamFixture at;
  auto made = std::make_unique<Stutter>();
  Stutter& stutter = *made;
  at.stream.set_transport(std::move(made));
  at.stream.write("123456");
  for (int i = 0; i < 3; ++i) {
    at.peer.send("!");  // an event
    BOOST_TEST(test::turn_until(at.poller, [&] { return at.seen.offered.size() > 0; }));
    settle(at.poller);
  }
  BOOST_TEST(at.seen.consumed.substr(0, 6) == "abcdef");
  BOOST_TEST(stutter.out == "123456");
}

BOOST_AUTO_TEST_CASE(a_read_that_waits_for_room_to_write_goes_on_when_there_is_room) {
  // What it needs before it can read is to say something itself.
  struct Polite final : Transport {
    bool said = false;
    std::string in = "at last";
    Socket::Io read(const Socket& socket, std::span<char> into) override {
      said = said || socket.write(std::string_view("?")).count == 1;
      if (!said || in.empty()) return {0, true, {}};
      std::copy(in.begin(), in.end(), into.begin());
      return {std::exchange(in, {}).size(), false, {}};
    }
    Socket::Io write(const Socket&, std::span<const iovec>) override { return {0, true, {}}; }
    Socket::Io finish(const Socket&) override { return {}; }
    [[nodiscard]] Socket::Pending peek(const Socket&) const override {
      return Socket::Pending::nothing;
    }
  };
  StreamFixture at;
  const std::string lot = pattern(64 * 1024);
  for (int full = 0; full < 5;) {
    full = at.stream.socket().write(std::string_view(lot)).again ? full + 1 : 0;
    at.poller.turn(full > 0 ? base::kMillisecond : 0);
  }
  at.stream.set_transport(std::make_unique<Polite>());
  settle(at.poller);
  BOOST_TEST(at.calls().empty());
  BOOST_TEST(test::turn_until(at.poller, [&] {
    at.peer.take();
    return at.seen.consumed == "at last";
  }));
}

BOOST_AUTO_TEST_CASE(a_read_that_waits_for_a_write_goes_on_after_it) {
  // Each direction needs the other first, as in a handshake of several steps.
  struct Alternating final : Transport {
    int step = 0;
    Socket::Io read(const Socket&, std::span<char> into) override {
      if (step == 0) step = 1;
      if (step != 2) return {0, true, {}};
      step = 3;
      into[0] = '!';
      return {1, false, {}};
    }
    Socket::Io write(const Socket&, std::span<const iovec> slices) override {
      if (step != 1) return {0, true, {}};
      step = 2;
      return {slices[0].iov_len, false, {}};
    }
    Socket::Io finish(const Socket&) override { return {}; }
    [[nodiscard]] Socket::Pending peek(const Socket&) const override {
      return Socket::Pending::nothing;
    }
  };
  StreamFixture at;
  at.stream.set_transport(std::make_unique<Alternating>());
  at.stream.write("x");
  settle(at.poller);
  BOOST_TEST(at.stream.unsent() == 0U);
  BOOST_TEST(at.seen.consumed == "!");
}

BOOST_AUTO_TEST_CASE(the_peers_farewell_is_eof_and_the_other_direction_goes_on) {
  shake_hands();
  peer.send(XorTransport::data("bye") + XorTransport::farewell());
  peer.finish();
  BOOST_TEST(until_told("eof"));
  BOOST_TEST(calls() == "data eof");
  stream.write("still here");
  BOOST_TEST(peer_takes(13) == XorTransport::data("still here"));
  BOOST_TEST(stream.is_open());
}

BOOST_AUTO_TEST_CASE(our_farewell_follows_what_was_written_and_then_fin_and_once) {
  shake_hands();
  stream.write("last words");
  stream.shutdown_write();
  stream.shutdown_write();
  std::string got;
  BOOST_TEST(test::turn_until(poller, [&] {
    got += peer.take();
    return peer.saw_end();
  }));
  BOOST_TEST(got == XorTransport::data("last words") + XorTransport::farewell());
  settle(poller);
  BOOST_TEST(transport->finishes() == 1);
  peer.send(XorTransport::data("answer"));
  BOOST_TEST(until_consumed("answer"));
}

BOOST_AUTO_TEST_CASE(a_farewell_the_socket_has_no_room_for_comes_later) {
  shake_hands();
  const std::string all = clog(0);
  stream.shutdown_write();
  std::string got;
  BOOST_TEST(test::turn_until(poller, [&] {
    got += peer.take();
    return peer.saw_end();
  }));
  BOOST_TEST(got.size() > all.size());
  BOOST_TEST((got.substr(got.size() - 3) == XorTransport::farewell()));
  BOOST_TEST(transport->finishes() == 1);
  BOOST_TEST(stream.is_open());
}

BOOST_AUTO_TEST_CASE(an_end_without_a_farewell_is_an_error_told_once) {
  shake_hands();
  peer.send(XorTransport::data("cut of"));
  peer.finish();
  BOOST_TEST(until_told("close"));
  settle(poller);
  BOOST_TEST(calls() == "data close");
  BOOST_TEST(base::name(seen.closed_with.code) == "reset");
}

BOOST_AUTO_TEST_CASE(an_end_in_the_midst_of_the_handshake_is_an_error_told_once) {
  stream.write("never sent");
  peer.send(XorTransport::hello().substr(0, 4));
  peer.finish();
  BOOST_TEST(until_told("close"));
  settle(poller);
  BOOST_TEST(calls() == "close");
  BOOST_TEST(stream.unsent() == 0U);
  BOOST_TEST(poller.blocks().in_use() == 0U);
}

BOOST_AUTO_TEST_CASE(a_reset_is_told_once_after_the_data_before_it) {
  shake_hands();
  peer.send(XorTransport::data("tail"));
  peer.reset();
  BOOST_TEST(until_told("close"));
  settle(poller);
  BOOST_TEST(seen.count("close") == 1);
  BOOST_TEST(!seen.told("eof"));
  BOOST_TEST(base::name(seen.closed_with.code) == "reset");
}

BOOST_AUTO_TEST_CASE(a_write_that_fails_is_told_once_and_not_from_inside_write) {
  shake_hands();
  peer.reset();
  stream.write("one");
  stream.write("two");
  BOOST_TEST(calls().empty());
  BOOST_TEST(until_told("close"));
  settle(poller);
  BOOST_TEST(calls() == "close");
}

BOOST_AUTO_TEST_CASE(a_hold_keeps_what_it_has_decoded_already) {
  shake_hands();
  seen.appetite = [&](std::string_view bytes) {
    stream.hold(ReadHold::exchange);
    return bytes.size();
  };
  stream.limit_reads(4);
  peer.send(XorTransport::data("one two three "));
  BOOST_TEST(until_told("data"));
  settle(poller);
  BOOST_TEST(seen.consumed == "one ");
  BOOST_TEST(stream.has_input());
  BOOST_TEST(!stream.is_quiet());
  // No event comes from the socket any more: all was read.
  stream.lift(ReadHold::exchange);
  BOOST_TEST(until_consumed("one two "));
  seen.appetite = [](std::string_view bytes) { return bytes.size(); };
  stream.lift(ReadHold::exchange);
  BOOST_TEST(until_consumed("one two three "));
  BOOST_TEST(stream.is_quiet());
}

BOOST_AUTO_TEST_CASE(a_held_stream_still_writes_and_shakes_hands_by_writing) {
  stream.hold(ReadHold::setup);
  stream.write("to the peer");
  peer.send(XorTransport::hello() + XorTransport::data("held back"));
  const std::string expected = XorTransport::hello() + XorTransport::data("to the peer");
  BOOST_TEST(peer_takes(expected.size()) == expected);
  BOOST_TEST(calls() == "drained");
  stream.lift(ReadHold::setup);
  BOOST_TEST(until_consumed("held back"));
}

BOOST_AUTO_TEST_CASE(nothing_is_called_after_the_owner_closed_it) {
  shake_hands();
  seen.inside = [&](const std::string&) { stream.close(); };
  peer.send(XorTransport::data("one") + XorTransport::data("two") + XorTransport::farewell());
  BOOST_TEST(until_told("data"));
  settle(poller);
  BOOST_TEST(calls() == "data");
  BOOST_TEST(stream.transport() == nullptr);
}

BOOST_AUTO_TEST_CASE(it_cannot_be_set_once_bytes_were_kept) {
  StreamFixture at;
  at.clog(0);
  BOOST_TEST(test::aborts(
      [&] { at.stream.set_transport(std::make_unique<XorTransport>(XorTransport::Role::first)); }));
}

BOOST_AUTO_TEST_SUITE_END()

// Two streams over the same kind of transport.
struct BothEnds {
  BothEnds() {
    BOOST_TEST_REQUIRE(poller.open().ok());
    test::SocketPair pair = test::tcp_pair();
    for (Socket* socket : {&pair.first, &pair.second}) {
      // A small queue in the kernel, so that both directions stop again and again.
      BOOST_TEST_REQUIRE(socket->set_option(SOL_SOCKET, SO_SNDBUF, 32 * 1024).ok());
    }
    BOOST_TEST_REQUIRE(client.open(std::move(pair.first)).ok());
    BOOST_TEST_REQUIRE(server.open(std::move(pair.second)).ok());
    client.set_transport(std::make_unique<XorTransport>(XorTransport::Role::first));
    server.set_transport(std::make_unique<XorTransport>(XorTransport::Role::second));
  }

  Poller poller;
  test::RecordingObserver client_seen;
  test::RecordingObserver server_seen;
  Stream client{poller, client_seen};
  Stream server{poller, server_seen};
};

BOOST_FIXTURE_TEST_SUITE(stream_transport_both_ends, BothEnds)

BOOST_AUTO_TEST_CASE(much_data_in_both_directions_at_once_arrives_in_order_and_ends_well) {
  const std::string up = pattern(700'001);
  const std::string down = pattern(600'007);
  client.write(up);
  server.write(down);
  client.shutdown_write();
  server.shutdown_write();
  BOOST_TEST(
      test::turn_until(poller, [&] { return client_seen.told("eof") && server_seen.told("eof"); }));
  BOOST_TEST((server_seen.consumed == up));
  BOOST_TEST((client_seen.consumed == down));
  settle(poller);
  for (const auto* seen : {&client_seen, &server_seen}) {
    BOOST_TEST(seen->count("eof") == 1);
    BOOST_TEST(!seen->told("close"));
  }
  BOOST_TEST(poller.blocks().in_use() == 0U);
}

BOOST_AUTO_TEST_CASE(an_echo_under_back_pressure_loses_nothing) {
  server_seen.appetite = [&](std::string_view bytes) {
    server.write(bytes);
    if (server.above_high_mark()) server.hold(ReadHold::backpressure);
    return bytes.size();
  };
  server_seen.inside = [&](const std::string& call) {
    if (call == "drained") server.lift(ReadHold::backpressure);
    if (call == "eof") server.shutdown_write();
  };
  const std::string all = pattern(900'011);
  client.write(all);
  client.shutdown_write();
  BOOST_TEST(test::turn_until(poller, [&] { return client_seen.told("eof"); }));
  BOOST_TEST((client_seen.consumed == all));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
