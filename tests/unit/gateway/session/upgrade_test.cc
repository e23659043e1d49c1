// From a request to a tunnel: 101 and what follows.
#include <boost/test/unit_test.hpp>

#include "tests/unit/gateway/session/rig.h"

namespace base = tidegate::base;
using namespace tidegate::gateway;
using session::forwarded;
using session::kGet;
using session::kPlainResponse;
using session::kPlainSeen;
using session::milliseconds;
using session::Rig;

namespace {

constexpr std::string_view kUpgrade =
    "GET / HTTP/1.1\r\nHost: a\r\nX-Request-Id: r\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n";
constexpr std::string_view kSwitching =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n";
constexpr std::string_view kSwitchingSeen =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n"
    "Via: 1.1 tidegate\r\n\r\n";

struct Tunnel {
  explicit Tunnel(milliseconds patience = milliseconds(10'000)) {
    rig.listener().timeouts.tunnel = patience;
    client = rig.connect();
    client.send(kUpgrade);
    origin = rig.accept();
    rig.head(origin);
    origin.send(kSwitching);
    rig.sees(client, kSwitchingSeen);
  }

  Rig rig;
  Peer client;
  Peer origin;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(upgrade)

BOOST_AUTO_TEST_CASE(bytes_pass_both_ways_after_101) {
  Tunnel tunnel;
  tunnel.client.send(
      "GET / ping\0"
      "\r\n\r\n");
  tunnel.rig.sees(tunnel.origin, "GET / ping");
  tunnel.origin.send("0\r\n\r\npong");
  tunnel.rig.sees(tunnel.client, "0\r\n\r\npong");
  tunnel.client.finish();
  tunnel.rig.sees_end(tunnel.origin);
  tunnel.origin.close();
  tunnel.rig.sees_end(tunnel.client);
  tunnel.rig.check_over(1);
  BOOST_TEST(tunnel.rig.record("status") == "101");
  BOOST_TEST(tunnel.rig.record("reason") == "ok");
  BOOST_TEST(tunnel.rig.record("bytes_in") == "10");
  BOOST_TEST(tunnel.rig.record("bytes_out") == "9");
  BOOST_TEST(tunnel.rig.endpoint().connections_active.get() == 0U);
}

BOOST_AUTO_TEST_CASE(the_upgrade_is_named_to_the_upstream) {
  Rig rig;
  Peer client = rig.connect();
  client.send(kUpgrade);
  Peer origin = rig.accept();
  rig.sees(origin,
           forwarded("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n"));
}

BOOST_AUTO_TEST_CASE(bytes_that_come_with_the_heads_are_the_tunnels_first) {
  Rig rig;
  Peer client = rig.connect();
  client.send(std::string(kUpgrade) + "early");
  Peer origin = rig.accept();
  rig.head(origin);
  rig.sees(origin, "");  // not before 101
  origin.send(std::string(kSwitching) + "hello");
  rig.sees(client, std::string(kSwitchingSeen) + "hello");
  rig.sees(origin, "early");
}

BOOST_AUTO_TEST_CASE(each_side_may_finish_first) {
  for (const bool client_first : {false, true}) {
    BOOST_TEST_CONTEXT("client first " << client_first) {
      Tunnel tunnel;
      Peer& first = client_first ? tunnel.client : tunnel.origin;
      Peer& second = client_first ? tunnel.origin : tunnel.client;
      first.send("last words");
      first.finish();
      tunnel.rig.sees(second, "last words");
      BOOST_TEST(second.got_fin());
      second.send("still talking");
      tunnel.rig.sees(first, "still talking");
      BOOST_TEST(!first.ended());
      second.finish();
      tunnel.rig.sees_end(first);
      BOOST_TEST(first.got_fin());
      tunnel.rig.check_over(1);
      BOOST_TEST(tunnel.rig.closed(Reason::none) == 1U);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_reset_ends_both_sides) {
  for (const bool by_client : {false, true}) {
    BOOST_TEST_CONTEXT("by the client " << by_client) {
      Tunnel tunnel;
      Peer& first = by_client ? tunnel.client : tunnel.origin;
      Peer& second = by_client ? tunnel.origin : tunnel.client;
      first.reset();
      tunnel.rig.sees_end(second);
      second.close();
      tunnel.rig.check_over(1);
      const Reason reason = by_client ? Reason::client_reset : Reason::upstream_reset;
      BOOST_TEST(tunnel.rig.failures(reason) == 1U);
      BOOST_TEST(tunnel.rig.record("status") == "101");
    }
  }
}

BOOST_AUTO_TEST_CASE(a_silent_tunnel_ends) {
  Tunnel tunnel(milliseconds(15));
  tunnel.rig.sees_end(tunnel.client);
  tunnel.rig.sees_end(tunnel.origin);
  tunnel.rig.check_over(1);
  BOOST_TEST(tunnel.rig.failures(Reason::tunnel_timeout) == 1U);
  BOOST_TEST(tunnel.rig.closed(Reason::tunnel_timeout) == 1U);
}

BOOST_AUTO_TEST_CASE(bytes_in_either_direction_keep_a_tunnel) {
  for (const bool client_talks : {false, true}) {
    Tunnel tunnel(milliseconds(120));
    Peer& from = client_talks ? tunnel.client : tunnel.origin;
    for (int i = 0; i < 6; ++i) {
      turn_for(tunnel.rig.poller, 25 * base::kMillisecond);
      from.send("x");
    }
    tunnel.rig.sees(client_talks ? tunnel.origin : tunnel.client, "xxxxxx");
  }
}

BOOST_AUTO_TEST_CASE(the_timers_of_the_request_do_not_reach_into_the_tunnel) {
  Rig rig;
  rig.cluster().timeouts.request = milliseconds(10);
  rig.listener().timeouts.client_body = rig.listener().timeouts.idle = milliseconds(10);
  Peer client = rig.connect();
  client.send(kUpgrade);
  Peer origin = rig.accept();
  rig.head(origin);
  origin.send(kSwitching);
  rig.sees(client, kSwitchingSeen);
  turn_for(rig.poller, 40 * base::kMillisecond);
  client.send("alive");
  rig.sees(origin, "alive");
}

BOOST_AUTO_TEST_CASE(an_upgrade_that_is_declined_is_an_ordinary_response) {
  Rig rig;
  Peer client = rig.connect();
  client.send(kUpgrade);
  Peer origin = rig.accept();
  rig.head(origin);
  origin.send(kPlainResponse);
  rig.sees(client, kPlainSeen);
  std::optional<Peer> same = std::move(origin);
  rig.exchange(client, same);
}

BOOST_AUTO_TEST_CASE(a_101_nobody_asked_for_is_502) {
  for (const std::string_view request :
       {kGet, std::string_view("GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n"),
        std::string_view("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\n"
                         "Upgrade: h2c\r\n\r\n")}) {
    Rig rig;
    Peer client = rig.connect();
    client.send(request);
    Peer origin = rig.accept();
    rig.head(origin);
    origin.send(kSwitching);
    BOOST_TEST(rig.head(client).substr(9, 3) == "502");
    client.close();
    rig.check_over(1);
  }
}

BOOST_AUTO_TEST_CASE(a_tunnel_cut_by_the_drain_ends_both_sides) {
  Tunnel tunnel;
  tunnel.rig.worker().sessions.front()->cut();
  tunnel.rig.sees_end(tunnel.client);
  tunnel.rig.sees_end(tunnel.origin);
  tunnel.rig.check_over(1);
  BOOST_TEST(tunnel.rig.record("reason") == "draining");
}

BOOST_AUTO_TEST_CASE(a_tunnel_holds_whoever_is_faster) {
  for (const bool client_sends : {false, true}) {
    Tunnel tunnel;
    Peer& from = client_sends ? tunnel.client : tunnel.origin;
    Peer& to = client_sends ? tunnel.origin : tunnel.client;
    const std::string piece(64 * 1024, 'x');
    std::size_t sent = 0;
    std::size_t most = 0;
    for (int quiet = 0; quiet < 10; ++quiet) {
      const std::size_t more = from.offer(piece);
      sent += more;
      if (more > 0) quiet = 0;
      tunnel.rig.poller.turn(0);
      most = std::max(most, tunnel.rig.poller.blocks().in_use());
    }
    BOOST_TEST(most <= 48U);
    from.finish();
    std::size_t got = 0;
    BOOST_TEST(turn_until(tunnel.rig.poller, [&] {
      to.pump();
      got += to.received.size();
      to.received.clear();
      return to.ended();
    }));
    BOOST_TEST(got == sent);
    to.finish();
    tunnel.rig.check_over(1);
  }
}

BOOST_AUTO_TEST_SUITE_END()
