// One address of a cluster as one worker sees it: its idle connections and its load.
//
// Owner:  the worker's Cluster. Thread: the worker's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "conf/model.h"
#include "gateway/telemetry/counters.h"
#include "gateway/upstream/upstream_conn.h"
#include "reactor/base/intrusive_list.h"

namespace tidegate::gateway::upstream {

struct Endpoint {
  Endpoint(const conf::Endpoint& endpoint_config, std::size_t endpoint_index,
           telemetry::EndpointCounters& endpoint_counters)
      : config(endpoint_config),
        text(endpoint_config.address.to_string()),
        index(endpoint_index),
        counters(endpoint_counters) {}

  const conf::Endpoint& config;
  std::string text;  // the address as logs show it
  std::size_t index;
  telemetry::EndpointCounters& counters;
  std::uint32_t active = 0;  // leases and dials
  std::uint32_t idle_count = 0;
  base::IntrusiveList<UpstreamConn> idle;  // the back is the one used last: LIFO keeps few alive
  base::IntrusiveList<UpstreamConn> busy;  // dialling or leased
};

}  // namespace tidegate::gateway::upstream
