// Placing connections on workers, each with a poller that the test turns.
#include "gateway/server/accept_point.h"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <vector>

#include "tests/support/temp_folder.h"
#include "tests/unit/gateway/upstream/loopback.h"

namespace base = tidegate::base;
namespace conf = tidegate::conf;
namespace reactor = tidegate::reactor;
using namespace tidegate::gateway;
using server::AcceptPoint;
using server::Worker;

namespace {

class NoMesh final : public upstream::CapacityMesh {
 public:
  void capacity_wanted(std::size_t /*from*/, std::size_t /*cluster*/) override {}
  void capacity_freed(std::size_t /*from*/, std::size_t /*cluster*/) override {}
};

struct Site {
  explicit Site(std::size_t count) {
    BOOST_REQUIRE(poller.open().ok());
    config.clusters.emplace_back();
    config.clusters[0].endpoints.push_back({refusing_address(), 1});
    config.listeners.emplace_back();
    config.listeners[0].cluster = 0;
    capacities.push_back(std::make_unique<upstream::ClusterCapacity>(1));
    const auto to = log.open_destination(folder.file("access.log"));
    listeners.push_back(std::make_unique<session::ListenerShared>(
        config.listeners[0], telemetry::AccessLog(log, *to, config.listeners[0].access_log)));
    const Worker::Shared shared{config, listeners, capacities, mesh};
    for (std::size_t i = 0; i < count; ++i) {
      pollers.push_back(std::make_unique<reactor::Poller>());
      BOOST_REQUIRE(pollers.back()->open().ok());
      workers.push_back(std::make_unique<Worker>(*pollers.back(), i, shared));
      targets.push_back(workers.back().get());
    }
  }

  void open(AcceptPoint& point) {
    BOOST_REQUIRE(point.open(*base::Address::parse("127.0.0.1:0"), {}).ok());
  }

  void turn_workers() {
    for (const auto& each : pollers) settle(*each);
  }

  std::vector<std::uint32_t> live() {
    std::vector<std::uint32_t> counts;
    for (const auto& worker : workers) counts.push_back(worker->live().load());
    return counts;
  }

  [[nodiscard]] std::uint64_t begun(std::size_t worker) const {
    return workers[worker]->counters().listeners[0]->connections.get();
  }

  tidegate::test::TempFolder folder;
  base::LogWriter log;
  conf::Config config;
  NoMesh mesh;
  std::vector<std::unique_ptr<session::ListenerShared>> listeners;
  std::vector<std::unique_ptr<upstream::ClusterCapacity>> capacities;
  reactor::Poller poller;  // accepts
  std::vector<std::unique_ptr<reactor::Poller>> pollers;
  std::vector<std::unique_ptr<Worker>> workers;
  std::vector<Worker*> targets;
};

std::vector<Peer> dial(AcceptPoint& point, int count) {
  std::vector<Peer> clients;
  for (int i = 0; i < count; ++i) clients.push_back(Peer::dial(point.local_address()));
  return clients;
}

using Counts = std::vector<std::uint32_t>;
const auto kEach = boost::test_tools::per_element();

}  // namespace

BOOST_AUTO_TEST_SUITE(accept_point)

BOOST_AUTO_TEST_CASE(connections_are_spread_evenly) {
  Site site(3);
  AcceptPoint point(site.poller, 0, site.targets);
  site.open(point);
  const auto clients = dial(point, 7);
  settle(site.poller);
  BOOST_TEST(site.live() == (Counts{3, 2, 2}), kEach);
  BOOST_TEST(site.begun(0) == 0U);  // on their way
  site.turn_workers();
  BOOST_TEST(site.begun(0) == 3U);
  BOOST_TEST(site.begun(1) == 2U);
  BOOST_TEST(site.begun(2) == 2U);
}

