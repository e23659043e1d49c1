// What the sessions of one worker share: its poller, clusters, listeners, scratch memory and
// stamps.
//
// Owner:  the worker. Thread: the worker's.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "conf/model.h"
#include "gateway/http/fields.h"
#include "gateway/http1/head_scanner.h"
#include "gateway/route/table.h"
#include "gateway/session/gather.h"
#include "gateway/session/request_pool.h"
#include "gateway/session/session.h"
#include "gateway/session/stamps.h"
#include "gateway/telemetry/access_log.h"
#include "gateway/telemetry/counters.h"
#include "gateway/upstream/cluster.h"
#include "reactor/base/clock.h"
#include "reactor/base/intrusive_list.h"
#include "reactor/poller.h"

namespace tidegate::gateway::session {

/// A listener's timeouts as the poller counts them.
struct NanoTimeouts {
  explicit NanoTimeouts(const conf::Timeouts& timeouts);

  base::Nanos client_header;
  base::Nanos client_body;
  base::Nanos request;
  base::Nanos idle;
  base::Nanos tunnel;
};

// What all workers share of one listener: read-only but for the count.
struct ListenerShared {
  ListenerShared(const conf::Listener& listener_config, telemetry::AccessLog access_log);

  const conf::Listener& config;
  route::Table routes;
  telemetry::AccessLog log;
  http1::HeadLimits limits;
  NanoTimeouts timeouts;
  std::atomic<std::uint32_t> active{0};  // connections, over all workers
};

// One listener as one worker sees it.
struct ListenerContext {
  ListenerShared& shared;
  telemetry::ListenerCounters& counters;
};

class WorkerContext {
 public:
  WorkerContext(reactor::Poller& worker_poller, std::uint64_t seed)
      : poller(worker_poller), random(seed) {}
  WorkerContext(const WorkerContext&) = delete;
  WorkerContext& operator=(const WorkerContext&) = delete;

  [[nodiscard]] base::Nanos now() const { return poller.now(); }

  reactor::Poller& poller;
  std::vector<std::unique_ptr<upstream::Cluster>> clusters;  // in the configuration's order
  std::vector<std::unique_ptr<ListenerContext>> listeners;   // likewise
  base::IntrusiveList<Session> sessions;
  bool draining = false;  // keep-alive ends with the next response

  // Scratch: used inside one callback, empty between callbacks.
  http::Fields fields;
  std::string head;
  Gather to_client;
  Gather to_upstream;

  WallClock clock;
  Random random;
  RequestPool requests;
};

}  // namespace tidegate::gateway::session
