// What the gateway counts, as plain numbers each written by one worker and read by the scrape.
//
// Owner:  a Telemetry owns all; a worker holds references to its own blocks.
// Thread: each block is written by its worker only; read by any (base::Cell).
// Label sets come from the configuration: listeners, clusters, endpoints, reasons. Never hosts or
// paths.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "conf/model.h"
#include "gateway/failure.h"
#include "reactor/base/cell.h"
#include "reactor/base/clock.h"

namespace tidegate::gateway::telemetry {

using base::Cell;

// Latencies in fixed buckets; the bounds are the same for every histogram and appear in `metrics`.
class Histogram {
 public:
  // Upper bounds in microseconds; one more bucket takes the rest.
  static constexpr std::array<std::uint32_t, 18> kBoundsUs = {
      100,       250,       500,       1'000,      2'500,      5'000,
      10'000,    25'000,    50'000,    100'000,    250'000,    500'000,
      1'000'000, 2'500'000, 5'000'000, 10'000'000, 30'000'000, 60'000'000};
  static constexpr std::size_t kBuckets = kBoundsUs.size() + 1;

  void observe(base::Nanos duration) {
    const auto micros = static_cast<std::uint64_t>(duration > 0 ? duration : 0) / 1000;
    std::size_t bucket = 0;
    while (bucket < kBoundsUs.size() && micros > kBoundsUs[bucket]) ++bucket;
    buckets_[bucket].add();
    sum_us_.add(micros);
  }
  [[nodiscard]] std::uint64_t bucket(std::size_t i) const { return buckets_[i].get(); }
  [[nodiscard]] std::uint64_t sum_us() const { return sum_us_.get(); }

 private:
  std::array<Cell, kBuckets> buckets_;
  Cell sum_us_;
};

struct ListenerCounters {
  Cell connections;  // accepted
  Cell connections_active;
  std::array<Cell, kReasonCount> connections_closed;  // by reason; Reason::none is a good end
  Cell requests;
  Cell requests_active;
  std::array<Cell, 6> responses;  // by status / 100; [0] is none sent
  std::array<Cell, kReasonCount>
      failures;        // exchanges (http) or sessions (tcp) that did not end well
  Cell bytes_in;       // from clients, framing included
  Cell bytes_out;      // to clients
  Histogram duration;  // request head complete to last byte sent; tcp: the session
};

struct EndpointCounters {
  Cell connects;  // attempts
  std::array<Cell, kReasonCount> connect_failures;
  Cell connections_active;  // open: in use or idle
  Cell connections_idle;    // open and in the pool
  Cell requests;            // leases given: requests or tcp sessions
  Cell requests_active;
  Cell reuses;                              // leases on a connection that had served before
  std::array<Cell, kReasonCount> failures;  // after connecting
  Cell bytes_in;                            // from the endpoint
  Cell bytes_out;
};

struct ClusterCounters {
  Cell retries;                            // tries after the first
  Cell queue_length;                       // waiting now
  Cell queued;                             // ever had to wait
  std::array<Cell, kReasonCount> refused;  // queue_full, queue_timeout, no_endpoint
  Histogram queue_wait;
  Histogram connect;     // dial to connected
  Histogram first_byte;  // request passed on to first byte of the response
  std::vector<std::unique_ptr<EndpointCounters>> endpoints;  // in the cluster's order
};

// One worker's numbers, shaped by the configuration: [i] is listeners[i], clusters[i].
struct WorkerCounters {
  explicit WorkerCounters(const conf::Config& config);

  std::vector<std::unique_ptr<ListenerCounters>> listeners;
  std::vector<std::unique_ptr<ClusterCounters>> clusters;
};

}  // namespace tidegate::gateway::telemetry
