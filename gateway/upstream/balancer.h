// Picks an endpoint among those that can take a request now. Pure: weights and loads in, an index
// out.
//
// Owner:  one per cluster and worker: each worker balances what it carries.
// Thread: its worker's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "conf/model.h"

namespace tidegate::gateway::upstream {

// What a policy may look at; [i] is the cluster's i-th endpoint.
struct Candidate {
  std::uint32_t weight = 1;
  std::uint32_t active = 0;  // requests in flight from this worker
  bool usable = true;        // not tried already, weight > 0, a connection can be had
};

class Balancer {
 public:
  Balancer() = default;
  Balancer(const Balancer&) = delete;
  Balancer& operator=(const Balancer&) = delete;
  virtual ~Balancer() = default;

  /// Empty when nobody is usable.
  virtual std::optional<std::size_t> pick(std::span<const Candidate> candidates) = 0;

  /// `offset` lets each worker begin elsewhere, so that few requests spread too.
  static std::unique_ptr<Balancer> make(conf::BalancerPolicy policy, std::size_t offset);
};

}  // namespace tidegate::gateway::upstream
