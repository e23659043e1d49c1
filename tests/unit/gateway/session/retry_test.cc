// A pooled connection that dies as the next request is on its way.
#include <boost/test/unit_test.hpp>

#include "tests/unit/gateway/session/rig.h"

using namespace tidegate::gateway;
using session::forwarded;
using session::kGet;
using session::kPlainResponse;
using session::kPlainSeen;
using session::Rig;

namespace {

struct Reused {
  Reused() : client(rig.connect()) { rig.exchange(client, origin); }

  void send(std::string_view request) {
    client.send(request);
    rig.head(*origin);
  }

  Rig rig;
  Peer client;
  std::optional<Peer> origin;
};

std::string request(std::string_view method, std::string_view rest = "\r\n") {
  return std::string(method) + " / HTTP/1.1\r\nHost: a\r\nX-Request-Id: r\r\n" + std::string(rest);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(retry)

BOOST_AUTO_TEST_CASE(what_may_be_repeated_is_sent_again_on_a_fresh_connection) {
  for (const std::string_view method : {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"}) {
    for (const bool reset : {false, true}) {
      BOOST_TEST_CONTEXT(method << ", reset " << reset) {
        Reused reused;
        reused.send(request(method));
        if (reset) {
          reused.origin->reset();
        } else {
          reused.origin->close();
        }
        Peer fresh = reused.rig.accept();
        reused.rig.sees(fresh, forwarded(std::string(method) + " / HTTP/1.1\r\nHost: a\r\n"));
        fresh.send("HTTP/1.1 204 No Content\r\nDate: d\r\n\r\n");
        BOOST_TEST(reused.rig.head(reused.client).substr(9, 3) == "204");
        reused.client.close();
        reused.rig.check_over(2);
        BOOST_TEST(reused.rig.cluster_counters().retries.get() == 1U);
        BOOST_TEST(reused.rig.record("tries", 1) == "2");
        BOOST_TEST(reused.rig.record("reused", 1) == "false");
        BOOST_TEST(reused.rig.record("reason", 1) == "ok");
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(what_may_not_be_repeated_is_502) {
  for (const std::string& text : {request("POST", "Content-Length: 0\r\n\r\n"), request("PATCH"),
                                  request("BREW"), request("PUT", "Content-Length: 2\r\n\r\nab"),
                                  request("PUT", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")}) {
    BOOST_TEST_CONTEXT(text) {
      Reused reused;
      reused.send(text);
      reused.origin->close();
      BOOST_TEST(reused.rig.head(reused.client).substr(9, 3) == "502");
      BOOST_TEST(reused.rig.nobody_dialled());
      reused.client.close();
      reused.rig.check_over(2);
      BOOST_TEST(reused.rig.cluster_counters().retries.get() == 0U);
    }
  }
}

BOOST_AUTO_TEST_CASE(it_is_repeated_once_only) {
  Reused reused;
  reused.send(kGet);
  reused.origin->close();
  Peer fresh = reused.rig.accept();
  reused.rig.head(fresh);
  fresh.close();
  BOOST_TEST(reused.rig.head(reused.client).substr(9, 3) == "502");
  BOOST_TEST(reused.rig.nobody_dialled());
  reused.client.close();
  reused.rig.check_over(2);
}

BOOST_AUTO_TEST_CASE(it_never_takes_a_second_pooled_connection) {
  Reused reused;
  Peer other = reused.rig.connect();
  reused.client.send(kGet);
  reused.rig.head(*reused.origin);
  std::optional<Peer> second;
  reused.rig.exchange(other, second);  // now idle beside the one in use
  reused.origin->close();
  Peer fresh = reused.rig.accept();
  reused.rig.head(fresh);
  fresh.send(kPlainResponse);
  reused.rig.sees(reused.client, kPlainSeen);
}

BOOST_AUTO_TEST_CASE(it_is_not_repeated_once_a_byte_of_the_response_came) {
  Reused reused;
  reused.send(kGet);
  reused.origin->send("H");
  settle(reused.rig.poller);
  reused.origin->close();
  BOOST_TEST(reused.rig.head(reused.client).substr(9, 3) == "502");
  BOOST_TEST(reused.rig.nobody_dialled());
}

BOOST_AUTO_TEST_CASE(a_fresh_connection_that_dies_is_not_repeated) {
  Rig rig;
  Peer client = rig.connect();
  client.send(kGet);
  Peer origin = rig.accept();
  rig.head(origin);
  origin.close();
  BOOST_TEST(rig.head(client).substr(9, 3) == "502");
  BOOST_TEST(rig.nobody_dialled());
}

BOOST_AUTO_TEST_CASE(a_client_that_leaves_during_the_second_try_is_forgotten) {
  Reused reused;
  reused.send(kGet);
  reused.origin->close();
  Peer fresh = reused.rig.accept();
  reused.client.close();
  reused.rig.sees_end(fresh);
  reused.rig.check_over(2);
}

BOOST_AUTO_TEST_CASE(a_refused_second_try_is_502) {
  Reused reused;
  reused.send(kGet);
  reused.rig.origins[0]->close();
  reused.origin->close();
  reused.rig.head(reused.client);
  reused.rig.sees(reused.client, "502 Bad Gateway: connect_refused\n");
  reused.client.close();
  reused.rig.check_over(2);
}

// What cannot be repeated asks the kernel first.
BOOST_AUTO_TEST_CASE(a_post_does_not_meet_a_connection_that_is_closed_already) {
  Reused reused;
  reused.origin->close();
  reused.client.send(request("POST", "Content-Length: 2\r\n\r\nab"));
  Peer fresh = reused.rig.accept();
  reused.rig.head(fresh);
  fresh.send(kPlainResponse);
  reused.rig.sees(reused.client, kPlainSeen);
}

BOOST_AUTO_TEST_CASE(a_refused_connect_goes_to_the_next_endpoint_with_its_body) {
  Rig rig(tidegate::conf::Protocol::http, 2);
  rig.cluster().endpoints[0].address = refusing_address();
  Peer client = rig.connect();
  client.send(request("POST", "Content-Length: 2\r\n\r\nab"));
  Peer origin = rig.accept(1);
  rig.sees(origin, forwarded("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n", "ab"));
  origin.send(kPlainResponse);
  rig.sees(client, kPlainSeen);
  client.close();
  rig.check_over(1);
  BOOST_TEST(rig.record("tries") == "2");
}

BOOST_AUTO_TEST_SUITE_END()
