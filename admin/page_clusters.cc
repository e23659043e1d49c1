#include "admin/json.h"
#include "admin/pages.h"
#include "admin/totals.h"

namespace tidegate::admin {
namespace {

using C = gateway::telemetry::ClusterCounters;
using E = gateway::telemetry::EndpointCounters;

const char* policy_name(conf::BalancerPolicy policy) {
  switch (policy) {
    case conf::BalancerPolicy::round_robin:
      return "round_robin";
    case conf::BalancerPolicy::least_request:
      return "least_request";
  }
  return "unknown";
}

Json endpoint_json(const conf::Endpoint& endpoint, const Parts<E>& parts) {
  return {
      {"address", endpoint.address.to_string()},
      {"weight", endpoint.weight},
      {"connections",
       {{"active", sum(parts, &E::connections_active)},
        {"idle", sum(parts, &E::connections_idle)}}},
      {"connects",
       {{"total", sum(parts, &E::connects)}, {"failures", by_reason(parts, &E::connect_failures)}}},
      {"requests",
       {{"total", sum(parts, &E::requests)},
        {"active", sum(parts, &E::requests_active)},
        {"reused", sum(parts, &E::reuses)},
        {"failures", by_reason(parts, &E::failures)}}},
      {"bytes_in", sum(parts, &E::bytes_in)},
      {"bytes_out", sum(parts, &E::bytes_out)}};
}

Json cluster_json(const View& view, std::size_t i) {
  const conf::Cluster& cluster = view.config->clusters[i];
  Parts<C> parts;
  for (const auto* worker : view.workers) parts.push_back(worker->clusters[i].get());
  Json endpoints = Json::array();
  for (std::size_t e = 0; e < cluster.endpoints.size(); ++e) {
    Parts<E> blocks;
    for (const C* part : parts) blocks.push_back(part->endpoints[e].get());
    endpoints.push_back(endpoint_json(cluster.endpoints[e], blocks));
  }
  return {{"name", cluster.name},
          {"policy", policy_name(cluster.policy)},
          {"limits",
           {{"connections_per_endpoint", cluster.limits.connections_per_endpoint},
            {"idle_connections", cluster.idle_connections},
            {"queue_size", cluster.limits.queue_size},
            {"queue_timeout_ms", cluster.limits.queue_timeout.count()}}},
          {"queue",
           {{"length", sum(parts, &C::queue_length)},
            {"queued", sum(parts, &C::queued)},
            {"refused", by_reason(parts, &C::refused)}}},
          {"retries", sum(parts, &C::retries)},
          {"endpoints", std::move(endpoints)}};
}

}  // namespace

Response clusters_page(const View& view) {
  Json clusters = Json::array();
  for (std::size_t i = 0; i < view.config->clusters.size(); ++i) {
    clusters.push_back(cluster_json(view, i));
  }
  return json_response({{"clusters", std::move(clusters)}});
}

}  // namespace tidegate::admin
