// Several workers, each on its own thread, and one limit for all of them.
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <memory>
#include <thread>
#include <vector>

#include "gateway/upstream/cluster.h"
#include "tests/unit/gateway/upstream/loopback.h"

namespace base = tidegate::base;
namespace conf = tidegate::conf;
namespace reactor = tidegate::reactor;
using namespace tidegate::gateway;

namespace {

class Worker;

class Mesh final : public upstream::CapacityMesh {
 public:
  void capacity_wanted(std::size_t from, std::size_t cluster) override;
  void capacity_freed(std::size_t from, std::size_t cluster) override;

  std::vector<std::unique_ptr<Worker>> workers;
};

// Takes a lease, lets go of it in the next task, and again, `rounds` times.
class Worker final : private upstream::LeaseObserver, private reactor::StreamObserver {
 public:
  Worker(std::size_t number, int rounds, const conf::Cluster& config,
         upstream::ClusterCapacity& capacity, Mesh& mesh)
      : rounds_(rounds) {
    BOOST_REQUIRE(poller.open().ok());
    counters.endpoints.push_back(std::make_unique<telemetry::EndpointCounters>());
    cluster = std::make_unique<upstream::Cluster>(poller, config, capacity, mesh, counters,
                                                  upstream::Cluster::Place{number, 0});
  }

  void run() {
    poller.post([this] { request_.start(*cluster, upstream::LeaseKind::pooled); });
    poller.run();
  }

  reactor::Poller poller;
  telemetry::ClusterCounters counters;
  std::unique_ptr<upstream::Cluster> cluster;
  std::atomic<int> served{0};
  std::atomic<int> failed{0};

 private:
  void on_lease(upstream::Lease lease) override {
    lease_ = std::move(lease);
    lease_.stream().set_observer(*this);
    served.fetch_add(1);
    poller.post([this] { next(); });
  }
  void on_lease_failed(Failure /*failure*/) override {
    failed.fetch_add(1);
    poller.post([this] { next(); });
  }
  void next() {
    if (++round_ % 3 == 0) {
      lease_.give_back();
    } else {
      lease_.discard(true);
    }
    if (round_ < rounds_) {
      request_.reset();
      request_.start(*cluster, upstream::LeaseKind::pooled);
    } else {
      cluster->close_idle();
    }
  }
  std::size_t on_data(std::string_view bytes) override { return bytes.size(); }
  void on_eof() override {}
  void on_close(base::Error /*why*/) override { lease_.discard(); }

  upstream::LeaseRequest request_{*this};
  upstream::Lease lease_;
  int rounds_;
  int round_ = 0;
};

void Mesh::capacity_wanted(std::size_t from, std::size_t /*cluster*/) {
  for (std::size_t i = 0; i < workers.size(); ++i) {
    if (i == from) continue;
    workers[i]->poller.post([worker = workers[i].get()] { worker->cluster->release_one_idle(); });
  }
}

void Mesh::capacity_freed(std::size_t from, std::size_t /*cluster*/) {
  for (std::size_t i = 0; i < workers.size(); ++i) {
    if (i == from) continue;
    workers[i]->poller.post([worker = workers[i].get()] { worker->cluster->serve_queue(); });
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(workers)

BOOST_AUTO_TEST_CASE(share_a_limit_and_nobody_is_forgotten) {
  constexpr int kRounds = 300;
  LoopbackListener origin;
  conf::Cluster config;
  config.endpoints.push_back({origin.address(), 1});
  config.limits.connections_per_endpoint = 2;
  config.limits.queue_timeout = std::chrono::seconds(20);
  upstream::ClusterCapacity capacity(1);
  Mesh mesh;
  for (std::size_t i = 0; i < 4; ++i) {
    mesh.workers.push_back(std::make_unique<Worker>(i, kRounds, config, capacity, mesh));
  }
  std::vector<std::thread> threads;
  for (const auto& worker : mesh.workers) threads.emplace_back([&worker] { worker->run(); });

  const base::Nanos give_up = base::monotonic_now() + 15 * base::kSecond;
  const auto all_done = [&] {
    for (const auto& worker : mesh.workers) {
      if (worker->served.load() + worker->failed.load() < kRounds) return false;
    }
    return capacity.open[0].load() == 0;
  };
  while (!all_done() && base::monotonic_now() < give_up) {
    while (origin.accept()) {
    }
    std::this_thread::yield();
  }
  BOOST_TEST(all_done());
  for (const auto& worker : mesh.workers) worker->poller.stop();
  for (std::thread& thread : threads) thread.join();
  for (const auto& worker : mesh.workers) {
    worker->poller.bind_to_this_thread();
    BOOST_TEST(worker->served.load() == kRounds);
    BOOST_TEST(worker->counters.queue_length.get() == 0U);
    BOOST_TEST(worker->counters.endpoints[0]->connections_active.get() == 0U);
    BOOST_TEST(worker->counters.endpoints[0]->requests_active.get() == 0U);
  }
  BOOST_TEST(capacity.waiting.load() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
