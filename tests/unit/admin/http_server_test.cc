#include "admin/http_server.h"

#include <array>
#include <boost/test/unit_test.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/unit/admin/loopback.h"

using namespace tidegate;
using namespace tidegate::admin;

namespace {

// Answers with what it was asked; "/huge" with eight megabytes.
class Echo final : public Handler {
 public:
  Response handle(const Request& request) override {
    ++handled;
    Response response;
    if (request.path == "/huge") {
      response.body.assign(8 * 1024 * 1024, 'h');
      return response;
    }
    response.body = std::string(request.head.method_text) + " " + std::string(request.path) + " [" +
                    std::string(request.query) + "] " + std::string(request.body);
    return response;
  }
  int handled = 0;
};

struct Fixture {
  Fixture() {
    TG_CHECK(poller.open().ok());
    limits.body_bytes = 100;
  }
  void open() {
    server.emplace(poller, handler, limits);
    TG_CHECK(server->open(any_port()).ok());
  }
  LoopbackClient connect() {
    if (!server) open();
    return {poller, server->local_address()};
  }
  // How many connections are left once the server has seen all that happened.
  std::size_t connections_left() {
    for (int turns = 0; turns < 1000 && server->connections() > 0; ++turns) {
      poller.turn(base::kMillisecond);
    }
    return server->connections();
  }
  // The whole of what comes back when `bytes` is all a client ever sends.
  std::string exchange(std::string_view bytes) {
    LoopbackClient client = connect();
    client.send(bytes);
    client.finish_sending();
    return client.receive_to_end();
  }

