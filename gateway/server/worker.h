// One core's share of the gateway: a poller, its clusters, its sessions.
//
// Owner:  the Server. Thread: its poller's, except the constructor and destructor (poller not
// running) and
//         `live`.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <vector>

#include "gateway/session/context.h"
#include "gateway/telemetry/counters.h"
#include "gateway/upstream/capacity.h"
#include "reactor/poller.h"

namespace tidegate::gateway::server {

// A connection on its way from an acceptor to its worker.
struct Handoff {
  reactor::Socket socket;
  base::PeerAddress peer;
  std::size_t listener = 0;
};

class Worker {
 public:
  struct Shared {
    const conf::Config& config;
    std::vector<std::unique_ptr<session::ListenerShared>>& listeners;
    std::vector<std::unique_ptr<upstream::ClusterCapacity>>& capacities;
    upstream::CapacityMesh& mesh;
  };

  /// Everything in `shared` must outlive this object.
  Worker(reactor::Poller& poller, std::size_t number, const Shared& shared);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  /// Cuts what is left.
  ~Worker();

  /// Requires: `live` was raised by one for it.
  void take(Handoff handoff);

  /// Keep-alive ends, idle connections close.
  void drain();

  /// Closes every session now.
  void cut();

  [[nodiscard]] reactor::Poller& poller() { return context_.poller; }
  [[nodiscard]] upstream::Cluster& cluster(std::size_t i) { return *context_.clusters[i]; }
  [[nodiscard]] const telemetry::WorkerCounters& counters() const { return counters_; }

  /// Connections here or on their way here.
  [[nodiscard]] std::atomic<std::uint32_t>& live() { return context_.poller.load(); }

 private:
  telemetry::WorkerCounters counters_;
  session::WorkerContext context_;
};

}  // namespace tidegate::gateway::server
