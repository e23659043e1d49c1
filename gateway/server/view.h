// What the admin layer may see of the running gateway: read-only, from any thread.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "conf/model.h"
#include "gateway/server/drain_machine.h"
#include "gateway/telemetry/counters.h"
#include "gateway/telemetry/metrics.h"
#include "reactor/base/clock.h"

namespace tidegate::gateway::server {

// Built by the Server once it listens; outlives the admin server.
struct View {
  std::shared_ptr<const conf::Config> config;
  std::vector<std::vector<std::string>> bound;  // [i]: listeners[i]'s addresses with real ports
  std::vector<const telemetry::WorkerCounters*> workers;
  const telemetry::Metrics* metrics = nullptr;
  const std::atomic<DrainPhase>* phase = nullptr;
  std::string version;
  base::Nanos started_wall = 0;  // nanoseconds since the epoch
};

}  // namespace tidegate::gateway::server
