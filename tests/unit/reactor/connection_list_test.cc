#include "reactor/connection_list.h"

#include <sys/mman.h>

#include <vector>

#include "tests/unit/reactor/connection_fixture.h"

namespace tidegate::reactor {
namespace {

using test::ProbeConnection;
using test::settle;

BOOST_AUTO_TEST_SUITE(connection_list)

BOOST_AUTO_TEST_CASE(one_above_the_limit_is_reset_and_counted) {
  ConnectionFixture at(2);
  test::Peer one = at.arrive();
  const test::Peer two = at.arrive();
  test::Peer three = at.arrive();
  settle(at.poller);
  BOOST_TEST(at.list->stats().refused.get() == 1U);
  BOOST_TEST(at.list->stats().live.get() == 2U);
  BOOST_TEST(at.poller.load() == 2U);
  three.take();
  BOOST_TEST(base::name(three.error().code) == "reset");
  one.finish();
  BOOST_TEST(at.until_ended());
  settle(at.poller);
  const test::Peer four = at.arrive();
  BOOST_TEST(at.list->stats().live.get() == 2U);
  BOOST_TEST(at.list->stats().refused.get() == 1U);
  BOOST_TEST(at.log.count("open") == 3);
}

BOOST_FIXTURE_TEST_CASE(what_the_kernel_will_not_watch_is_refused_and_told_nothing,
                        ConnectionFixture) {
  poller.load() += 1;
  list->on_arrival(Socket(::memfd_create("plain", MFD_CLOEXEC)), base::PeerAddress());
  BOOST_TEST(list->stats().refused.get() == 1U);
  BOOST_TEST(list->stats().opened.get() == 0U);
  BOOST_TEST(list->stats().live.get() == 0U);
  poller.turn(0);
  BOOST_TEST(log.calls.empty());
  BOOST_TEST(log.alive == 0);
}

BOOST_AUTO_TEST_CASE(whoever_nobody_is_made_for_is_refused) {
  Poller poller;
  BOOST_TEST_REQUIRE(poller.open().ok());
  const ConnectionMaker nobody = [](Poller&) { return std::unique_ptr<Connection>(); };
  ConnectionList list(poller, nobody, 10);
  test::SocketPair pair = test::tcp_pair();
  test::Peer peer(std::move(pair.second));
  poller.load() += 1;
  list.on_arrival(std::move(pair.first), base::PeerAddress());
  BOOST_TEST(list.stats().refused.get() == 1U);
  BOOST_TEST(poller.load() == 0U);
  peer.take();
  BOOST_TEST(base::name(peer.error().code) == "reset");
}

BOOST_FIXTURE_TEST_CASE(what_arrives_after_shut_down_is_opened_and_told, ConnectionFixture) {
  list->shut_down();
  client = arrive();
  BOOST_TEST(log.text() == "open shutdown");
  client.finish();
  BOOST_TEST(until_ended());
  BOOST_TEST(end() == "finished");
}

BOOST_FIXTURE_TEST_CASE(a_late_arrival_that_ends_in_on_open_is_told_no_more, ConnectionFixture) {
  list->shut_down();
  log.inside = [](ProbeConnection& c, const std::string& call) {
    if (call == "open") c.abort();
  };
  client = arrive();
  BOOST_TEST(log.text() == "open end:aborted");
}

BOOST_FIXTURE_TEST_CASE(shut_down_is_told_once_and_not_to_those_that_finish_already,
                        ConnectionFixture) {
  log.finishes_by_itself = false;
  connect();
  test::Peer other = arrive();
  connection().finish();
  list->shut_down();
  list->shut_down();
  BOOST_TEST(log.text() == "open open shutdown");
}

BOOST_FIXTURE_TEST_CASE(one_that_is_told_of_shut_down_may_end_others, ConnectionFixture) {
  std::vector<ProbeConnection*> all;
  std::vector<test::Peer> peers;
  for (int i = 0; i < 4; ++i) {
    peers.push_back(arrive());
    all.push_back(log.last);
  }
  log.inside = [&](ProbeConnection& c, const std::string& call) {
    if (call != "shutdown") return;
    // The one before and the one after.
    if (&c == all[1]) {
      all[0]->abort();
      all[2]->abort();
    }
  };
  list->shut_down();
  BOOST_TEST(log.count("shutdown") == 3);
  BOOST_TEST(log.count("end:aborted") == 2);
  BOOST_TEST(list->stats().live.get() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
