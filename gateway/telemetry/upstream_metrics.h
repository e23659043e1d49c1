// What the upstream side counts: one set of series per cluster, and one per endpoint of it.
#pragma once

#include <vector>

#include "conf/model.h"
#include "gateway/telemetry/families.h"

namespace tidegate::gateway::telemetry {

class UpstreamMetrics {
 public:
  UpstreamMetrics(const conf::Config& config, const std::vector<const WorkerCounters*>& workers);

  void collect(Families& out) const;

 private:
  std::vector<Subject<ClusterCounters>> clusters_;
  std::vector<Subject<EndpointCounters>> endpoints_;
};

}  // namespace tidegate::gateway::telemetry
