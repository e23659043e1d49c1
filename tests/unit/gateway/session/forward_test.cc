// Requests and responses on their way through.
#include <boost/test/unit_test.hpp>

#include "tests/unit/gateway/session/rig.h"

using namespace tidegate::gateway;
namespace conf = tidegate::conf;
using session::forwarded;
using session::kGet;
using session::kPlainResponse;
using session::kPlainSeen;
using session::kPlainSeenClosing;
using session::Rig;

namespace {

std::string post(std::string_view framing, std::string_view body = {}) {
  std::string text = "POST /up HTTP/1.1\r\nHost: a\r\nX-Request-Id: r\r\n";
  text.append(framing).append("\r\n\r\n").append(body);
  return text;
}

std::string forwarded_post(std::string_view framing, std::string_view body = {}) {
  std::string lines = "POST /up HTTP/1.1\r\nHost: a\r\n";
  lines.append(framing).append("\r\n");
  return forwarded(lines, body);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(forward)

BOOST_AUTO_TEST_CASE(a_get_goes_there_and_its_response_comes_back) {
  Rig rig;
  Peer client = rig.connect();
  client.send("GET /x?y=1 HTTP/1.1\r\nHost: a\r\nX-Request-Id: r\r\nUser-Agent: t\r\n\r\n");
  Peer origin = rig.accept();
  rig.sees(origin, forwarded("GET /x?y=1 HTTP/1.1\r\nHost: a\r\nUser-Agent: t\r\n"));
  origin.send(kPlainResponse);
  rig.sees(client, kPlainSeen);
  client.close();
  rig.check_over(1);
  BOOST_TEST(rig.record("status") == "200");
  BOOST_TEST(rig.record("reason") == "ok");
  BOOST_TEST(rig.record("method") == "GET");
  BOOST_TEST(rig.record("target") == "/x?y=1");
  BOOST_TEST(rig.record("host") == "a");
  BOOST_TEST(rig.record("user_agent") == "t");
  BOOST_TEST(rig.record("request_id") == "r");
  BOOST_TEST(rig.record("cluster") == "pool");
  BOOST_TEST(rig.record("endpoint") == rig.origins[0]->address().to_string());
  BOOST_TEST(rig.record("tries") == "1");
  BOOST_TEST(rig.record("reused") == "false");
  BOOST_TEST(rig.record("bytes_in") == "0");
  BOOST_TEST(rig.record("bytes_out") == "2");
  BOOST_TEST(rig.record("connect_ms") != "");
  BOOST_TEST(rig.record("first_byte_ms") != "");
  BOOST_TEST(rig.record("queue_ms") == "");
  BOOST_TEST(rig.closed(Reason::none) == 1U);
}

BOOST_AUTO_TEST_CASE(two_requests_share_both_connections) {
  Rig rig;
  Peer client = rig.connect();
  std::optional<Peer> origin;
  rig.exchange(client, origin);
  rig.exchange(client, origin);
  BOOST_TEST(rig.nobody_dialled());
  BOOST_TEST(rig.endpoint().reuses.get() == 1U);
  client.close();
  rig.check_over(2);
  BOOST_TEST(rig.record("reused", 1) == "true");
}

BOOST_AUTO_TEST_CASE(clients_share_upstream_connections) {
  Rig rig;
  std::optional<Peer> origin;
  for (int i = 0; i < 3; ++i) {
    Peer client = rig.connect();
    rig.exchange(client, origin);
  }
  BOOST_TEST(rig.endpoint().connects.get() == 1U);
}

BOOST_AUTO_TEST_CASE(bytes_on_the_wire_are_counted) {
  Rig rig;
  Peer client = rig.connect();
  std::optional<Peer> origin;
  rig.exchange(client, origin);
  BOOST_TEST(rig.counters().bytes_in.get() == kGet.size());
  BOOST_TEST(rig.counters().bytes_out.get() == kPlainSeen.size());
}

BOOST_AUTO_TEST_CASE(pipelined_requests_go_one_at_a_time_and_are_answered_in_order) {
  Rig rig;
  Peer client = rig.connect();
  std::string three;
  for (const char* name : {"/1", "/2", "/3"}) {
    three.append("GET ").append(name).append(" HTTP/1.1\r\nHost: a\r\nX-Request-Id: r\r\n\r\n");
  }
  client.send(three);
  Peer origin = rig.accept();
  for (const std::string name : {"1", "2", "3"}) {
    rig.sees(origin, forwarded("GET /" + name + " HTTP/1.1\r\nHost: a\r\n"));
    origin.send("HTTP/1.1 200 OK\r\nDate: d\r\nContent-Length: 1\r\n\r\n" + name);
    rig.sees(client,
             "HTTP/1.1 200 OK\r\nDate: d\r\nContent-Length: 1\r\n"
             "Via: 1.1 tidegate\r\n\r\n" +
                 name);
  }
  BOOST_TEST(rig.endpoint().connects.get() == 1U);
  client.close();
  rig.check_over(3);
}

BOOST_AUTO_TEST_CASE(a_request_behind_a_body_waits_for_the_response) {
  Rig rig;
  Peer client = rig.connect();
  client.send(post("Content-Length: 3", "abc") + std::string(kGet));
  Peer origin = rig.accept();
  rig.sees(origin, forwarded_post("Content-Length: 3", "abc"));
  origin.send(kPlainResponse);
  rig.sees(client, kPlainSeen);
  rig.sees(origin, forwarded("GET / HTTP/1.1\r\nHost: a\r\n"));
  origin.send(kPlainResponse);
  rig.sees(client, kPlainSeen);
}

BOOST_AUTO_TEST_CASE(a_body_with_a_length_passes_as_it_comes) {
  Rig rig;
  Peer client = rig.connect();
  client.send(post("Content-Length: 6", "ab"));
  Peer origin = rig.accept();
  rig.sees(origin, forwarded_post("Content-Length: 6", "ab"));
  client.send("cd");
  rig.sees(origin, "cd");
  client.send("ef");
  rig.sees(origin, "ef");
  origin.send(kPlainResponse);
  rig.sees(client, kPlainSeen);
  client.close();
  rig.check_over(1);
  BOOST_TEST(rig.record("bytes_in") == "6");
}

BOOST_AUTO_TEST_CASE(a_chunked_body_is_chunked_anew_and_its_trailers_follow) {
  Rig rig;
  Peer client = rig.connect();
  client.send(post("Transfer-Encoding: chunked",
                   "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n"
                   "X-Sum: 5\r\nContent-Length: 9\r\n\r\n"));
  Peer origin = rig.accept();
  rig.sees(origin, forwarded_post("Transfer-Encoding: chunked",
                                  "3\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 5\r\n\r\n"));
  origin.send(kPlainResponse);
  rig.sees(client, kPlainSeen);
  std::optional<Peer> same = std::move(origin);
  rig.exchange(client, same);
  client.close();
  rig.check_over(2);
  BOOST_TEST(rig.record("bytes_in") == "5");
}

BOOST_AUTO_TEST_CASE(an_empty_body_ends_the_request) {
  for (const std::string framing : {"Content-Length: 0", "Transfer-Encoding: chunked"}) {
    const bool chunked = framing.front() == 'T';
    Rig rig;
    Peer client = rig.connect();
    client.send(post(framing, chunked ? "0\r\n\r\n" : ""));
    Peer origin = rig.accept();
    rig.sees(origin, forwarded_post(framing, chunked ? "0\r\n\r\n" : ""));
    origin.send(kPlainResponse);
    rig.sees(client, kPlainSeen);
  }
}

BOOST_AUTO_TEST_CASE(a_response_with_a_length_passes_as_it_comes) {
  Rig rig;
  Peer client = rig.connect();
  client.send(kGet);
  Peer origin = rig.accept();
  rig.head(origin);
  origin.send("HTTP/1.1 200 OK\r\nDate: d\r\nContent-Length: 4\r\n\r\na");
  rig.sees(client, "HTTP/1.1 200 OK\r\nDate: d\r\nContent-Length: 4\r\nVia: 1.1 tidegate\r\n\r\na");
  origin.send("bcd");
  rig.sees(client, "bcd");
  std::optional<Peer> same = std::move(origin);
  rig.exchange(client, same);
}

BOOST_AUTO_TEST_CASE(a_chunked_response_is_chunked_anew_with_its_trailers) {
  Rig rig;
  Peer client = rig.connect();
  client.send(kGet);
  Peer origin = rig.accept();
  rig.head(origin);
  origin.send(
      "HTTP/1.1 200 OK\r\nDate: d\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n1\r\nd\r\n0\r\nX-Sum: 4\r\nHost: b\r\n\r\n");
  rig.sees(client,
           "HTTP/1.1 200 OK\r\nDate: d\r\nTransfer-Encoding: chunked\r\n"
           "Via: 1.1 tidegate\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\nX-Sum: 4\r\n\r\n");
  std::optional<Peer> same = std::move(origin);
  rig.exchange(client, same);
}

BOOST_AUTO_TEST_CASE(a_response_until_close_is_chunked_for_http_1_1) {
  Rig rig;
  Peer client = rig.connect();
  client.send(kGet);
  Peer origin = rig.accept();
  rig.head(origin);
  origin.send("HTTP/1.1 200 OK\r\nDate: d\r\n\r\nabc");
  rig.sees(client,
           "HTTP/1.1 200 OK\r\nDate: d\r\nTransfer-Encoding: chunked\r\n"
           "Via: 1.1 tidegate\r\n\r\n3\r\nabc\r\n");
  origin.close();
  rig.sees(client, "0\r\n\r\n");
  std::optional<Peer> another;
  rig.exchange(client, another);  // the client's connection stays
  client.close();
  rig.check_over(2);
}

BOOST_AUTO_TEST_CASE(http_1_0_gets_no_chunks_but_the_end_of_the_connection) {
  for (const bool chunked : {false, true}) {
    Rig rig;
    Peer client = rig.connect();
    client.send("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");
    Peer origin = rig.accept();
    rig.head(origin);
    origin.send(
        std::string("HTTP/1.1 200 OK\r\nDate: d\r\n") +
        (chunked ? "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n" : "\r\nabc"));
    if (!chunked) origin.close();
    rig.sees_end(client);
    BOOST_TEST(client.received ==
               "HTTP/1.1 200 OK\r\nDate: d\r\nConnection: close\r\n"
               "Via: 1.1 tidegate\r\n\r\nabc");
    BOOST_TEST(client.got_fin());
    client.close();
    rig.check_over(1);
  }
}

BOOST_AUTO_TEST_CASE(http_1_0_may_keep_its_connection) {
  Rig rig;
  Peer client = rig.connect();
  for (int i = 0; i < 2; ++i) {
    client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  }
  Peer origin = rig.accept();
  for (int i = 0; i < 2; ++i) {
    rig.head(origin);
    origin.send(kPlainResponse);
    rig.sees(client,
             "HTTP/1.1 200 OK\r\nDate: today\r\nContent-Length: 2\r\n"
             "Connection: keep-alive\r\nVia: 1.1 tidegate\r\n\r\nok");
  }
}

BOOST_AUTO_TEST_CASE(who_asks_to_close_is_answered_and_closed) {
  for (const std::string request :
       {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "GET / HTTP/1.0\r\n\r\n"}) {
    Rig rig;
    Peer client = rig.connect();
    client.send(request);
    Peer origin = rig.accept();
    rig.head(origin);
    origin.send(kPlainResponse);
    rig.sees(client, kPlainSeenClosing);
    rig.sees_end(client);
    BOOST_TEST(client.got_fin());
    BOOST_TEST(rig.endpoint().connections_idle.get() == 1U);  // it is the client's wish only
    client.close();
    rig.check_over(1);
    BOOST_TEST(rig.closed(Reason::none) == 1U);
  }
}

BOOST_AUTO_TEST_CASE(an_upstream_that_closes_leaves_the_client_alone) {
  Rig rig;
  Peer client = rig.connect();
  client.send(kGet);
  Peer origin = rig.accept();
  rig.head(origin);
  origin.send("HTTP/1.1 200 OK\r\nDate: today\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
  rig.sees(client, kPlainSeen);
  rig.sees_end(origin);
  std::optional<Peer> another;
  rig.exchange(client, another);
}

BOOST_AUTO_TEST_CASE(responses_without_a_body_end_with_their_head) {
  const struct {
    std::string_view method;
    std::string_view sent;
    std::string_view seen;
  } rows[] = {
      {"HEAD", "HTTP/1.1 200 OK\r\nDate: d\r\nContent-Length: 99\r\n\r\n",
       "HTTP/1.1 200 OK\r\nDate: d\r\nContent-Length: 99\r\nVia: 1.1 tidegate\r\n\r\n"},
      {"HEAD", "HTTP/1.1 200 OK\r\nDate: d\r\nTransfer-Encoding: chunked\r\n\r\n",
       "HTTP/1.1 200 OK\r\nDate: d\r\nVia: 1.1 tidegate\r\n\r\n"},
      {"GET", "HTTP/1.1 204 No Content\r\nDate: d\r\n\r\n",
       "HTTP/1.1 204 No Content\r\nDate: d\r\nVia: 1.1 tidegate\r\n\r\n"},
      {"GET", "HTTP/1.1 304 Not Modified\r\nDate: d\r\nContent-Length: 7\r\n\r\n",
       "HTTP/1.1 304 Not Modified\r\nDate: d\r\nContent-Length: 7\r\nVia: 1.1 tidegate\r\n\r\n"},
      {"GET", "HTTP/1.1 200 OK\r\nDate: d\r\nContent-Length: 0\r\n\r\n",
       "HTTP/1.1 200 OK\r\nDate: d\r\nContent-Length: 0\r\nVia: 1.1 tidegate\r\n\r\n"},
  };
  for (const auto& row : rows) {
    BOOST_TEST_CONTEXT(row.sent) {
      Rig rig;
      Peer client = rig.connect();
      client.send(std::string(row.method) + " / HTTP/1.1\r\nHost: a\r\n\r\n");
      Peer origin = rig.accept();
      rig.head(origin);
      origin.send(row.sent);
      rig.sees(client, row.seen);
      std::optional<Peer> same = std::move(origin);
      rig.exchange(client, same);
      client.close();
      rig.check_over(2);
      BOOST_TEST(rig.record("bytes_out") == "0");
    }
  }
}

BOOST_AUTO_TEST_CASE(bytes_after_a_response_cost_the_upstream_connection) {
  Rig rig;
  Peer client = rig.connect();
  client.send(kGet);
  Peer origin = rig.accept();
  rig.head(origin);
  origin.send(std::string(kPlainResponse) + "HTTP/1.1 200 OK\r\n\r\n");
  rig.sees(client, kPlainSeen);
  rig.sees_end(origin);
  BOOST_TEST(rig.endpoint_failures(Reason::upstream_bad_body) == 1U);
  std::optional<Peer> another;
  rig.exchange(client, another);
}

BOOST_AUTO_TEST_CASE(interim_responses_are_passed_on) {
  Rig rig;
  Peer client = rig.connect();
  client.send(kGet);
  Peer origin = rig.accept();
  rig.head(origin);
  origin.send("HTTP/1.1 103 Early Hints\r\nLink: </s.css>\r\n\r\n");
  rig.sees(client, "HTTP/1.1 103 Early Hints\r\nLink: </s.css>\r\nVia: 1.1 tidegate\r\n\r\n");
  origin.send("HTTP/1.1 103 Early Hints\r\n\r\n" + std::string(kPlainResponse));
  rig.sees(client,
           "HTTP/1.1 103 Early Hints\r\nVia: 1.1 tidegate\r\n\r\n" + std::string(kPlainSeen));
  client.close();
  rig.check_over(1);
}

BOOST_AUTO_TEST_CASE(interim_responses_are_kept_from_http_1_0) {
  Rig rig;
  Peer client = rig.connect();
  client.send("GET / HTTP/1.0\r\n\r\n");
  Peer origin = rig.accept();
  rig.head(origin);
  origin.send("HTTP/1.1 103 Early Hints\r\n\r\n" + std::string(kPlainResponse));
  rig.sees(client, kPlainSeenClosing);
}

BOOST_AUTO_TEST_CASE(a_body_goes_after_100_continue) {
  Rig rig;
  Peer client = rig.connect();
  client.send(post("Expect: 100-continue\r\nContent-Length: 3"));
  Peer origin = rig.accept();
  rig.sees(origin, forwarded_post("Expect: 100-continue\r\nContent-Length: 3"));
  origin.send("HTTP/1.1 100 Continue\r\n\r\n");
  rig.sees(client, "HTTP/1.1 100 Continue\r\nVia: 1.1 tidegate\r\n\r\n");
  client.send("abc");
  rig.sees(origin, "abc");
  origin.send(kPlainResponse);
  rig.sees(client, kPlainSeen);
  std::optional<Peer> same = std::move(origin);
  rig.exchange(client, same);
}

BOOST_AUTO_TEST_CASE(a_client_need_not_wait_for_100_continue) {
  Rig rig;
  Peer client = rig.connect();
  client.send(post("Expect: 100-continue\r\nContent-Length: 3", "abc"));
  Peer origin = rig.accept();
  rig.sees(origin, forwarded_post("Expect: 100-continue\r\nContent-Length: 3", "abc"));
  origin.send(kPlainResponse);
  rig.sees(client, kPlainSeen);
}

BOOST_AUTO_TEST_CASE(a_final_status_instead_of_100_continue_closes) {
  Rig rig;
  Peer client = rig.connect();
  client.send(post("Expect: 100-continue\r\nContent-Length: 3"));
  Peer origin = rig.accept();
  rig.head(origin);
  origin.send("HTTP/1.1 417 Expectation Failed\r\nDate: d\r\nContent-Length: 0\r\n\r\n");
  rig.sees(client,
           "HTTP/1.1 417 Expectation Failed\r\nDate: d\r\nContent-Length: 0\r\n"
           "Connection: close\r\nVia: 1.1 tidegate\r\n\r\n");
  rig.sees_end(client);
  rig.sees_end(origin);  // it may still wait for the body
  client.close();
  rig.check_over(1);
}

BOOST_AUTO_TEST_CASE(an_early_response_passes_and_says_that_the_connection_ends) {
  Rig rig;
  Peer client = rig.connect();
  client.send(post("Content-Length: 10", "abc"));
  Peer origin = rig.accept();
  rig.head(origin);
  origin.send("HTTP/1.1 413 Content Too Large\r\nDate: d\r\nContent-Length: 0\r\n\r\n");
  rig.sees(client,
           "HTTP/1.1 413 Content Too Large\r\nDate: d\r\nContent-Length: 0\r\n"
           "Connection: close\r\nVia: 1.1 tidegate\r\n\r\n");
  client.send("defg");  // what is still on its way does not reset the connection
  rig.sees_end(client);
  BOOST_TEST(client.got_fin());
  rig.sees_end(origin);
  client.close();
  rig.check_over(1);
}

BOOST_AUTO_TEST_CASE(request_and_response_bodies_may_flow_at_the_same_time) {
  Rig rig;
  Peer client = rig.connect();
  client.send(post("Transfer-Encoding: chunked", "1\r\na\r\n"));
  Peer origin = rig.accept();
  rig.head(origin);
  origin.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  rig.head(client);
  origin.received.clear();
  for (int i = 0; i < 3; ++i) {
    client.send("2\r\nbc\r\n");
    rig.sees(origin, "2\r\nbc\r\n");
    origin.send("2\r\nde\r\n");
    rig.sees(client, "2\r\nde\r\n");
  }
  client.send("0\r\n\r\n");
  rig.sees(origin, "0\r\n\r\n");
  origin.send("0\r\n\r\n");
  rig.sees(client, "0\r\n\r\n");
  client.close();
  rig.check_over(1);
}

BOOST_AUTO_TEST_CASE(empty_lines_before_a_request_are_skipped) {
  Rig rig;
  Peer client = rig.connect();
  client.send("\r\n" + std::string(kGet));
  Peer origin = rig.accept();
  rig.sees(origin, forwarded("GET / HTTP/1.1\r\nHost: a\r\n"));
}

BOOST_AUTO_TEST_CASE(a_sampled_out_request_leaves_no_record_but_counts) {
  Rig rig;
  rig.listener().access_log.sample = 0;
  Peer client = rig.connect();
  std::optional<Peer> origin;
  rig.exchange(client, origin);
  client.close();
  rig.check_over(0);
}

BOOST_AUTO_TEST_CASE(configured_fields_are_changed_both_ways) {
  Rig rig;
  conf::Route route;
  route.name = "all";
  route.request_headers.set.push_back({"x-in", "1"});
  route.response_headers.set.push_back({"x-out", "2"});
  rig.listener().routes.push_back(route);
  rig.listener().cluster.reset();
  Peer client = rig.connect();
  client.send(kGet);
  Peer origin = rig.accept();
  BOOST_TEST(rig.head(origin).find("x-in: 1\r\n") != std::string::npos);
  origin.send(kPlainResponse);
  BOOST_TEST(rig.head(client).find("x-out: 2\r\n") != std::string::npos);
  client.close();
  rig.check_over(1);
  BOOST_TEST(rig.record("route") == "all");
}

BOOST_AUTO_TEST_SUITE_END()
