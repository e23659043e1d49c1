#include "reactor/pipeline.h"

#include <boost/test/unit_test.hpp>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "reactor/poller_group.h"
#include "tests/support/loopback.h"
#include "tests/support/turns.h"

namespace tidegate::reactor {
namespace {

class Taker final : public ArrivalTaker {
 public:
  std::vector<Socket> sockets;
  std::vector<std::string> peers;
  std::thread::id thread;
  std::function<void()> inside = [] {};

  void on_arrival(Socket socket, const base::PeerAddress& peer) override {
    sockets.push_back(std::move(socket));
    peers.push_back(peer.to_string());
    thread = std::this_thread::get_id();
    inside();
  }
};

// An acceptor's poller and three that serve, all turned by the test.
struct PipelineFixture {
  PipelineFixture() {
    BOOST_TEST_REQUIRE(here.open().ok());
    for (Poller& poller : serving) BOOST_TEST_REQUIRE(poller.open().ok());
  }

  Pipeline::Lane lane(std::size_t i) { return {&serving[i], &takers[i]}; }
  std::vector<Pipeline::Lane> all() { return {lane(0), lane(1), lane(2)}; }

  /// The far end of a connection that `pipeline` is given the near end of.
  test::Peer arrive(Pipeline& pipeline, const char* from = "10.1.2.3:4567") {
    test::SocketPair pair = test::unix_pair();
    pipeline.on_accept(std::move(pair.first), test::address(from));
    return test::Peer(std::move(pair.second));
  }

  [[nodiscard]] std::uint32_t load() {
    return serving[0].load() + serving[1].load() + serving[2].load();
  }

