#include "gateway/session/tcp_session.h"

#include <boost/test/unit_test.hpp>

#include "tests/unit/gateway/session/rig.h"

namespace base = tidegate::base;
namespace conf = tidegate::conf;
using namespace tidegate::gateway;
using session::milliseconds;
using session::Rig;

namespace {

struct Joined {
  Joined() : rig(conf::Protocol::tcp) {
    client = rig.connect();
    origin = rig.accept();
    settle(rig.poller);
  }

  Rig rig;
  Peer client;
  Peer origin;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(tcp_session)

BOOST_AUTO_TEST_CASE(bytes_pass_both_ways) {
  Joined joined;
  joined.client.send("ping");
  joined.rig.sees(joined.origin, "ping");
  joined.origin.send("pong!");
  joined.rig.sees(joined.client, "pong!");
  BOOST_TEST(joined.rig.counters().bytes_in.get() == 4U);
  BOOST_TEST(joined.rig.counters().bytes_out.get() == 5U);
  joined.client.finish();
  joined.origin.finish();
  joined.rig.check_over(1);
  BOOST_TEST(joined.rig.record("type") == "tcp");
  BOOST_TEST(joined.rig.record("reason") == "ok");
  BOOST_TEST(joined.rig.record("bytes_in") == "4");
  BOOST_TEST(joined.rig.record("bytes_out") == "5");
  BOOST_TEST(joined.rig.record("cluster") == "pool");
  BOOST_TEST(joined.rig.record("tries") == "1");
  BOOST_TEST(joined.rig.closed(Reason::none) == 1U);
}

BOOST_AUTO_TEST_CASE(what_a_client_says_before_the_upstream_is_there_is_kept) {
  Rig rig(conf::Protocol::tcp);
  Peer client = rig.connect();
  client.send("hello");
  client.finish();
  Peer origin = rig.accept();
  rig.sees(origin, "hello");
  BOOST_TEST(origin.got_fin());
  origin.send("bye");
  origin.close();
  rig.sees(client, "bye");
  rig.sees_end(client);
  rig.check_over(1);
  BOOST_TEST(rig.record("reason") == "ok");
}

BOOST_AUTO_TEST_CASE(an_upstream_may_speak_first) {
  Rig rig(conf::Protocol::tcp);
  Peer client = rig.connect();
  Peer origin = rig.accept();
  origin.send("220 ready\r\n");
  rig.sees(client, "220 ready\r\n");
}

BOOST_AUTO_TEST_CASE(each_side_may_finish_first) {
  for (const bool client_first : {false, true}) {
    BOOST_TEST_CONTEXT("client first " << client_first) {
      Joined joined;
      Peer& first = client_first ? joined.client : joined.origin;
      Peer& second = client_first ? joined.origin : joined.client;
      first.send("last words");
      first.finish();
      joined.rig.sees(second, "last words");
      BOOST_TEST(second.got_fin());
      second.send("still talking");
      joined.rig.sees(first, "still talking");
      BOOST_TEST(!first.ended());
      second.finish();
      joined.rig.sees_end(first);
      BOOST_TEST(first.got_fin());
      joined.rig.check_over(1);
      BOOST_TEST(joined.rig.closed(Reason::none) == 1U);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_reset_is_passed_on) {
  for (const bool by_client : {false, true}) {
    BOOST_TEST_CONTEXT("by the client " << by_client) {
      Joined joined;
      Peer& first = by_client ? joined.client : joined.origin;
      Peer& second = by_client ? joined.origin : joined.client;
      first.reset();
      joined.rig.sees_end(second);
      BOOST_TEST(second.got_reset());
      joined.rig.check_over(1);
      const Reason reason = by_client ? Reason::client_reset : Reason::upstream_reset;
      BOOST_TEST(joined.rig.failures(reason) == 1U);
      BOOST_TEST(joined.rig.closed(reason) == 1U);
      BOOST_TEST(joined.rig.endpoint_failures(Reason::upstream_reset) == (by_client ? 0U : 1U));
    }
  }
}

BOOST_AUTO_TEST_CASE(bytes_before_a_reset_are_passed_on_first) {
  for (const bool by_client : {false, true}) {
    Joined joined;
    Peer& first = by_client ? joined.client : joined.origin;
    Peer& second = by_client ? joined.origin : joined.client;
    first.send("last words");
    settle(joined.rig.poller);
    first.reset();
    joined.rig.sees(second, "last words");
  }
}

BOOST_AUTO_TEST_CASE(a_reset_after_a_fin_ends_the_session) {
  for (const bool by_client : {false, true}) {
    Joined joined;
    Peer& first = by_client ? joined.client : joined.origin;
    Peer& second = by_client ? joined.origin : joined.client;
    first.finish();
    joined.rig.sees_end(second);
    first.reset();
    joined.rig.check_over(1);
    const Reason reason = by_client ? Reason::client_reset : Reason::upstream_reset;
    BOOST_TEST(joined.rig.failures(reason) == 1U);
  }
}

BOOST_AUTO_TEST_CASE(a_refused_connect_closes_the_client) {
  Rig rig(conf::Protocol::tcp);
  rig.cluster().endpoints[0].address = refusing_address();
  Peer client = rig.connect();
  rig.sees_end(client);
  BOOST_TEST(client.received == "");
  rig.check_over(1);
  BOOST_TEST(rig.failures(Reason::connect_refused) == 1U);
  BOOST_TEST(rig.closed(Reason::connect_refused) == 1U);
  BOOST_TEST(rig.record("side") == "upstream");
}

BOOST_AUTO_TEST_CASE(a_refused_connect_goes_to_the_next_endpoint) {
  Rig rig(conf::Protocol::tcp, 2);
  rig.cluster().endpoints[0].address = refusing_address();
  Peer client = rig.connect();
  client.send("ping");
  Peer origin = rig.accept(1);
  rig.sees(origin, "ping");
}

BOOST_AUTO_TEST_CASE(a_client_that_leaves_while_its_upstream_is_dialled_is_forgotten) {
  Rig rig(conf::Protocol::tcp);
  LoopbackListener deaf(0);
  const Peer fills_the_queue = Peer::dial(deaf.address());
  rig.cluster().endpoints[0].address = deaf.address();
  Peer client = rig.connect();
  client.send("ping");
  settle(rig.poller);
  turn_for(rig.poller, 3 * base::kMillisecond);
  BOOST_TEST(rig.endpoint().connections_active.get() == 1U);
  client.reset();
  rig.check_over(1);
  BOOST_TEST(rig.failures(Reason::client_reset) == 1U);
  BOOST_TEST(rig.endpoint().connections_active.get() == 0U);
}

BOOST_AUTO_TEST_CASE(a_session_over_the_limit_waits_its_turn) {
  Rig rig(conf::Protocol::tcp);
  rig.cluster().limits = {1, 10, milliseconds(10'000)};
  Peer first = rig.connect();
  Peer origin = rig.accept();
  Peer second = rig.connect();
  second.send("second");
  settle(rig.poller);
  BOOST_TEST(rig.nobody_dialled());
  first.finish();
  origin.close();
  Peer another = rig.accept();
  rig.sees(another, "second");
  second.finish();
  another.close();
  rig.check_over(2);
}

BOOST_AUTO_TEST_CASE(a_session_nobody_can_take_is_closed) {
  Rig rig(conf::Protocol::tcp);
  rig.cluster().limits = {1, 10, milliseconds(10)};
  Peer first = rig.connect();
  Peer origin = rig.accept();
  Peer second = rig.connect();
  rig.sees_end(second);
  BOOST_TEST(rig.failures(Reason::queue_timeout) == 1U);
  first.finish();
  origin.close();
  rig.check_over(2);
}

BOOST_AUTO_TEST_CASE(a_silent_session_ends) {
  Rig rig(conf::Protocol::tcp);
  rig.listener().timeouts.idle = milliseconds(15);
  Peer client = rig.connect();
  Peer origin = rig.accept();
  rig.sees_end(client);
  rig.sees_end(origin);
  BOOST_TEST(client.got_fin());
  BOOST_TEST(origin.got_fin());
  rig.check_over(1);
  BOOST_TEST(rig.failures(Reason::idle_timeout) == 1U);
}

BOOST_AUTO_TEST_CASE(bytes_in_either_direction_keep_a_session) {
  for (const bool client_talks : {false, true}) {
    Rig rig(conf::Protocol::tcp);
    rig.listener().timeouts.idle = milliseconds(120);
    Peer client = rig.connect();
    Peer origin = rig.accept();
    for (int i = 0; i < 6; ++i) {
      turn_for(rig.poller, 25 * base::kMillisecond);
      (client_talks ? client : origin).send("x");
    }
    rig.sees(client_talks ? origin : client, "xxxxxx");
  }
}

BOOST_AUTO_TEST_CASE(a_cut_session_resets_both_sides) {
  Joined joined;
  joined.rig.worker().sessions.front()->drain();
  joined.client.send("a drain alone changes nothing");
  joined.rig.sees(joined.origin, "a drain alone changes nothing");
  joined.rig.worker().sessions.front()->cut();
  joined.rig.sees_end(joined.client);
  joined.rig.sees_end(joined.origin);
  BOOST_TEST(joined.client.got_reset());
  BOOST_TEST(joined.origin.got_reset());
  joined.rig.check_over(1);
  BOOST_TEST(joined.rig.record("reason") == "draining");
}

BOOST_AUTO_TEST_CASE(a_cut_while_dialling_closes_the_client) {
  Rig rig(conf::Protocol::tcp);
  Peer client = rig.connect();
  rig.worker().sessions.front()->cut();
  rig.sees_end(client);
  rig.check_over(1);
}

BOOST_AUTO_TEST_CASE(whoever_is_faster_is_held) {
  for (const bool client_sends : {false, true}) {
    BOOST_TEST_CONTEXT("client sends " << client_sends) {
      Joined joined;
      Peer& from = client_sends ? joined.client : joined.origin;
      Peer& to = client_sends ? joined.origin : joined.client;
      const std::string piece(64 * 1024, 'x');
      std::size_t sent = 0;
      std::size_t most = 0;
      for (int quiet = 0; quiet < 10; ++quiet) {
        const std::size_t more = from.offer(piece);
        sent += more;
        if (more > 0) quiet = 0;
        joined.rig.poller.turn(0);
        most = std::max(most, joined.rig.poller.blocks().in_use());
      }
      BOOST_TEST(most <= 48U);
      from.finish();
      std::size_t got = 0;
      BOOST_TEST(turn_until(joined.rig.poller, [&] {
        to.pump();
        got += to.received.size();
        to.received.clear();
        return to.ended();
      }));
      BOOST_TEST(got == sent);
      to.finish();
      joined.rig.check_over(1);
      BOOST_TEST(joined.rig.record("reason") == "ok");
      BOOST_TEST(joined.rig.poller.blocks().in_use() == 0U);
    }
  }
}

BOOST_AUTO_TEST_CASE(an_upstream_connection_serves_one_session_only) {
  Rig rig(conf::Protocol::tcp);
  for (int i = 0; i < 2; ++i) {
    Peer client = rig.connect();
    Peer origin = rig.accept();
    client.finish();
    origin.finish();
    rig.sees_end(client);
  }
  BOOST_TEST(rig.endpoint().connects.get() == 2U);
  rig.check_over(2);
}

BOOST_AUTO_TEST_SUITE_END()
