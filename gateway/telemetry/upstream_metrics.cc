#include "gateway/telemetry/upstream_metrics.h"

namespace tidegate::gateway::telemetry {
namespace {

using C = ClusterCounters;
using E = EndpointCounters;
using R = Reason;

constexpr CellRow<E> kEndpointRows[] = {
    {"tidegate_upstream_connects_total", "Attempts to connect to the endpoint.",
     MetricType::Counter, &E::connects},
    {"tidegate_upstream_connections_active", "Connections to the endpoint open now, idle included.",
     MetricType::Gauge, &E::connections_active},
    {"tidegate_upstream_connections_idle", "Connections to the endpoint waiting in the pool now.",
     MetricType::Gauge, &E::connections_idle},
    {"tidegate_upstream_requests_total", "Requests or TCP sessions given to the endpoint.",
     MetricType::Counter, &E::requests},
    {"tidegate_upstream_requests_active", "Requests or TCP sessions at the endpoint now.",
     MetricType::Gauge, &E::requests_active},
    {"tidegate_upstream_reuses_total", "Requests sent on a connection that had served before.",
     MetricType::Counter, &E::reuses},
    {"tidegate_upstream_received_bytes_total", "Bytes received from the endpoint.",
     MetricType::Counter, &E::bytes_in},
    {"tidegate_upstream_sent_bytes_total", "Bytes sent to the endpoint.", MetricType::Counter,
     &E::bytes_out},
};

constexpr ReasonRow<E> kConnectFailures = {
    "tidegate_upstream_connect_failures_total", "Attempts to connect that failed, by reason.",
    &E::connect_failures,
    reason_set({R::connect_refused, R::connect_unreachable, R::connect_timeout, R::connect_error,
                R::out_of_resources})};

constexpr ReasonRow<E> kFailures = {
    "tidegate_upstream_failures_total",
    "Requests or TCP sessions the endpoint failed after connecting, by reason.", &E::failures,
    reason_set({R::upstream_reset, R::upstream_closed, R::upstream_bad_head, R::upstream_bad_body,
                R::upstream_short_body, R::request_timeout, R::upstream_stalled})};

constexpr CellRow<C> kClusterRows[] = {
    {"tidegate_upstream_retries_total", "Tries after the first.", MetricType::Counter, &C::retries},
    {"tidegate_upstream_queue_length", "Requests waiting for a connection now.", MetricType::Gauge,
     &C::queue_length},
    {"tidegate_upstream_queued_total", "Requests that had to wait for a connection.",
     MetricType::Counter, &C::queued},
};

constexpr ReasonRow<C> kRefused = {
    "tidegate_upstream_refused_total", "Requests refused before an endpoint was asked, by reason.",
    &C::refused, reason_set({R::queue_full, R::queue_timeout, R::no_endpoint})};

constexpr HistogramRow<C> kClusterHistograms[] = {
    {"tidegate_upstream_queue_wait_seconds", "How long requests waited for a connection.",
     &C::queue_wait},
    {"tidegate_upstream_connect_duration_seconds", "From dialling to connected.", &C::connect},
    {"tidegate_upstream_first_byte_seconds",
     "From passing a request on to the first byte of its response.", &C::first_byte},
};

}  // namespace

UpstreamMetrics::UpstreamMetrics(const conf::Config& config,
                                 const std::vector<const WorkerCounters*>& workers) {
  for (std::size_t i = 0; i < config.clusters.size(); ++i) {
    const conf::Cluster& cluster = config.clusters[i];
    const prometheus::ClientMetric::Label name{"cluster", cluster.name};
    auto& subject = clusters_.emplace_back(Subject<ClusterCounters>{{name}, {}});
    for (const WorkerCounters* worker : workers) {
      subject.parts.push_back(worker->clusters[i].get());
    }
    for (std::size_t e = 0; e < cluster.endpoints.size(); ++e) {
      auto& endpoint = endpoints_.emplace_back(Subject<EndpointCounters>{
          {name, {"endpoint", cluster.endpoints[e].address.to_string()}}, {}});
      for (const ClusterCounters* part : subject.parts) {
        endpoint.parts.push_back(part->endpoints[e].get());
      }
    }
  }
}

void UpstreamMetrics::collect(Families& out) const {
  add_cells<E>(out, kEndpointRows, endpoints_);
  add_reasons(out, kConnectFailures, endpoints_);
  add_reasons(out, kFailures, endpoints_);
  add_cells<C>(out, kClusterRows, clusters_);
  add_reasons(out, kRefused, clusters_);
  add_histograms<C>(out, kClusterHistograms, clusters_);
}

}  // namespace tidegate::gateway::telemetry
