// What the client side counts: one set of series per listener.
#pragma once

#include <vector>

#include "conf/model.h"
#include "gateway/telemetry/families.h"

namespace tidegate::gateway::telemetry {

class ListenerMetrics {
 public:
  ListenerMetrics(const conf::Config& config, const std::vector<const WorkerCounters*>& workers);

  void collect(Families& out) const;

 private:
  void collect_responses(Families& out) const;

  using Subjects = std::vector<Subject<ListenerCounters>>;
  Subjects all_;
  Subjects http_;
  Subjects tcp_;
};

}  // namespace tidegate::gateway::telemetry