BOOST_AUTO_TEST_CASE(the_least_busy_worker_is_chosen) {
  Site site(3);
  AcceptPoint point(site.poller, 0, site.targets);
  site.open(point);
  site.workers[0]->live() = 5;
  site.workers[1]->live() = 2;
  site.workers[2]->live() = 4;
  const auto clients = dial(point, 3);
  settle(site.poller);
  BOOST_TEST(site.live() == (Counts{5, 4, 5}), kEach);
  site.turn_workers();
  site.workers[0]->live() -= 5;
  site.workers[1]->live() -= 2;
  site.workers[2]->live() -= 4;
}

BOOST_AUTO_TEST_CASE(ties_go_round_even_when_every_connection_is_gone_before_the_next) {
  Site site(3);
  AcceptPoint point(site.poller, 0, site.targets);
  site.open(point);
  for (int i = 0; i < 6; ++i) {
    auto clients = dial(point, 1);
    settle(site.poller);
    site.turn_workers();
    clients[0].close();
    site.turn_workers();
    BOOST_TEST(site.live() == (Counts{0, 0, 0}), kEach);
  }
  for (std::size_t i = 0; i < 3; ++i) BOOST_TEST(site.begun(i) == 2U);
}

BOOST_AUTO_TEST_CASE(a_batch_travels_as_one_task) {
  Site site(2);
  AcceptPoint point(site.poller, 0, site.targets);
  site.open(point);
  const auto clients = dial(point, 8);
  settle(site.poller);
  site.turn_workers();
  for (std::size_t i = 0; i < 2; ++i) {
    BOOST_TEST(site.begun(i) == 4U);
    BOOST_TEST(site.pollers[i]->stats().tasks.get() == 1U);
  }
}

BOOST_AUTO_TEST_CASE(a_worker_that_accepts_itself_begins_at_once) {
  Site site(1);
  AcceptPoint point(*site.pollers[0], 0, site.targets);
  site.open(point);
  const auto clients = dial(point, 2);
  settle(*site.pollers[0]);
  BOOST_TEST(site.begun(0) == 2U);
  BOOST_TEST(site.pollers[0]->stats().tasks.get() == 0U);
}

BOOST_AUTO_TEST_CASE(closing_takes_what_the_kernel_has_completed) {
  Site site(2);
  AcceptPoint point(site.poller, 0, site.targets);
  site.open(point);
  auto clients = dial(point, 3);
  point.close();
  BOOST_TEST(site.live() == (Counts{2, 1}), kEach);
  site.turn_workers();
  clients[0].send("nonsense\r\n\r\n");
  site.turn_workers();
  clients[0].pump();
  BOOST_TEST(clients[0].received.substr(0, 12) == "HTTP/1.1 400");
}

BOOST_AUTO_TEST_CASE(a_worker_cut_ends_every_session_and_a_drained_one_the_idle) {
  Site site(1);
  AcceptPoint point(*site.pollers[0], 0, site.targets);
  site.open(point);
  auto clients = dial(point, 3);
  settle(*site.pollers[0]);
  site.workers[0]->drain();
  settle(*site.pollers[0]);
  BOOST_TEST(site.live() == (Counts{3}), kEach);  // within their grace
  site.workers[0]->cut();
  settle(*site.pollers[0]);
  BOOST_TEST(site.live() == (Counts{0}), kEach);
  for (Peer& client : clients) {
    client.pump();
    BOOST_TEST(client.ended());
  }
}

// The worker's end runs what was still posted to it.
BOOST_AUTO_TEST_CASE(a_connection_handed_over_as_its_worker_ends_is_not_leaked) {
  Site site(1);
  AcceptPoint point(site.poller, 0, site.targets);
  site.open(point);
  auto clients = dial(point, 2);
  settle(site.poller);
  site.workers.clear();
  site.pollers.clear();
  for (Peer& client : clients) {
    client.pump();
    BOOST_TEST(client.ended());
  }
}

BOOST_AUTO_TEST_SUITE_END()