  Poller here;
  std::vector<Poller> serving = std::vector<Poller>(3);
  Taker takers[3];
  Taker own;
};

BOOST_FIXTURE_TEST_SUITE(pipeline, PipelineFixture)

BOOST_AUTO_TEST_CASE(a_batch_is_one_task_for_each_lane) {
  Pipeline pipeline(here, all(), Placement::round_robin);
  std::vector<test::Peer> peers;
  for (int i = 0; i < 7; ++i) peers.push_back(arrive(pipeline));
  for (Poller& poller : serving) poller.turn(0);
  BOOST_TEST(takers[0].sockets.empty());
  pipeline.on_accept_batch_end();
  for (Poller& poller : serving) poller.turn(0);
  const std::size_t counts[] = {3, 2, 2};
  for (std::size_t i = 0; i < 3; ++i) {
    BOOST_TEST(takers[i].sockets.size() == counts[i]);
    BOOST_TEST(serving[i].stats().tasks.get() == 1U);
  }
}

BOOST_AUTO_TEST_CASE(a_batch_without_connections_posts_nothing) {
  Pipeline pipeline(here, all(), Placement::fewest);
  const test::Peer peer = arrive(pipeline);
  pipeline.on_accept_batch_end();
  pipeline.on_accept_batch_end();
  for (Poller& poller : serving) poller.turn(0);
  BOOST_TEST(serving[0].stats().tasks.get() == 1U);
  BOOST_TEST(serving[1].stats().tasks.get() == 0U);
}

BOOST_AUTO_TEST_CASE(the_connection_and_its_peers_address_arrive) {
  Pipeline pipeline(here, {lane(1)}, Placement::fewest);
  const test::Peer peer = arrive(pipeline, "10.1.2.3:4567");
  pipeline.on_accept_batch_end();
  serving[1].turn(0);
  BOOST_TEST_REQUIRE(takers[1].sockets.size() == 1U);
  BOOST_TEST(takers[1].peers[0] == "10.1.2.3:4567");
  peer.send("hello");
  char bytes[5];
  BOOST_TEST(takers[1].sockets[0].read(bytes).count == 5U);
}

BOOST_AUTO_TEST_CASE(the_load_is_raised_when_a_connection_is_placed) {
  Pipeline pipeline(here, all(), Placement::fewest);
  std::vector<test::Peer> peers;
  for (int i = 0; i < 6; ++i) peers.push_back(arrive(pipeline));
  // Before anything is handed over, so that a burst spreads.
  for (Poller& poller : serving) BOOST_TEST(poller.load() == 2U);
  pipeline.on_accept_batch_end();
  for (Poller& poller : serving) poller.turn(0);
  BOOST_TEST(load() == 6U);
}

BOOST_AUTO_TEST_CASE(a_lane_on_the_acceptors_own_poller_is_direct) {
  Pipeline pipeline(here, {{&here, &own}}, Placement::fewest);
  const test::Peer peer = arrive(pipeline);
  BOOST_TEST(own.sockets.size() == 1U);
  BOOST_TEST(here.load() == 1U);
  pipeline.on_accept_batch_end();
  here.turn(0);
  BOOST_TEST(own.sockets.size() == 1U);
  BOOST_TEST(here.stats().tasks.get() == 0U);
}

BOOST_AUTO_TEST_CASE(connections_for_a_stopped_poller_are_closed_and_their_load_is_given_back) {
  Pipeline pipeline(here, {lane(0)}, Placement::fewest);
  std::vector<test::Peer> peers;
  for (int i = 0; i < 3; ++i) peers.push_back(arrive(pipeline));
  serving[0].stop();
  pipeline.on_accept_batch_end();
  BOOST_TEST(serving[0].load() == 0U);
  for (test::Peer& peer : peers) {
    peer.take();
    BOOST_TEST(peer.saw_end());
  }
}

BOOST_AUTO_TEST_CASE(what_waits_on_a_poller_that_never_runs_again_is_given_back_with_its_tasks) {
  Pipeline pipeline(here, {lane(0)}, Placement::fewest);
  test::Peer peer = arrive(pipeline);
  pipeline.on_accept_batch_end();
  BOOST_TEST(serving[0].load() == 1U);
  serving[0].discard_tasks();
  BOOST_TEST(serving[0].load() == 0U);
  peer.take();
  BOOST_TEST(peer.saw_end());
}

BOOST_AUTO_TEST_CASE(what_has_been_taken_weighs_until_its_taker_says_so) {
  Pipeline pipeline(here, {lane(0)}, Placement::fewest);
  const test::Peer one = arrive(pipeline);
  const test::Peer two = arrive(pipeline);
  pipeline.on_accept_batch_end();
  // The first one's taker stops the poller: the second is handed over all the same.
  takers[0].inside = [&] { serving[0].stop(); };
  serving[0].turn(0);
  BOOST_TEST(takers[0].sockets.size() == 2U);
  BOOST_TEST(serving[0].load() == 2U);
}

BOOST_AUTO_TEST_CASE(takers_are_called_on_the_threads_of_their_pollers) {
  PollerGroup group({.name = "serve", .count = 2});
  BOOST_TEST_REQUIRE(group.open().ok());
  BOOST_TEST_REQUIRE(group.start().ok());
  std::atomic<int> arrived{0};
  for (Taker& taker : takers) taker.inside = [&arrived] { ++arrived; };
  Pipeline pipeline(here, {{&group[0], &takers[0]}, {&group[1], &takers[1]}},
                    Placement::round_robin);
  std::vector<test::Peer> peers;
  for (int i = 0; i < 10; ++i) {
    peers.push_back(arrive(pipeline));
    if (i % 3 == 0) pipeline.on_accept_batch_end();
  }
  BOOST_TEST(test::spin_until([&] { return arrived.load() == 10; }));
  group.stop();
  group.join();
  BOOST_TEST(takers[0].sockets.size() == 5U);
  BOOST_TEST(takers[1].sockets.size() == 5U);
  BOOST_TEST((takers[0].thread != takers[1].thread));
  BOOST_TEST((takers[0].thread != std::this_thread::get_id()));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