  reactor::Poller poller;
  Echo handler;
  HttpServerLimits limits;
  std::optional<HttpServer> server;
};

constexpr std::string_view kGet = "GET /a?b=c HTTP/1.1\r\nHost: h\r\n\r\n";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(http_server, Fixture)

BOOST_AUTO_TEST_CASE(answers_and_keeps_the_connection) {
  LoopbackClient client = connect();
  for (int i = 0; i < 3; ++i) {
    client.send(kGet);
    const std::string response = client.receive_response();
    BOOST_TEST(status_line_of(response) == "HTTP/1.1 200 OK");
    BOOST_TEST(body_of(response) == "GET /a [b=c] ");
    for (const char* field :
         {"\r\nContent-Length: 13\r\n", "\r\nContent-Type: text/plain; charset=utf-8\r\n",
          "\r\nCache-Control: no-store\r\n", "\r\nDate: "}) {
      BOOST_TEST_CONTEXT(field) {
        BOOST_TEST(response.find(field) != std::string::npos);
      }
    }
    BOOST_TEST(response.find("Connection:") == std::string::npos);
  }
  BOOST_TEST(server->connections() == 1U);
}

BOOST_AUTO_TEST_CASE(answers_a_request_that_arrives_byte_by_byte) {
  LoopbackClient client = connect();
  const std::string request =
      "\r\nPOST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  for (const char byte : request) client.send(std::string_view(&byte, 1));
  BOOST_TEST(body_of(client.receive_response()) == "POST /p [] abc");
}

BOOST_AUTO_TEST_CASE(answers_pipelined_requests_in_order) {
  const std::string responses = exchange(
      "GET /1 HTTP/1.1\r\nHost: h\r\n\r\n"
      "POST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nxy"
      "GET /3 HTTP/1.1\r\nHost: h\r\n\r\n");
  const std::size_t first = responses.find("GET /1");
  const std::size_t second = responses.find("POST /2 [] xy");
  const std::size_t third = responses.find("GET /3");
  BOOST_TEST(first < second);
  BOOST_TEST(second < third);
  BOOST_TEST(third != std::string::npos);
}

BOOST_AUTO_TEST_CASE(leaves_the_body_out_for_head_but_not_its_length) {
  LoopbackClient client = connect();
  client.send("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n");
  const std::string response = client.receive_response(false);
  BOOST_TEST(response.find("\r\nContent-Length: 11\r\n") != std::string::npos);
  BOOST_TEST(body_of(response) == "");
  client.send(kGet);
  BOOST_TEST(body_of(client.receive_response()) == "GET /a [b=c] ");
}

BOOST_AUTO_TEST_CASE(closes_when_the_client_wants_it_or_is_old) {
  for (const std::string_view request :
       {"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "GET / HTTP/1.0\r\n\r\n"}) {
    BOOST_TEST_CONTEXT(request) {
      LoopbackClient client = connect();
      client.send(request);
      const std::string response = client.receive_to_end();
      BOOST_TEST(status_line_of(response) == "HTTP/1.1 200 OK");
      BOOST_TEST(response.find("\r\nConnection: close\r\n") != std::string::npos);
      BOOST_TEST(client.ended());
    }
  }
}

BOOST_AUTO_TEST_CASE(refuses_what_is_wrong_with_a_definite_status_and_closes) {
  struct Case {
    std::string request;
    std::string status;
  };
  const std::string head = "HTTP/1.1\r\nHost: h\r\n";
  const std::array<Case, 10> cases = {{
      {"nonsense\r\n\r\n", "HTTP/1.1 400 Bad Request"},
      {"GET / HTTP/1.1\nHost: h\n\n", "HTTP/1.1 400 Bad Request"},
      {"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 Bad Request"},
      {"GET / HTTP/3.0\r\nHost: h\r\n\r\n", "HTTP/1.1 505 HTTP Version Not Supported"},
      {"GET / " + head + "A: " + std::string(20'000, 'a') + "\r\n\r\n",
       "HTTP/1.1 431 Request Header Fields Too Large"},
      {"GET /" + std::string(12'000, 'a') + " " + head + "\r\n", "HTTP/1.1 414 URI Too Long"},
      {"POST / " + head + "Content-Length: 101\r\n\r\n" + std::string(101, 'x'),
       "HTTP/1.1 413 Content Too Large"},
      {"POST / " + head + "Transfer-Encoding: chunked\r\n\r\n65\r\n" + std::string(101, 'x'),
       "HTTP/1.1 413 Content Too Large"},
      {"POST / " + head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", "HTTP/1.1 400 Bad Request"},
      {"POST / " + head + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
       "HTTP/1.1 400 Bad Request"},
  }};
  for (const Case& each : cases) {
    BOOST_TEST_CONTEXT(each.request.substr(0, 60)) {
      const std::string response = exchange(each.request);
      BOOST_TEST(status_line_of(response) == each.status);
      BOOST_TEST(response.find("\r\nConnection: close\r\n") != std::string::npos);
    }
  }
  BOOST_TEST(handler.handled == 0);
  BOOST_TEST(connections_left() == 0U);
}

BOOST_AUTO_TEST_CASE(refuses_any_body_when_none_is_allowed) {
  limits.body_bytes = 0;
  for (const std::string_view framing : {"Content-Length: 1", "Transfer-Encoding: chunked"}) {
    BOOST_TEST_CONTEXT(framing) {
      const std::string response =
          exchange("POST / HTTP/1.1\r\nHost: h\r\n" + std::string(framing) + "\r\n\r\n");
      BOOST_TEST(status_line_of(response) == "HTTP/1.1 413 Content Too Large");
    }
  }
  BOOST_TEST(status_line_of(exchange("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")) ==
             "HTTP/1.1 200 OK");
}

BOOST_AUTO_TEST_CASE(delivers_a_refusal_to_a_client_that_is_still_sending) {
  LoopbackClient client = connect();
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 500000\r\n\r\n");
  client.send(std::string(500'000, 'x'));
  BOOST_TEST(status_line_of(client.receive_to_end()) == "HTTP/1.1 413 Content Too Large");
}

BOOST_AUTO_TEST_CASE(asks_for_the_body_of_a_client_that_expects_it_to) {
  LoopbackClient client = connect();
  client.send("POST /e HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  BOOST_TEST(client.receive_response() == "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("ok");
  BOOST_TEST(body_of(client.receive_response()) == "POST /e [] ok");
}

BOOST_AUTO_TEST_CASE(answers_408_when_a_head_or_body_takes_too_long) {
  limits.head_time = limits.body_time = 5 * base::kMillisecond;
  for (const std::string_view part :
       {"GET / HT", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nab"}) {
    BOOST_TEST_CONTEXT(part) {
      LoopbackClient client = connect();
      client.send(part);
      BOOST_TEST(status_line_of(client.receive_to_end()) == "HTTP/1.1 408 Request Timeout");
    }
  }
}

BOOST_AUTO_TEST_CASE(closes_an_idle_connection_without_a_word) {
  limits.idle = 5 * base::kMillisecond;
  LoopbackClient client = connect();
  BOOST_TEST(client.receive_to_end() == "");
  BOOST_TEST(client.ended());
  BOOST_TEST(connections_left() == 0U);
}

BOOST_AUTO_TEST_CASE(closes_on_a_client_that_does_not_read_its_response) {
  limits.idle = 5 * base::kMillisecond;
  LoopbackClient client = connect();
  client.send("GET /huge HTTP/1.1\r\nHost: h\r\n\r\n");
  BOOST_TEST(connections_left() == 0U);
}

BOOST_AUTO_TEST_CASE(sends_a_large_response_and_only_then_takes_the_next_request) {
  LoopbackClient client = connect();
  client.send("GET /huge HTTP/1.1\r\nHost: h\r\n\r\n");
  client.send(kGet);
  BOOST_TEST(handler.handled == 1);
  const std::string all = client.receive_until([](const std::string& text) {
    return text.size() > 8 * 1024 * 1024 && text.find("GET /a [b=c] ") != std::string::npos;
  });
  BOOST_TEST(body_of(all).find_first_not_of('h') == 8U * 1024 * 1024);
  BOOST_TEST(handler.handled == 2);
}

BOOST_AUTO_TEST_CASE(delivers_all_of_a_last_response) {
  const std::string response =
      exchange("GET /huge HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  BOOST_TEST(body_of(response).size() == 8U * 1024 * 1024);
  BOOST_TEST(connections_left() == 0U);
}

BOOST_AUTO_TEST_CASE(stops_listening_to_a_client_that_does_not_stop_talking) {
  limits.linger_bytes = 10'000;
  LoopbackClient client = connect();
  client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  client.send(std::string(20'000, 'x'));
  BOOST_TEST(connections_left() == 0U);
}

BOOST_AUTO_TEST_CASE(the_longest_idle_connection_gives_way_to_a_newcomer) {
  limits.connections = 2;
  LoopbackClient oldest = connect();
  LoopbackClient busy = connect();
  busy.send("GET / HT");
  LoopbackClient newcomer = connect();
  newcomer.send(kGet);
  BOOST_TEST(status_line_of(newcomer.receive_response()) == "HTTP/1.1 200 OK");
  BOOST_TEST(oldest.receive_to_end() == "");
  BOOST_TEST(oldest.ended());
  BOOST_TEST(server->connections() == 2U);
}

BOOST_AUTO_TEST_CASE(a_newcomer_gets_503_when_every_connection_is_busy) {
  limits.connections = 1;
  LoopbackClient busy = connect();
  busy.send("GET / HT");
  LoopbackClient newcomer = connect();
  BOOST_TEST(status_line_of(newcomer.receive_to_end()) == "HTTP/1.1 503 Service Unavailable");
  busy.send("TP/1.1\r\nHost: h\r\n\r\n");
  BOOST_TEST(status_line_of(busy.receive_response()) == "HTTP/1.1 200 OK");
}

BOOST_AUTO_TEST_CASE(may_be_destroyed_with_connections_in_every_phase) {
  LoopbackClient idle = connect();
  LoopbackClient head = connect();
  head.send("GET / HT");
  LoopbackClient body = connect();
  body.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nab");
  LoopbackClient sending = connect();
  sending.send("GET /huge HTTP/1.1\r\nHost: h\r\n\r\n");
  LoopbackClient lingering = connect();
  lingering.send("GET / HTTP/1.0\r\n\r\n");
  BOOST_TEST(server->connections() == 5U);
  server.reset();
  poller.turn(0);
  for (LoopbackClient* client : {&idle, &head, &body, &sending, &lingering}) {
    client->receive_to_end();
    BOOST_TEST(client->ended());
  }
  BOOST_TEST(poller.stats().registered.get() == 1U);  // the poller's own notifier
}

BOOST_AUTO_TEST_CASE(reports_an_address_that_is_taken) {
  open();
  HttpServer second(poller, handler, limits);
  BOOST_TEST((second.open(server->local_address()).error().code == base::Errc::in_use));
}

BOOST_AUTO_TEST_SUITE_END()
