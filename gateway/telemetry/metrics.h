// The numbers as prometheus-cpp metric families: a Collectable that merges the workers' at scrape.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "conf/model.h"
#include "gateway/telemetry/counters.h"
#include "reactor/base/log_writer.h"
#include "reactor/poller.h"

namespace tidegate::gateway::telemetry {

// What a scrape reads; everything outlives the Metrics that holds it.
struct Sources {
  std::shared_ptr<const conf::Config> config;
  std::vector<const WorkerCounters*> workers;
  struct NamedPoller {
    std::string name;  // "worker-0", "acceptor-0", "main"
    const reactor::Poller* poller;
  };
  std::vector<NamedPoller> pollers;
  std::function<std::uint64_t()> accept_pauses;  // may be called from any thread
  std::function<std::uint64_t()> stalls;         // likewise
  const base::LogWriter* log = nullptr;
  std::string version;  // "0.1.0"
  base::Nanos started_wall = 0;
};

class Metrics {
 public:
  explicit Metrics(Sources sources);
  ~Metrics();

  /// The Prometheus text format, version 0.0.4. Thread: any.
  [[nodiscard]] std::string render() const;

 private:
  class Collector;
  std::unique_ptr<Collector> collector_;
};

}  // namespace tidegate::gateway::telemetry
