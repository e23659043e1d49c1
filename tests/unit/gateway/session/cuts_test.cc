// The link is cut before every step, on either side, by FIN and by RST.
#include <boost/test/unit_test.hpp>

#include "tests/unit/gateway/session/rig.h"

using namespace tidegate::gateway;
using session::forwarded;
using session::kGet;
using session::kPlainResponse;
using session::kPlainSeen;
using session::Rig;

namespace {

void cut(Peer& peer, bool reset) {
  if (reset) {
    peer.reset();
  } else {
    peer.close();
  }
}

constexpr std::string_view kPostHead =
    "POST / HTTP/1.1\r\nHost: a\r\nX-Request-Id: r\r\nContent-Length: 6\r\n\r\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(cuts)

BOOST_AUTO_TEST_CASE(an_upstream_cut_before_its_response_is_502) {
  for (const std::string_view before : {"", "HTTP/1.1 200 OK\r\nContent-Le"}) {
    for (const bool reset : {false, true}) {
      BOOST_TEST_CONTEXT("after [" << before << "], reset " << reset) {
        Rig rig;
        Peer client = rig.connect();
        client.send(kGet);
        Peer origin = rig.accept();
        rig.head(origin);
        if (!before.empty()) origin.send(before);
        settle(rig.poller);
        cut(origin, reset);
        BOOST_TEST(rig.head(client).substr(9, 3) == "502");
        const Reason reason = reset ? Reason::upstream_reset : Reason::upstream_closed;
        rig.sees(client, "502 Bad Gateway: " + std::string(name(reason)) + "\n");
        client.close();
        rig.check_over(1);
        BOOST_TEST(rig.failures(reason) == 1U);
        BOOST_TEST(rig.endpoint_failures(reason) == 1U);
        BOOST_TEST(rig.record("reason") == name(reason));
        BOOST_TEST(rig.closed(Reason::none) == 1U);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(an_upstream_cut_at_once_after_connecting_is_502) {
  for (const bool reset : {false, true}) {
    Rig rig;
    Peer client = rig.connect();
    client.send(kGet);
    Peer origin = rig.accept();
    cut(origin, reset);
    BOOST_TEST(rig.head(client).substr(9, 3) == "502");
    client.close();
    rig.check_over(1);
  }
}

BOOST_AUTO_TEST_CASE(an_upstream_cut_after_an_interim_response_is_502) {
  for (const bool reset : {false, true}) {
    Rig rig;
    Peer client = rig.connect();
    client.send(kGet);
    Peer origin = rig.accept();
    rig.head(origin);
    origin.send("HTTP/1.1 103 Early Hints\r\n\r\n");
    BOOST_TEST(rig.head(client).substr(9, 3) == "103");
    cut(origin, reset);
    BOOST_TEST(rig.head(client).substr(9, 3) == "502");
    client.close();
    rig.check_over(1);
  }
}

BOOST_AUTO_TEST_CASE(an_upstream_cut_within_its_response_never_looks_like_the_end) {
  const struct {
    std::string_view framing;
    std::string_view body;
    bool fin_is_an_end;
  } rows[] = {
      {"Content-Length: 4\r\n", "", false},
      {"Content-Length: 4\r\n", "ab", false},
      {"Transfer-Encoding: chunked\r\n", "", false},
      {"Transfer-Encoding: chunked\r\n", "3\r\nab", false},
      {"Transfer-Encoding: chunked\r\n", "2\r\nab\r\n", false},
      {"Transfer-Encoding: chunked\r\n", "2\r\nab\r\n0\r\nX: y\r\n", false},
      {"", "ab", true},
  };
  for (const auto& row : rows) {
    for (const bool reset : {false, true}) {
      for (const bool http10 : {false, true}) {
        if (!reset && row.fin_is_an_end) continue;
        BOOST_TEST_CONTEXT(row.framing << row.body << ", reset " << reset << ", 1.0 " << http10) {
          Rig rig;
          Peer client = rig.connect();
          client.send(http10 ? "GET / HTTP/1.0\r\nHost: a\r\n\r\n" : kGet);
          Peer origin = rig.accept();
          rig.head(origin);
          origin.send("HTTP/1.1 200 OK\r\n" + std::string(row.framing) + "\r\n" +
                      std::string(row.body));
          BOOST_TEST(rig.head(client).substr(9, 3) == "200");
          cut(origin, reset);
          rig.sees_end(client);
          const bool by_end_only = http10 && row.framing.substr(0, 1) != "C";
          BOOST_TEST(client.got_reset() == by_end_only);
          BOOST_TEST(client.received.find("0\r\n\r\n") == std::string::npos);
          BOOST_TEST(client.received.size() < 12U);
          client.close();
          rig.check_over(1);
          const Reason reason = reset ? Reason::upstream_reset : Reason::upstream_short_body;
          BOOST_TEST(rig.failures(reason) == 1U);
          BOOST_TEST(rig.endpoint_failures(reason) == 1U);
          BOOST_TEST(rig.record("status") == "200");
          BOOST_TEST(rig.record("reason") == name(reason));
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_response_is_502) {
  for (const std::string_view response :
       {"nonsense\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 200 OK\nX: y\n\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n"}) {
    BOOST_TEST_CONTEXT(response) {
      Rig rig;
      Peer client = rig.connect();
      client.send(kGet);
      Peer origin = rig.accept();
      rig.head(origin);
      origin.send(response);
      rig.head(client);
      rig.sees(client, "502 Bad Gateway: upstream_bad_head\n");
      rig.sees_end(origin);
      std::optional<Peer> another;
      rig.exchange(client, another);
      client.close();
      rig.check_over(2);
      BOOST_TEST(rig.endpoint_failures(Reason::upstream_bad_head) == 1U);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_response_head_without_end_is_502) {
  Rig rig;
  Peer client = rig.connect();
  client.send(kGet);
  Peer origin = rig.accept();
  rig.head(origin);
  origin.send("HTTP/1.1 200 OK\r\nX: ");
  const std::string filler(16 * 1024, 'x');
  for (int i = 0; i < 5; ++i) {
    (void)origin.offer(filler);
    settle(rig.poller);
  }
  rig.head(client);
  rig.sees(client, "502 Bad Gateway: upstream_bad_head\n");
}

// Whatever one read brings: what was good of it reaches the client, and it sees that more is
// missing.
BOOST_AUTO_TEST_CASE(a_bad_chunk_ends_the_response_short) {
  for (const bool at_once : {false, true}) {
    BOOST_TEST_CONTEXT("in one read: " << at_once) {
      Rig rig;
      Peer client = rig.connect();
      client.send(kGet);
      Peer origin = rig.accept();
      rig.head(origin);
      origin.send("HTTP/1.1 200 OK\r\nDate: d\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n");
      if (!at_once) settle(rig.poller);
      origin.send("zz\r\n");
      rig.sees_end(client);
      BOOST_TEST(client.received ==
                 "HTTP/1.1 200 OK\r\nDate: d\r\nTransfer-Encoding: chunked\r\n"
                 "Via: 1.1 tidegate\r\n\r\n2\r\nab\r\n");
      rig.sees_end(origin);
      client.close();
      rig.check_over(1);
      BOOST_TEST(rig.record("status") == "200");
      BOOST_TEST(rig.record("reason") == "upstream_bad_body");
      BOOST_TEST(rig.record("bytes_out") == "2");
    }
  }
}

BOOST_AUTO_TEST_CASE(a_client_cut_before_or_within_a_head) {
  for (const std::string_view before : {"", "\r\n", "GET / HTTP/1.1\r\nHo"}) {
    for (const bool reset : {false, true}) {
      BOOST_TEST_CONTEXT("after [" << before << "], reset " << reset) {
        Rig rig;
        Peer client = rig.connect();
        if (!before.empty()) client.send(before);
        settle(rig.poller);
        cut(client, reset);
        const bool in_head = before.size() > 2;
        settle(rig.poller);
        rig.check_over(in_head ? 1 : 0);
        const Reason left = reset ? Reason::client_reset : Reason::client_closed;
        if (in_head) {
          BOOST_TEST(rig.failures(left) == 1U);
          BOOST_TEST(rig.record("status") == "0");
          BOOST_TEST(rig.record("reason") == name(left));
        } else {
          BOOST_TEST(rig.closed(reset ? Reason::client_reset : Reason::none) == 1U);
        }
        BOOST_TEST(rig.endpoint().connects.get() == 0U);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_client_cut_while_its_upstream_is_dialled) {
  for (const std::string_view request : {kGet, kPostHead}) {
    for (const bool reset : {false, true}) {
      BOOST_TEST_CONTEXT("reset " << reset << " " << request) {
        Rig rig;
        LoopbackListener deaf(0);
        const Peer fills_the_queue = Peer::dial(deaf.address());
        rig.cluster().endpoints[0].address = deaf.address();
        Peer client = rig.connect();
        client.send(request);
        settle(rig.poller);
        BOOST_TEST(rig.endpoint().connections_active.get() == 1U);
        cut(client, reset);
        rig.check_over(1);
        BOOST_TEST(rig.failures(reset ? Reason::client_reset : Reason::client_closed) == 1U);
        BOOST_TEST(rig.endpoint().connections_active.get() == 0U);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_client_cut_while_it_waits_in_the_queue) {
  for (const bool reset : {false, true}) {
    Rig rig;
    rig.cluster().limits = {1, 10, session::milliseconds(10'000)};
    Peer holder = rig.connect();
    holder.send(kGet);
    Peer origin = rig.accept();
    Peer waiting = rig.connect();
    waiting.send(kGet);
    settle(rig.poller);
    BOOST_TEST(rig.cluster_counters().queue_length.get() == 1U);
    cut(waiting, reset);
    settle(rig.poller);
    BOOST_TEST(rig.cluster_counters().queue_length.get() == 0U);
    holder.close();
    rig.check_over(2);
  }
}

BOOST_AUTO_TEST_CASE(a_client_cut_during_its_exchange_takes_the_upstream_connection_along) {
  const struct {
    std::string_view request;
    std::string_view response;
    std::string_view status;
  } rows[] = {
      {kGet, "", "0"},
      {kPostHead, "", "0"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc", "", "0"},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na", "", "0"},
      {kGet, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "200"},
      {kGet, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "200"},
      {kGet, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na", "200"},
      {kGet, "HTTP/1.1 200 OK\r\n\r\nabc", "200"},
      {kPostHead, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "200"},
  };
  for (const auto& row : rows) {
    for (const bool reset : {false, true}) {
      BOOST_TEST_CONTEXT(row.request << row.response << ", reset " << reset) {
        Rig rig;
        Peer client = rig.connect();
        client.send(row.request);
        Peer origin = rig.accept();
        rig.head(origin);
        if (!row.response.empty()) {
          origin.send(row.response);
          rig.head(client);
        }
        settle(rig.poller);
        client.pump();  // else closing would reset
        cut(client, reset);
        rig.sees_end(origin);
        settle(rig.poller);
        BOOST_TEST(rig.worker().sessions.empty());
        rig.check_over(1);
        const Reason left = reset ? Reason::client_reset : Reason::client_closed;
        BOOST_TEST(rig.failures(left) == 1U);
        BOOST_TEST(rig.record("status") == row.status);
        BOOST_TEST(rig.record("reason") == name(left));
        BOOST_TEST(rig.record("side") == "client");
        BOOST_TEST(rig.endpoint().connections_active.get() == 0U);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_client_gone_after_its_response_is_a_good_end) {
  Rig rig;
  Peer client = rig.connect();
  std::optional<Peer> origin;
  rig.exchange(client, origin);
  client.close();
  rig.check_over(1);
  BOOST_TEST(rig.closed(Reason::none) == 1U);
  BOOST_TEST(rig.endpoint().connections_idle.get() == 1U);
}

BOOST_AUTO_TEST_CASE(a_client_that_sends_its_last_request_with_a_fin_is_answered_or_dropped) {
  Rig rig;
  Peer client = rig.connect();
  client.send(kGet);
  client.finish();
  Peer origin = rig.accept();
  settle(rig.poller);
  origin.pump();
  if (!origin.ended()) {
    origin.received.clear();
    origin.send(kPlainResponse);
    rig.sees(client, kPlainSeen);
  }
  rig.sees_end(client);
  rig.check_over(1);
}

BOOST_AUTO_TEST_SUITE_END()
