#include "gateway/telemetry/counters.h"

namespace tidegate::gateway::telemetry {

WorkerCounters::WorkerCounters(const conf::Config& config) {
  for (std::size_t i = 0; i < config.listeners.size(); ++i) {
    listeners.push_back(std::make_unique<ListenerCounters>());
  }
  for (const conf::Cluster& cluster : config.clusters) {
    ClusterCounters& counters = *clusters.emplace_back(std::make_unique<ClusterCounters>());
    for (std::size_t i = 0; i < cluster.endpoints.size(); ++i) {
      counters.endpoints.push_back(std::make_unique<EndpointCounters>());
    }
  }
}

}  // namespace tidegate::gateway::telemetry
