// A cluster over real loopback listeners, on a poller the test turns.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/upstream/cluster.h"
#include "tests/unit/gateway/upstream/loopback.h"

namespace tidegate::gateway::upstream {

// Asks for a lease and notes what it gets.
class Asker final : private LeaseObserver, private reactor::StreamObserver {
 public:
  void ask(Cluster& cluster, LeaseKind kind = LeaseKind::pooled) {
    request.reset();
    failure.reset();
    request.start(cluster, kind);
  }

  [[nodiscard]] bool served() const { return lease.held(); }
  [[nodiscard]] bool answered() const { return served() || failure.has_value(); }
  [[nodiscard]] Reason reason() const { return failure ? failure->reason : Reason::none; }

  LeaseRequest request{*this};
  Lease lease;
  std::optional<Failure> failure;
  std::string received;

 private:
  void on_lease(Lease given) override {
    lease = std::move(given);
    lease.stream().set_observer(*this);
  }
  void on_lease_failed(Failure why) override { failure = why; }
  std::size_t on_data(std::string_view bytes) override {
    received.append(bytes);
    return bytes.size();
  }
  void on_eof() override {}
  void on_close(base::Error /*why*/) override { lease.discard(); }
};

// The other workers, of whom there are none.
class CountingMesh final : public CapacityMesh {
 public:
  void capacity_wanted(std::size_t from, std::size_t cluster) override {
    BOOST_TEST(from == 0U);
    BOOST_TEST(cluster == 7U);
    ++wanted;
  }
  void capacity_freed(std::size_t from, std::size_t cluster) override {
    BOOST_TEST(from == 0U);
    BOOST_TEST(cluster == 7U);
    ++freed;
  }

  int wanted = 0;
  int freed = 0;
};

class ClusterRig {
 public:
  explicit ClusterRig(std::size_t endpoints = 1) {
    BOOST_REQUIRE(poller.open().ok());
    for (std::size_t i = 0; i < endpoints; ++i) {
      origins.push_back(std::make_unique<LoopbackListener>());
      config.endpoints.push_back({origins.back()->address(), 1});
      counters.endpoints.push_back(std::make_unique<telemetry::EndpointCounters>());
    }
    config.limits.queue_timeout = std::chrono::seconds(20);
  }

  /// Made at the first call, after the test has set up `config`.
  Cluster& cluster() {
    if (!cluster_) {
      capacity = std::make_unique<ClusterCapacity>(config.endpoints.size());
      cluster_ = std::make_unique<Cluster>(poller, config, *capacity, mesh, counters,
                                           Cluster::Place{0, 7});
    }
    return *cluster_;
  }

  /// Asks and waits for the answer.
  void serve(Asker& asker, LeaseKind kind = LeaseKind::pooled) {
    asker.ask(cluster(), kind);
    BOOST_REQUIRE(turn_until(poller, [&] { return asker.answered(); }));
  }

  Peer accept(std::size_t endpoint = 0) { return origins[endpoint]->accept_from(poller); }

  telemetry::EndpointCounters& endpoint(std::size_t i = 0) { return *counters.endpoints[i]; }

  /// Nothing is in use, and every count of what is open or waiting says so.
  void check_all_idle(std::uint64_t idle = 0) {
    std::uint64_t open = 0;
    for (std::size_t i = 0; i < counters.endpoints.size(); ++i) {
      BOOST_TEST(endpoint(i).requests_active.get() == 0U);
      BOOST_TEST(endpoint(i).connections_active.get() == endpoint(i).connections_idle.get());
      BOOST_TEST(capacity->open[i].load() == endpoint(i).connections_active.get());
      open += endpoint(i).connections_active.get();
    }
    BOOST_TEST(open == idle);
    BOOST_TEST(counters.queue_length.get() == 0U);
    BOOST_TEST(capacity->waiting.load() == 0U);
  }

  reactor::Poller poller;
  conf::Cluster config;
  telemetry::ClusterCounters counters;
  std::vector<std::unique_ptr<LoopbackListener>> origins;
  std::unique_ptr<ClusterCapacity> capacity;
  CountingMesh mesh;

 private:
  std::unique_ptr<Cluster> cluster_;
};

inline std::uint64_t count(const std::array<base::Cell, kReasonCount>& counts, Reason reason) {
  return counts[static_cast<std::size_t>(reason)].get();
}

inline std::uint64_t sum(const std::array<base::Cell, kReasonCount>& counts) {
  std::uint64_t total = 0;
  for (const base::Cell& cell : counts) total += cell.get();
  return total;
}

}  // namespace tidegate::gateway::upstream
