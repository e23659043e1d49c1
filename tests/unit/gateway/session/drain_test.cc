// How client connections end when the worker drains.
#include <boost/test/unit_test.hpp>

#include "tests/unit/gateway/session/rig.h"

namespace base = tidegate::base;
using namespace tidegate::gateway;
using session::forwarded;
using session::kGet;
using session::kPlainResponse;
using session::kPlainSeenClosing;
using session::Rig;

namespace {

void drain(Rig& rig) {
  rig.worker().draining = true;
  rig.worker().sessions.for_each([](session::Session& session) { session.drain(); });
}

void cut(Rig& rig) {
  rig.worker().draining = true;
  rig.worker().sessions.for_each([](session::Session& session) { session.cut(); });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(drain_sessions)

BOOST_AUTO_TEST_CASE(an_idle_connection_closes_after_its_grace) {
  Rig rig;
  Peer client = rig.connect();
  std::optional<Peer> origin;
  rig.exchange(client, origin);
  drain(rig);
  settle(rig.poller);
  client.pump();
  BOOST_TEST(!client.ended());  // a request may be on its way
  rig.sees_end(client);
  BOOST_TEST(client.got_fin());
  rig.check_over(1);
}

BOOST_AUTO_TEST_CASE(a_request_within_the_grace_is_served_and_is_the_last) {
  Rig rig;
  Peer client = rig.connect();
  std::optional<Peer> origin;
  rig.exchange(client, origin);
  drain(rig);
  client.send(kGet);
  rig.sees(*origin, forwarded("GET / HTTP/1.1\r\nHost: a\r\n"));
  origin->send(kPlainResponse);
  rig.sees(client, kPlainSeenClosing);
  rig.sees_end(client);
  client.close();
  rig.check_over(2);
  BOOST_TEST(rig.failures(Reason::draining) == 0U);
}

BOOST_AUTO_TEST_CASE(a_request_in_progress_is_finished_and_says_close) {
  Rig rig;
  Peer client = rig.connect();
  client.send(kGet);
  Peer origin = rig.accept();
  rig.head(origin);
  drain(rig);
  turn_for(rig.poller, 20 * base::kMillisecond);
  origin.send(kPlainResponse);
  rig.sees(client, kPlainSeenClosing);
  rig.sees_end(client);
  client.close();
  rig.check_over(1);
}

BOOST_AUTO_TEST_CASE(a_head_in_progress_is_waited_for) {
  Rig rig;
  Peer client = rig.connect();
  client.send(kGet.substr(0, 10));
  settle(rig.poller);
  drain(rig);
  client.send(kGet.substr(10));
  Peer origin = rig.accept();
  rig.head(origin);
  origin.send(kPlainResponse);
  rig.sees(client, kPlainSeenClosing);
}

BOOST_AUTO_TEST_CASE(a_response_begun_before_ends_its_connection_by_the_grace) {
  Rig rig;
  Peer client = rig.connect();
  client.send(kGet);
  Peer origin = rig.accept();
  rig.head(origin);
  origin.send("HTTP/1.1 200 OK\r\nDate: d\r\nContent-Length: 2\r\n\r\no");
  rig.sees(client, "HTTP/1.1 200 OK\r\nDate: d\r\nContent-Length: 2\r\nVia: 1.1 tidegate\r\n\r\no");
  drain(rig);
  origin.send("k");
  rig.sees(client, "k");  // keep-alive was promised
  rig.sees_end(client);
  rig.check_over(1);
}

BOOST_AUTO_TEST_CASE(replies_of_our_own_say_close_too) {
  Rig rig;
  rig.cluster().endpoints[0].weight = 0;
  Peer client = rig.connect();
  drain(rig);
  client.send(kGet);
  BOOST_TEST(rig.head(client).find("Connection: close\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_connection_that_comes_while_draining_is_served_once) {
  Rig rig;
  rig.worker().draining = true;
  Peer client = rig.connect();
  client.send(kGet);
  Peer origin = rig.accept();
  rig.head(origin);
  origin.send(kPlainResponse);
  rig.sees(client, kPlainSeenClosing);
  client.close();
  rig.check_over(1);
}

BOOST_AUTO_TEST_CASE(a_cut_answers_503_where_no_response_has_begun) {
  Rig rig;
  Peer waiting = rig.connect();
  waiting.send(kGet);
  Peer origin = rig.accept();
  rig.head(origin);
  Peer uploading = rig.connect();
  uploading.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
  Peer second = rig.accept();
  rig.head(second);
  cut(rig);
  for (Peer* client : {&waiting, &uploading}) {
    const std::string head = rig.head(*client);
    BOOST_TEST(head.substr(9, 3) == "503");
    BOOST_TEST(head.find("Connection: close\r\n") != std::string::npos);
    rig.sees(*client, "503 Service Unavailable: draining\n");
    rig.sees_end(*client);
  }
  rig.sees_end(origin);
  rig.sees_end(second);
  rig.check_over(2);
  BOOST_TEST(rig.failures(Reason::draining) == 2U);
  BOOST_TEST(rig.closed(Reason::draining) == 2U);
}

BOOST_AUTO_TEST_CASE(a_cut_response_is_short) {
  Rig rig;
  Peer client = rig.connect();
  client.send(kGet);
  Peer origin = rig.accept();
  rig.head(origin);
  origin.send("HTTP/1.1 200 OK\r\nDate: d\r\nContent-Length: 2\r\n\r\no");
  rig.head(client);
  cut(rig);
  rig.sees_end(client);
  BOOST_TEST(client.received == "o");
  rig.check_over(1);
  BOOST_TEST(rig.record("status") == "200");
  BOOST_TEST(rig.record("reason") == "draining");
}

BOOST_AUTO_TEST_CASE(a_cut_closes_what_is_idle_begun_or_lingering) {
  Rig rig;
  Peer idle = rig.connect();
  Peer begun = rig.connect();
  begun.send("GET /");
  Peer lingering = rig.connect();
  lingering.send("nonsense\r\n\r\n");
  rig.head(lingering);
  cut(rig);
  for (Peer* client : {&idle, &begun, &lingering}) rig.sees_end(*client);
  rig.check_over(1);
}

BOOST_AUTO_TEST_CASE(a_cut_leaves_nobody_in_the_queue) {
  Rig rig;
  rig.cluster().limits = {1, 10, session::milliseconds(10'000)};
  std::vector<Peer> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(rig.connect());
    clients.back().send(kGet);
  }
  Peer origin = rig.accept();
  settle(rig.poller);
  BOOST_TEST(rig.cluster_counters().queue_length.get() == 3U);
  cut(rig);
  rig.check_over(4);
  BOOST_TEST(rig.endpoint().connects.get() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
