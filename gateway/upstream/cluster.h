// A named pool of endpoints as one worker sees it: balancing, idle connections, limits, the queue.
//
// Owner:  the worker. Thread: the worker's. Limits hold over all workers (ClusterCapacity);
// balancing and
//         pooling are the worker's own.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "conf/model.h"
#include "gateway/failure.h"
#include "gateway/telemetry/counters.h"
#include "gateway/upstream/balancer.h"
#include "gateway/upstream/capacity.h"
#include "gateway/upstream/endpoint.h"
#include "gateway/upstream/lease.h"
#include "reactor/poller.h"

namespace tidegate::gateway::upstream {

class Cluster {
 public:
  struct Place {
    std::size_t worker = 0;   // this worker's number
    std::size_t cluster = 0;  // this cluster's index in the configuration
  };

  /// All must outlive this object.
  Cluster(reactor::Poller& poller, const conf::Cluster& config, ClusterCapacity& capacity,
          CapacityMesh& mesh, telemetry::ClusterCounters& counters, Place place);
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;
  ~Cluster();

  [[nodiscard]] const conf::Cluster& config() const { return config_; }
  [[nodiscard]] telemetry::ClusterCounters& counters() { return counters_; }
  [[nodiscard]] base::Nanos request_timeout() const { return request_timeout_; }

  /// Another worker waits: closes one idle connection, if there is one, so that it may open its
  /// own.
  void release_one_idle();

  /// There may be room now: serves those who wait, in order.
  void serve_queue();

  /// Closes every idle connection.
  void close_idle();

 private:
  friend class Lease;
  friend class LeaseRequest;
  friend class UpstreamConn;

  // For LeaseRequest.
  void begin(LeaseRequest& request);
  void abandon(LeaseRequest& request);
  void enqueue(LeaseRequest& request);
  void leave_queue(LeaseRequest& request);
  void refuse(LeaseRequest& request, Reason reason);
  void queue_timed_out(LeaseRequest& request);
  // Fills `candidates_`; true when one of them is usable.
  bool survey(const LeaseRequest& request);
  // Every call is a turn of the balancer: what it gives must be served.
  std::optional<std::size_t> choose(const LeaseRequest& request);
  std::optional<std::size_t> find_place(const LeaseRequest& request);
  void serve(LeaseRequest& request, std::size_t chosen);
  // Closes idle connections until the one to be used next is alive.
  void drop_closed(Endpoint& endpoint);
  void lease_idle(LeaseRequest& request, Endpoint& endpoint);
  void dial(LeaseRequest& request, Endpoint& endpoint);
  void grant(LeaseRequest& request, UpstreamConn& conn);

  // For Lease and UpstreamConn.
  void give_back(UpstreamConn& conn);
  void remove(UpstreamConn& conn);
  void dialled(UpstreamConn& conn);
  void dial_failed(UpstreamConn& conn, base::Error why);
  void idle_ended(UpstreamConn& conn, Reason reason);
  void leave_idle(UpstreamConn& conn);
  static void count_bytes(UpstreamConn& conn);
  void note_freed();
  void post_serve();

  reactor::Poller& poller_;
  const conf::Cluster& config_;
  ClusterCapacity& capacity_;
  CapacityMesh& mesh_;
  telemetry::ClusterCounters& counters_;
  Place place_;
  base::Nanos request_timeout_;
  std::vector<std::unique_ptr<Endpoint>> endpoints_;
  std::unique_ptr<Balancer> balancer_;
  std::vector<Candidate> candidates_;  // scratch for `choose`
  base::IntrusiveList<LeaseRequest> queue_;
  std::uint32_t queue_length_ = 0;
  bool serve_posted_ = false;
};

}  // namespace tidegate::gateway::upstream
