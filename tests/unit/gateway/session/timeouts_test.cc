// Every timer of an HTTP exchange, milliseconds long.
#include <boost/test/unit_test.hpp>

#include "tests/unit/gateway/session/rig.h"

namespace base = tidegate::base;
using namespace tidegate::gateway;
using session::kGet;
using session::kPlainResponse;
using session::milliseconds;
using session::Rig;

namespace {

constexpr milliseconds kShort(15);
// For what must not happen in between: six pieces take longer than it, one far shorter.
constexpr milliseconds kLong(120);
constexpr base::Nanos kPiece = 25 * base::kMillisecond;
constexpr int kPieces = 6;
constexpr std::string_view kPost = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n";
constexpr std::string_view kTaken = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

void check_ended_by(Rig& rig, Peer& client, Reason reason, std::string_view status) {
  client.close();
  rig.check_over(1);
  BOOST_TEST(rig.failures(reason) == 1U);
  BOOST_TEST(rig.record("reason") == name(reason));
  BOOST_TEST(rig.record("status") == status);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(timeouts)

BOOST_AUTO_TEST_CASE(a_silent_connection_is_closed_without_a_word) {
  Rig rig;
  rig.listener().timeouts.idle = kShort;
  Peer client = rig.connect();
  rig.sees_end(client);
  BOOST_TEST(client.got_fin());
  BOOST_TEST(client.received == "");
  rig.check_over(0);
  BOOST_TEST(rig.closed(Reason::idle_timeout) == 1U);
}

BOOST_AUTO_TEST_CASE(a_kept_connection_is_closed_when_no_request_comes) {
  Rig rig;
  rig.listener().timeouts.idle = kShort;
  Peer client = rig.connect();
  std::optional<Peer> origin;
  rig.exchange(client, origin);
  rig.sees_end(client);
  rig.check_over(1);
  BOOST_TEST(rig.closed(Reason::idle_timeout) == 1U);
}

// Neither is a request, so neither may keep a connection.
BOOST_AUTO_TEST_CASE(empty_lines_do_not_keep_a_connection) {
  for (const std::string_view bytes : {"\r\n", "\r"}) {
    BOOST_TEST_CONTEXT("bytes " << bytes.size()) {
      Rig rig;
      rig.listener().timeouts.idle = kShort;
      Peer client = rig.connect();
      client.send(bytes);
      const base::Nanos began = base::monotonic_now();
      rig.sees_end(client);
      BOOST_TEST(base::monotonic_now() - began < base::kSecond);
      rig.check_over(0);
      BOOST_TEST(rig.closed(Reason::idle_timeout) == 1U);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_head_that_does_not_end_is_408) {
  for (const std::string_view part : {"G", "GET / HTTP/1.1\r\nHost: a\r\n"}) {
    Rig rig;
    rig.listener().timeouts.client_header = kShort;
    Peer client = rig.connect();
    client.send(part);
    BOOST_TEST(rig.head(client).substr(9, 3) == "408");
    rig.sees_end(client);
    check_ended_by(rig, client, Reason::client_header_timeout, "408");
  }
}

BOOST_AUTO_TEST_CASE(a_head_in_pieces_has_one_deadline) {
  Rig rig;
  rig.listener().timeouts.client_header = milliseconds(40);
  Peer client = rig.connect();
  client.send("GET / HTTP/1.1\r\n");
  for (int i = 0; i < 20 && !client.ended() && client.received.empty(); ++i) {
    (void)client.offer("X: y\r\n");
    turn_for(rig.poller, 5 * base::kMillisecond);
    client.pump();
  }
  BOOST_TEST(client.received.substr(9, 3) == "408");
}

BOOST_AUTO_TEST_CASE(a_body_that_stops_is_408_however_its_upstream_was_found) {
  for (const bool pooled : {false, true}) {
    for (const std::string_view part : {"", "abc"}) {
      BOOST_TEST_CONTEXT("pooled " << pooled << ", after [" << part << "]") {
        Rig rig;
        rig.listener().timeouts.client_body = kShort;
        if (pooled) {
          Peer before = rig.connect();
          std::optional<Peer> origin;
          rig.exchange(before, origin);
          before.close();
          settle(rig.poller);
        }
        Peer client = rig.connect();
        client.send(std::string(kPost) + "\r\n");
        settle(rig.poller);
        if (!part.empty()) client.send(part);
        BOOST_TEST(rig.head(client).substr(9, 3) == "408");
        rig.sees_end(client);
        client.close();
        rig.check_over(pooled ? 2 : 1);
        BOOST_TEST(rig.failures(Reason::client_body_timeout) == 1U);
        BOOST_TEST(rig.endpoint().connections_active.get() == 0U);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_body_that_trickles_is_waited_for) {
  Rig rig;
  rig.listener().timeouts.client_body = kLong;
  rig.cluster().timeouts.request = kLong;  // counts from the end of the body
  Peer client = rig.connect();
  client.send(std::string(kPost) + "\r\n");
  Peer origin = rig.accept();
  for (int i = 0; i < kPieces; ++i) {
    turn_for(rig.poller, kPiece);
    client.send("x");
  }
  rig.head(origin);
  rig.sees(origin, "xxxxxx");
  origin.send(kPlainResponse);
  BOOST_TEST(rig.head(client).substr(9, 3) == "200");
}

BOOST_AUTO_TEST_CASE(a_body_that_never_follows_100_continue_is_408) {
  Rig rig;
  rig.listener().timeouts.client_body = kShort;
  Peer client = rig.connect();
  client.send(std::string(kPost) + "Expect: 100-continue\r\n\r\n");
  Peer origin = rig.accept();
  rig.head(origin);
  origin.send("HTTP/1.1 100 Continue\r\n\r\n");
  BOOST_TEST(rig.head(client).substr(9, 3) == "100");
  BOOST_TEST(rig.head(client).substr(9, 3) == "408");
  rig.sees_end(origin);
  check_ended_by(rig, client, Reason::client_body_timeout, "408");
}

BOOST_AUTO_TEST_CASE(a_client_waiting_for_100_continue_is_not_to_blame) {
  Rig rig;
  rig.listener().timeouts.client_body = milliseconds(5);
  rig.cluster().timeouts.request = milliseconds(30);
  Peer client = rig.connect();
  client.send(std::string(kPost) + "Expect: 100-continue\r\n\r\n");
  BOOST_TEST(rig.head(client).substr(9, 3) == "504");
  check_ended_by(rig, client, Reason::request_timeout, "504");
}

BOOST_AUTO_TEST_CASE(a_response_that_does_not_come_is_504) {
  for (const std::string_view part : {"", "HTTP/1.1 200 OK\r\nX: "}) {
    Rig rig;
    rig.cluster().timeouts.request = kShort;
    Peer client = rig.connect();
    client.send(kGet);
    Peer origin = rig.accept();
    if (!part.empty()) origin.send(part);
    const std::string head = rig.head(client);
    BOOST_TEST(head.substr(9, 3) == "504");
    BOOST_TEST(head.find("Connection:") == std::string::npos);
    rig.sees_end(origin);
    std::optional<Peer> another;
    client.received.clear();
    rig.exchange(client, another);
    client.close();
    rig.check_over(2);
    BOOST_TEST(rig.endpoint_failures(Reason::request_timeout) == 1U);
  }
}

// An interim response is no answer.
BOOST_AUTO_TEST_CASE(interim_responses_do_not_put_off_the_deadline) {
  for (const std::string_view interim :
       {"HTTP/1.1 103 Early Hints\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n"}) {
    BOOST_TEST_CONTEXT(interim) {
      Rig rig;
      rig.cluster().timeouts.request = kShort;
      Peer client = rig.connect();
      client.send(kGet);
      Peer origin = rig.accept();
      rig.head(origin);
      origin.send(interim);
      rig.head(client);
      BOOST_TEST(rig.head(client).substr(9, 3) == "504");
      check_ended_by(rig, client, Reason::request_timeout, "504");
    }
  }
}

BOOST_AUTO_TEST_CASE(an_upstream_that_stops_taking_the_body_is_504) {
  Rig rig;
  rig.cluster().timeouts.request = milliseconds(40);
  Peer client = rig.connect();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n");
  Peer origin = rig.accept();
  const std::string piece(64 * 1024, 'x');
  BOOST_TEST(turn_until(rig.poller, [&] {
    (void)client.offer(piece);
    client.pump();
    return !client.received.empty();
  }));
  BOOST_TEST(client.received.substr(9, 3) == "504");
}

BOOST_AUTO_TEST_CASE(an_upstream_that_stops_within_its_response_is_cut) {
  Rig rig;
  rig.listener().timeouts.idle = kShort;
  Peer client = rig.connect();
  client.send(kGet);
  Peer origin = rig.accept();
  rig.head(origin);
  origin.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab");
  rig.head(client);
  rig.sees_end(client);
  BOOST_TEST(client.received == "ab");
  rig.sees_end(origin);
  BOOST_TEST(rig.endpoint_failures(Reason::upstream_stalled) == 1U);
  check_ended_by(rig, client, Reason::upstream_stalled, "200");
}

BOOST_AUTO_TEST_CASE(a_response_that_trickles_is_waited_for) {
  Rig rig;
  rig.listener().timeouts.idle = kLong;
  Peer client = rig.connect();
  client.send(kGet);
  Peer origin = rig.accept();
  rig.head(origin);
  origin.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n");
  rig.head(client);
  for (int i = 0; i < kPieces; ++i) {
    turn_for(rig.poller, kPiece);
    origin.send("x");
  }
  rig.sees(client, "xxxxxx");
}

// Bytes move, if only one way.
BOOST_AUTO_TEST_CASE(a_response_may_pause_while_the_request_goes_on) {
  Rig rig;
  rig.listener().timeouts.idle = kLong;
  Peer client = rig.connect();
  client.send(kPost.substr(0, kPost.find("Content-Length")));
  client.send("Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
  Peer origin = rig.accept();
  rig.head(origin);
  origin.send(kTaken);
  rig.head(client);
  for (int i = 0; i < kPieces; ++i) {
    turn_for(rig.poller, kPiece);
    client.send("1\r\nb\r\n");
  }
  client.send("0\r\n\r\n");
  settle(rig.poller);
  origin.send("2\r\nok\r\n0\r\n\r\n");
  rig.sees(client, "2\r\nok\r\n0\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(a_client_that_stops_reading_is_cut) {
  for (const bool whole : {false, true}) {
    BOOST_TEST_CONTEXT("the response came whole: " << whole) {
      Rig rig;
      rig.listener().timeouts.idle = kShort;
      Peer client = rig.connect(4096);
      client.send(kGet);
      Peer origin = rig.accept();
      rig.head(origin);
      const std::string body(whole ? 60'000 : 1'000'000, 'x');
      origin.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
      (void)origin.offer(body);
      BOOST_TEST(turn_until(rig.poller, [&] { return rig.failures(Reason::client_stalled) == 1; }));
      client.reset();
      rig.check_over(1);
      BOOST_TEST(rig.endpoint_failures(Reason::client_stalled) == 0U);
      BOOST_TEST(rig.record("status") == "200");
      BOOST_TEST(rig.record("reason") == "client_stalled");
    }
  }
}

BOOST_AUTO_TEST_CASE(a_client_that_reads_slowly_is_served_to_the_end) {
  for (const std::size_t size : {std::size_t{60'000}, std::size_t{200'000}}) {
    BOOST_TEST_CONTEXT("size " << size) {
      Rig rig;
      rig.listener().timeouts.idle = kLong;
      Peer client = rig.connect(4096);
      client.send(kGet);
      Peer origin = rig.accept();
      rig.head(origin);
      const std::string body(size, 'x');
      origin.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " +
                  std::to_string(size) + "\r\n\r\n");
      std::size_t sent = 0;
      std::size_t got = 0;
      while (got < size && !client.ended()) {
        if (sent < size) sent += origin.offer(std::string_view(body).substr(sent));
        turn_for(rig.poller, 2 * base::kMillisecond);
        client.pump(800);
        got += client.received.size();
        client.received.clear();
      }
      BOOST_TEST(got >= size);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_client_that_reads_no_replies_is_cut) {
  Rig rig;
  rig.listener().access_log.enabled = false;
  rig.listener().timeouts.idle = kShort;
  rig.cluster().endpoints[0].weight = 0;
  Peer client = rig.connect(4096);
  std::string burst;
  for (int i = 0; i < 3000; ++i) burst += kGet;
  for (int i = 0; i < 50; ++i) {
    (void)client.offer(burst);
    rig.poller.turn(0);
  }
  BOOST_TEST(turn_until(rig.poller, [&] { return rig.closed(Reason::client_stalled) == 1; }));
  client.reset();
  rig.check_over(0);
}

BOOST_AUTO_TEST_CASE(a_client_that_goes_on_sending_after_a_refusal_is_cut) {
  Rig rig;
  Peer client = rig.connect();
  client.send("nonsense\r\n\r\n");
  rig.head(client);
  const std::string piece(64 * 1024, 'x');
  std::size_t sent = 0;
  BOOST_TEST(turn_until(rig.poller, [&] {
    sent += client.offer(piece);
    return rig.worker().sessions.empty();
  }));
  BOOST_TEST(sent > 1024U * 1024U);
  client.close();
  rig.check_over(1);
}

BOOST_AUTO_TEST_CASE(a_client_that_does_not_close_after_the_last_word_is_closed) {
  Rig rig;
  Peer client = rig.connect();
  client.send("nonsense\r\n\r\n");
  rig.sees_end(client);
  rig.check_over(1);  // by the linger time: the client has not closed
  BOOST_TEST(rig.closed(Reason::bad_request) == 1U);
}

BOOST_AUTO_TEST_CASE(a_connect_that_nobody_answers_is_504) {
  Rig rig;
  LoopbackListener deaf(0);
  const Peer fills_the_queue = Peer::dial(deaf.address());
  rig.cluster().endpoints[0].address = deaf.address();
  rig.cluster().timeouts.connect = kShort;
  Peer client = rig.connect();
  client.send(kGet);
  rig.head(client);
  rig.sees(client, "504 Gateway Timeout: connect_timeout\n");
  check_ended_by(rig, client, Reason::connect_timeout, "504");
}

BOOST_AUTO_TEST_CASE(no_timer_of_a_request_outlives_it) {
  Rig rig;
  rig.cluster().timeouts.request = kShort;
  rig.listener().timeouts.client_body = kShort;
  Peer client = rig.connect();
  client.send(std::string(kPost) + "\r\n123456");
  Peer origin = rig.accept();
  rig.head(origin);
  origin.send(kPlainResponse);
  rig.head(client);
  turn_for(rig.poller, 3 * kShort.count() * base::kMillisecond);
  BOOST_TEST(rig.worker().sessions.empty() == false);
  client.received.clear();
  std::optional<Peer> same = std::move(origin);
  same->pump();
  same->received.clear();
  rig.exchange(client, same);
  client.close();
  rig.check_over(2);
}

BOOST_AUTO_TEST_SUITE_END()
