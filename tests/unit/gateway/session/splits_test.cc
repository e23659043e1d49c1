// What passes does not depend on how it arrives.
#include <boost/test/unit_test.hpp>

#include "tests/unit/gateway/http1/every_split.h"
#include "tests/unit/gateway/session/rig.h"

using namespace tidegate::gateway;
using session::forwarded;
using session::kGet;
using session::kPlainResponse;
using session::kPlainSeen;
using session::Rig;

namespace {

// Sends `pieces` one by one, each having arrived before the next.
void send_pieces(Rig& rig, Peer& peer, const http1::Pieces& pieces) {
  for (const std::string_view piece : pieces) {
    peer.send(piece);
    settle(rig.poller);
  }
}

// The bytes of a chunked body with the framing taken off.
std::string content(std::string_view chunked) {
  std::string text;
  for (;;) {
    const std::size_t line_end = chunked.find("\r\n");
    BOOST_REQUIRE(line_end != std::string_view::npos);
    const auto size = std::stoul(std::string(chunked.substr(0, line_end)), nullptr, 16);
    chunked.remove_prefix(line_end + 2);
    if (size == 0) return text.append("|").append(chunked);
    text.append(chunked.substr(0, size));
    chunked.remove_prefix(size + 2);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(splits)

BOOST_AUTO_TEST_CASE(a_request_with_a_length_at_every_split) {
  const std::string request =
      "\r\nPOST /x HTTP/1.1\r\nHost: a\r\nX-Request-Id: r\r\nContent-Length: 5\r\n\r\nhello";
  Rig rig;
  rig.listener().access_log.enabled = false;
  Peer client = rig.connect();
  std::optional<Peer> origin;
  rig.exchange(client, origin);
  http1::for_every_split(request, [&](const http1::Pieces& pieces) {
    BOOST_TEST_CONTEXT(http1::describe(pieces)) {
      send_pieces(rig, client, pieces);
      rig.sees(*origin, forwarded("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n", "hello"));
      origin->send(kPlainResponse);
      rig.sees(client, kPlainSeen);
    }
  });
}

BOOST_AUTO_TEST_CASE(a_chunked_request_at_every_split) {
  const std::string request =
      "POST /x HTTP/1.1\r\nHost: a\r\nX-Request-Id: r\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;a=b\r\nhello\r\n1\r\n!\r\n0\r\nX-Sum: 6\r\n\r\n";
  Rig rig;
  rig.listener().access_log.enabled = false;
  Peer client = rig.connect();
  std::optional<Peer> origin;
  rig.exchange(client, origin);
  http1::for_every_split(request, [&](const http1::Pieces& pieces) {
    BOOST_TEST_CONTEXT(http1::describe(pieces)) {
      send_pieces(rig, client, pieces);
      BOOST_TEST(rig.head(*origin) ==
                 forwarded("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"));
      BOOST_TEST(content(origin->received) == "hello!|X-Sum: 6\r\n\r\n");
      origin->received.clear();
      origin->send(kPlainResponse);
      rig.sees(client, kPlainSeen);
    }
  });
}

BOOST_AUTO_TEST_CASE(a_chunked_response_at_every_split) {
  const std::string response =
      "HTTP/1.1 103 Early Hints\r\n\r\n"
      "HTTP/1.1 200 OK\r\nDate: d\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n1\r\n!\r\n0\r\nX-Sum: 6\r\n\r\n";
  Rig rig;
  rig.listener().access_log.enabled = false;
  Peer client = rig.connect();
  std::optional<Peer> origin;
  rig.exchange(client, origin);
  http1::for_every_split(response, [&](const http1::Pieces& pieces) {
    BOOST_TEST_CONTEXT(http1::describe(pieces)) {
      client.send(kGet);
      rig.head(*origin);
      send_pieces(rig, *origin, pieces);
      BOOST_TEST(rig.head(client) == "HTTP/1.1 103 Early Hints\r\nVia: 1.1 tidegate\r\n\r\n");
      BOOST_TEST(rig.head(client) ==
                 "HTTP/1.1 200 OK\r\nDate: d\r\nTransfer-Encoding: chunked\r\n"
                 "Via: 1.1 tidegate\r\n\r\n");
      BOOST_TEST(content(client.received) == "hello!|X-Sum: 6\r\n\r\n");
      client.received.clear();
    }
  });
  BOOST_TEST(rig.endpoint().connects.get() == 1U);
}

BOOST_AUTO_TEST_CASE(a_response_with_a_length_at_every_split) {
  Rig rig;
  rig.listener().access_log.enabled = false;
  Peer client = rig.connect();
  std::optional<Peer> origin;
  rig.exchange(client, origin);
  http1::for_every_split(kPlainResponse, [&](const http1::Pieces& pieces) {
    BOOST_TEST_CONTEXT(http1::describe(pieces)) {
      client.send(kGet);
      rig.head(*origin);
      send_pieces(rig, *origin, pieces);
      rig.sees(client, kPlainSeen);
    }
  });
}

BOOST_AUTO_TEST_CASE(two_pipelined_requests_at_every_split) {
  const std::string requests =
      "POST / HTTP/1.1\r\nHost: a\r\nX-Request-Id: r\r\n"
      "Content-Length: 2\r\n\r\nhi" +
      std::string(kGet);
  Rig rig;
  rig.listener().access_log.enabled = false;
  Peer client = rig.connect();
  std::optional<Peer> origin;
  rig.exchange(client, origin);
  http1::for_every_split(requests, [&](const http1::Pieces& pieces) {
    BOOST_TEST_CONTEXT(http1::describe(pieces)) {
      send_pieces(rig, client, pieces);
      rig.sees(*origin, forwarded("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n", "hi"));
      origin->send(kPlainResponse);
      rig.sees(client, kPlainSeen);
      rig.sees(*origin, forwarded("GET / HTTP/1.1\r\nHost: a\r\n"));
      origin->send(kPlainResponse);
      rig.sees(client, kPlainSeen);
    }
  });
}

BOOST_AUTO_TEST_SUITE_END()
