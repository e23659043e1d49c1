// What the gateway answers by itself.
#include <boost/test/unit_test.hpp>

#include "gateway/session/local_reply.h"
#include "tests/unit/gateway/session/rig.h"

using namespace tidegate::gateway;
namespace conf = tidegate::conf;
using session::kGet;
using session::kPlainResponse;
using session::kPlainSeen;
using session::Rig;

namespace {

void route_respond(Rig& rig, std::string path, std::uint16_t status, std::string body) {
  conf::Route route;
  route.name = "fixed";
  route.match.path = {conf::PathMatch::Kind::exact, std::move(path)};
  route.respond = conf::Respond{status, std::move(body)};
  rig.listener().routes.push_back(route);
  rig.listener().cluster.reset();
}

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(replies)

BOOST_AUTO_TEST_CASE(every_refusal_has_its_status_and_ends_the_connection) {
  const std::string host = "Host: a\r\n";
  const struct {
    std::string request;
    std::string_view status;
    Reason reason;
  } rows[] = {
      {"nonsense\r\n\r\n", "400", Reason::bad_request},
      {"GET / HTTP/1.1\nHost: a\n\n", "400", Reason::bad_request},
      {"GET / HTTP/1.1\r\n\r\n", "400", Reason::bad_host},
      {"GET / HTTP/1.1\r\n" + host + host + "\r\n", "400", Reason::bad_host},
      {"GET / HTTP/2.0\r\n" + host + "\r\n", "505", Reason::bad_version},
      {"CONNECT a:1 HTTP/1.1\r\n" + host + "\r\n", "501", Reason::unknown_method},
      {"GET / HTTP/1.1\r\n" + host + "Expect: tea\r\n\r\n", "417", Reason::expectation_failed},
      {"GET /" + std::string(300, 'x') + " HTTP/1.1\r\n", "414", Reason::target_too_long},
      {"GET / HTTP/1.1\r\n" + host + "X: " + std::string(600, 'x') + "\r\n\r\n", "431",
       Reason::head_too_large},
      {"GET / HTTP/1.1\r\n" + host + "A: 1\r\nB: 1\r\nC: 1\r\nD: 1\r\n\r\n", "431",
       Reason::head_too_large},
      {"POST / HTTP/1.1\r\n" + host + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
       "400", Reason::ambiguous_framing},
      {"POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip\r\n\r\n", "501",
       Reason::unknown_coding},
      {"POST / HTTP/1.1\r\n" + host + "Content-Length: 11\r\n\r\n", "413", Reason::body_too_large},
  };
  for (const auto& row : rows) {
    BOOST_TEST_CONTEXT(row.request.substr(0, 60)) {
      Rig rig;
      rig.listener().limits = {500, 4, 100, 10};
      Peer client = rig.connect();
      client.send(row.request);
      const std::string head = rig.head(client);
      BOOST_TEST(head.substr(0, 13) == "HTTP/1.1 " + std::string(row.status) + " ");
      BOOST_TEST(holds(head, "\r\nConnection: close\r\n"));
      rig.sees_end(client);
      BOOST_TEST(client.got_fin());
      BOOST_TEST(holds(client.received, ": " + std::string(name(row.reason)) + "\n"));
      BOOST_TEST(rig.nobody_dialled());
      client.close();
      rig.check_over(1);
      BOOST_TEST(rig.failures(row.reason) == 1U);
      BOOST_TEST(rig.closed(row.reason) == 1U);
      BOOST_TEST(rig.record("status") == row.status);
      BOOST_TEST(rig.record("reason") == name(row.reason));
      BOOST_TEST(rig.record("side") == "client");
    }
  }
}

BOOST_AUTO_TEST_CASE(a_body_that_goes_wrong_is_refused_and_ends_both_connections) {
  const struct {
    std::string_view body;
    std::string_view status;
    Reason reason;
  } rows[] = {
      {"3\r\nabcX", "400", Reason::bad_chunk},
      {"zz\r\n", "400", Reason::bad_chunk},
      {"0\r\nbad trailer\r\n\r\n", "400", Reason::bad_chunk},
      {"b\r\nhello world\r\n", "413", Reason::body_too_large},
  };
  for (const auto& row : rows) {
    BOOST_TEST_CONTEXT(row.body) {
      Rig rig;
      rig.listener().limits.body_bytes = 10;
      Peer client = rig.connect();
      client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n");
      Peer origin = rig.accept();
      rig.head(origin);
      client.send(row.body);
      BOOST_TEST(rig.head(client).substr(9, 3) == row.status);
      rig.sees_end(client);
      rig.sees_end(origin);
      client.close();
      rig.check_over(1);
      BOOST_TEST(rig.failures(row.reason) == 1U);
    }
  }
}

BOOST_AUTO_TEST_CASE(no_route_is_404_and_the_connection_stays) {
  Rig rig;
  route_respond(rig, "/there", 200, "here");
  Peer client = rig.connect();
  client.send("GET /nowhere HTTP/1.1\r\nHost: a\r\nX-Request-Id: r\r\n\r\n");
  std::string head = rig.head(client);
  BOOST_TEST(head.starts_with("HTTP/1.1 404 Not Found\r\nDate: "));
  BOOST_TEST(holds(head, "X-Request-Id: r\r\n"));
  BOOST_TEST(!holds(head, "Connection:"));
  rig.sees(client, "404 Not Found: no_route\n");
  client.send("GET /there HTTP/1.1\r\nHost: a\r\n\r\n");
  head = rig.head(client);
  BOOST_TEST(head.starts_with("HTTP/1.1 200 OK\r\n"));
  BOOST_TEST(holds(head, "Content-Length: 4\r\n"));
  rig.sees(client, "here");
  client.close();
  rig.check_over(2);
  BOOST_TEST(rig.record("reason") == "no_route");
  BOOST_TEST(rig.record("status") == "404");
  BOOST_TEST(rig.record("cluster") == "");
  BOOST_TEST(rig.record("route", 1) == "fixed");
  BOOST_TEST(rig.record("bytes_out", 1) == "4");
  BOOST_TEST(rig.closed(Reason::none) == 1U);
}

BOOST_AUTO_TEST_CASE(head_gets_no_body) {
  Rig rig;
  route_respond(rig, "/", 200, "hello");
  Peer client = rig.connect();
  client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  BOOST_TEST(holds(rig.head(client), "Content-Length: 5\r\n"));
  rig.sees(client, "");
  client.send("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n");
  BOOST_TEST(rig.head(client).substr(9, 3) == "404");
  rig.sees(client, "");
  client.close();
  rig.check_over(2);
  BOOST_TEST(rig.record("bytes_out") == "0");
}

// The objects of requests are used again.
BOOST_AUTO_TEST_CASE(a_refusal_knows_nothing_of_the_request_before) {
  Rig rig;
  route_respond(rig, "/", 200, "hello");
  Peer client = rig.connect();
  client.send("HEAD / HTTP/1.1\r\nHost: a\r\nUser-Agent: before\r\nX-Request-Id: old\r\n\r\n");
  rig.head(client);
  client.send("nonsense\r\n\r\n");
  const std::string head = rig.head(client);
  BOOST_TEST(!holds(head, "old"));
  rig.sees_end(client);
  BOOST_TEST(client.received == "400 Bad Request: bad_request\n");
  client.close();
  rig.check_over(2);
  BOOST_TEST(rig.record("user_agent", 1) == "");
  BOOST_TEST(rig.record("request_id", 1) == "");
  BOOST_TEST(rig.record("route", 1) == "");
}

BOOST_AUTO_TEST_CASE(a_refusal_is_recorded_in_the_version_unknown_requests_get) {
  Rig rig;
  route_respond(rig, "/", 200, "hello");
  Peer client = rig.connect();
  client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  BOOST_TEST(holds(rig.head(client), "Connection: keep-alive\r\n"));
  client.send("nonsense\r\n\r\n");
  rig.sees_end(client);
  client.close();
  rig.check_over(2);
  BOOST_TEST(rig.record("protocol", 0) == "HTTP/1.0");
  BOOST_TEST(rig.record("protocol", 1) == "HTTP/1.1");
}

BOOST_AUTO_TEST_CASE(who_asks_to_close_is_told_so_by_replies_too) {
  Rig rig;
  route_respond(rig, "/", 200, "hello");
  Peer client = rig.connect();
  client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  BOOST_TEST(holds(rig.head(client), "Connection: close\r\n"));
  rig.sees(client, "hello");
  rig.sees_end(client);
}

BOOST_AUTO_TEST_CASE(a_reply_that_does_not_wait_for_the_body_says_that_the_connection_ends) {
  for (const std::string path : {"/", "/nowhere"}) {
    Rig rig;
    route_respond(rig, "/", 200, "hello");
    Peer client = rig.connect();
    client.send("POST " + path + " HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
    BOOST_TEST(holds(rig.head(client), "Connection: close\r\n"));
    client.send("12345");
    rig.sees_end(client);
    BOOST_TEST(client.got_fin());
    client.close();
    rig.check_over(1);
  }
}

BOOST_AUTO_TEST_CASE(pipelined_replies_come_in_order) {
  Rig rig;
  route_respond(rig, "/a", 200, "A");
  route_respond(rig, "/b", 200, "B");
  Peer client = rig.connect();
  std::string requests;
  for (const char* path : {"/a", "/b", "/c", "/a"}) {
    requests += "GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n\r\n";
  }
  client.send(requests);
  for (const std::string_view body : {"A", "B", "404 Not Found: no_route\n", "A"}) {
    rig.head(client);
    BOOST_TEST(client.received.substr(0, body.size()) == body);
    client.received.erase(0, body.size());
  }
}

BOOST_AUTO_TEST_CASE(replies_that_nobody_reads_do_not_pile_up) {
  constexpr int kRequests = 50'000;
  const std::string request = "GET /" + std::string(200, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n";
  Rig rig;
  rig.listener().access_log.enabled = false;
  route_respond(rig, "/a", 200, "A");
  Peer client = rig.connect(4096);
  std::string burst;
  for (int i = 0; i < 1000; ++i) burst += request;
  std::size_t sent = 0;
  const std::size_t total = kRequests * request.size();
  const auto send_more = [&] {
    const std::size_t at = sent % request.size();
    sent +=
        client.offer(std::string_view(burst).substr(at, std::min(total - sent, burst.size() - at)));
  };
  std::size_t most = 0;
  for (int quiet = 0; quiet < 20; ++quiet) {
    const std::size_t before = sent;
    send_more();
    if (sent != before) quiet = 0;
    rig.poller.turn(0);
    most = std::max(most, rig.poller.blocks().in_use());
  }
  BOOST_TEST(most <= 8U);  // the high mark and one reply
  BOOST_TEST(sent < total);
  // Once it reads, everything is answered.
  std::size_t answers = 0;
  BOOST_TEST(turn_until(rig.poller, [&] {
    if (sent < total) send_more();
    client.pump();
    std::size_t at = 0;
    for (std::size_t next; (next = client.received.find("no_route\n", at)) != std::string::npos;) {
      at = next + 9;
      ++answers;
    }
    client.received.erase(0, at);
    return answers == kRequests || client.ended();
  }));
  BOOST_TEST(answers == static_cast<std::size_t>(kRequests));
}

BOOST_AUTO_TEST_CASE(an_upstream_failure_before_a_response_keeps_the_client) {
  Rig rig;
  rig.cluster().endpoints[0].address = refusing_address();
  Peer client = rig.connect();
  for (int i = 0; i < 2; ++i) {
    client.send(kGet);
    const std::string head = rig.head(client);
    BOOST_TEST(head.substr(9, 3) == "502");
    BOOST_TEST(!holds(head, "Connection:"));
    rig.sees(client, "502 Bad Gateway: connect_refused\n");
  }
  client.close();
  rig.check_over(2);
  BOOST_TEST(rig.failures(Reason::connect_refused) == 2U);
  BOOST_TEST(rig.record("side") == "upstream");
}

BOOST_AUTO_TEST_CASE(an_upstream_failure_with_the_body_still_coming_ends_the_connection) {
  Rig rig;
  rig.cluster().endpoints[0].address = refusing_address();
  Peer client = rig.connect();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12");
  BOOST_TEST(holds(rig.head(client), "Connection: close\r\n"));
  client.send("345");
  rig.sees_end(client);
  BOOST_TEST(client.got_fin());
  client.close();
  rig.check_over(1);
}

BOOST_AUTO_TEST_CASE(who_cannot_be_served_gets_503_with_retry_after) {
  Rig rig;
  rig.cluster().endpoints[0].weight = 0;
  Peer client = rig.connect();
  client.send(kGet);
  const std::string head = rig.head(client);
  BOOST_TEST(head.substr(9, 3) == "503");
  BOOST_TEST(holds(head, "Retry-After: 1\r\n"));
  rig.sees(client, "503 Service Unavailable: no_endpoint\n");
  client.close();
  rig.check_over(1);
  BOOST_TEST(rig.record("endpoint") == "");
}

BOOST_AUTO_TEST_CASE(a_full_queue_and_a_slow_one_are_503) {
  Rig rig;
  rig.cluster().limits = {1, 1, session::milliseconds(20)};
  Peer holder = rig.connect();
  holder.send(kGet);
  Peer origin = rig.accept();
  Peer waiting = rig.connect();
  waiting.send(kGet);
  settle(rig.poller);
  Peer refused = rig.connect();
  refused.send(kGet);
  rig.head(refused);
  rig.sees(refused, "503 Service Unavailable: queue_full\n");
  rig.head(waiting);
  rig.sees(waiting, "503 Service Unavailable: queue_timeout\n");
  rig.head(origin);
  origin.send(kPlainResponse);
  rig.sees(holder, kPlainSeen);
  for (Peer* client : {&holder, &waiting, &refused}) client->close();
  rig.check_over(3);
}

BOOST_AUTO_TEST_CASE(who_waits_is_served_when_the_connection_comes_free) {
  Rig rig;
  rig.cluster().limits = {1, 10, session::milliseconds(10'000)};
  Peer first = rig.connect();
  first.send(kGet);
  Peer origin = rig.accept();
  Peer second = rig.connect();
  second.send(kGet);
  rig.head(origin);
  origin.send(kPlainResponse);
  rig.sees(first, kPlainSeen);
  rig.head(origin);
  origin.send(kPlainResponse);
  rig.sees(second, kPlainSeen);
  first.close();
  second.close();
  rig.check_over(2);
  BOOST_TEST(rig.record("queue_ms", 1) != "");
}

BOOST_AUTO_TEST_CASE(connections_over_the_listeners_limit_are_closed_and_counted) {
  Rig rig;
  rig.listener().max_connections = 1;
  Peer first = rig.connect();
  Peer second = rig.connect();
  rig.sees_end(second);
  BOOST_TEST(rig.closed(Reason::listener_limit) == 1U);
  std::optional<Peer> origin;
  rig.exchange(first, origin);
  first.close();
  settle(rig.poller);
  Peer third = rig.connect();
  rig.exchange(third, origin);
  third.close();
  rig.check_over(3);
  BOOST_TEST(rig.record("reason") == "listener_limit");
}

BOOST_AUTO_TEST_CASE(an_error_text_names_status_and_reason) {
  BOOST_TEST(session::error_text(504, Reason::request_timeout) ==
             "504 Gateway Timeout: request_timeout\n");
}

BOOST_AUTO_TEST_CASE(a_local_reply_is_framed_by_its_status) {
  session::LocalReply ok{200, "hi", "d", {}, true, false, false};
  session::LocalReply no_content = ok;
  no_content.status = 204;
  session::LocalReply not_modified = ok;
  not_modified.status = 304;
  not_modified.keep_alive = false;
  session::LocalReply unavailable{503, "", "d", {}, true, true, false};
  session::LocalReply head_only{200, "hi", "d", "r", false, false, true};
  const struct {
    session::LocalReply reply;
    std::string_view text;
  } rows[] = {
      {ok,
       "HTTP/1.1 200 OK\r\nDate: d\r\nContent-Type: text/plain; charset=utf-8\r\n"
       "Content-Length: 2\r\n\r\nhi"},
      {no_content, "HTTP/1.1 204 No Content\r\nDate: d\r\n\r\n"},
      {not_modified, "HTTP/1.1 304 Not Modified\r\nDate: d\r\nConnection: close\r\n\r\n"},
      {unavailable,
       "HTTP/1.1 503 Service Unavailable\r\nDate: d\r\nContent-Type: text/plain; charset=utf-8\r\n"
       "Content-Length: 0\r\nRetry-After: 1\r\nConnection: keep-alive\r\n\r\n"},
      {head_only,
       "HTTP/1.1 200 OK\r\nDate: d\r\nX-Request-Id: r\r\n"
       "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 2\r\nConnection: close\r\n\r\n"},
  };
  for (const auto& row : rows) {
    std::string text;
    session::append_local_reply(text, row.reply);
    BOOST_TEST(text == row.text);
  }
}

BOOST_AUTO_TEST_SUITE_END()
