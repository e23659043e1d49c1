#include <unordered_map>

#include "conf/escape.h"
#include "conf/fields.h"
#include "conf/nested_fields.h"
#include "conf/sections.h"

namespace tidegate::conf {
namespace {

constexpr std::array<std::string_view, 1> kSources{"static"};
constexpr std::array<std::string_view, 2> kPolicies{"round_robin", "least_request"};
constexpr std::uint64_t kMany = 1'000'000;  // connections or requests nobody reaches on one machine

constexpr Key<Endpoint> kEndpointAddress{
    {.name = "address",
     .kind = Kind::address,
     .meaning = "where it listens; numeric, or a unix socket",
     .required = true},
    [](Reader& reader, const Node& node, const KeyInfo&, Endpoint& out) {
      if (const auto address = read_address(reader, node, false)) out.address = *address;
    },
    [](const DumpScope&, const Endpoint& from) { return Value::text(from.address.to_string()); }};

constexpr std::array kEndpointRows{
    kEndpointAddress,
    integer<&Endpoint::weight>("weight", 0, 1000,
                               "its share against the others; 0 takes no new traffic")};

constexpr std::array kQueueRows{
    integer<&Limits::queue_size>("size", 0, kMany,
                                 "requests that may wait for a connection, per worker"),
    duration<&Limits::queue_timeout>("timeout", "how long one of them waits")};

constexpr std::array kLimitsRows{
    integer_or<&Limits::connections_per_endpoint, kNone>(
        "connections_per_endpoint", kMany, "connections to one endpoint, over all workers"),
    group<Limits, kQueue>("queue", "requests waiting for a connection")};

constexpr std::array kLoadBalancingRows{choice<&Cluster::policy, kPolicies>(
    "policy",
    "`round_robin`: each in turn; `least_request`: the one with the fewest requests under way")};

constexpr Key<Cluster> kSource{
    {.name = "source",
     .kind = Kind::choice,
     .meaning = "where the endpoints come from; `static`: from this file",
     .words = kSources},
    [](Reader& reader, const Node& node, const KeyInfo& info, Cluster&) {
      read_choice(reader, node, info);
    },
    [](const DumpScope&, const Cluster&) { return Value::word(kSources[0]); }};

constexpr std::array kClusterRows{
    object_name<&Cluster::name>("how routes and metrics call it"),
    kSource,
    group<Cluster, kLoadBalancing>("load_balancing", "how an endpoint is picked"),
    section<&Cluster::limits, kClusterLimits>("limits", "what the endpoints are spared"),
    integer<&Cluster::idle_connections>("idle_connections", 0, kMany,
                                        "unused connections kept, per endpoint and worker"),
    section<&Cluster::timeouts, kClusterTimeouts>("timeouts", "overrides of `defaults.timeouts`"),
    sections<&Cluster::endpoints, kEndpoint>("endpoints", "the servers, at least one", 1)};

void check_endpoints(Reader& reader, const Node& list, const Cluster& cluster) {
  const Reader::Scope scope(reader, "endpoints");
  std::unordered_map<std::string, std::size_t> seen;
  bool any_weight = cluster.endpoints.empty();
  for (std::size_t i = 0; i < cluster.endpoints.size(); ++i) {
    const Endpoint& endpoint = cluster.endpoints[i];
    any_weight = any_weight || endpoint.weight > 0;
    if (!endpoint.address.valid()) continue;
    const auto [first, is_new] = seen.emplace(endpoint.address.to_string(), i);
    if (is_new) continue;
    const Reader::Scope item(reader, "[" + std::to_string(i) + "]");
    reader.complain(list.items[i]->mark,
                    quote(first->first) + " is given twice; the first is at " +
                        reader.place(list.items[first->second]->mark),
                    "use `weight` to give it a larger share");
  }
  if (!any_weight)
    reader.warn(list.mark, "every endpoint has weight 0: the cluster takes no traffic");
}

void finish_cluster(Reader& reader, const Node& node, Cluster& cluster) {
  const Entry* endpoints = node.find("endpoints");
  if (endpoints != nullptr) check_endpoints(reader, *endpoints->value, cluster);
}

}  // namespace

const Section<Endpoint> kEndpoint{
    {"endpoint", "One server of a cluster.", describe_section<Endpoint>}, kEndpointRows};
const Section<Limits> kQueue{
    {"queue", "Requests that wait because `connections_per_endpoint` is reached.",
     describe_section<Limits>},
    kQueueRows};
const Section<Limits> kClusterLimits{
    {"cluster limits", "What the endpoints of a cluster are spared.", describe_section<Limits>},
    kLimitsRows};
const Section<Cluster> kLoadBalancing{
    {"load balancing", "How an endpoint is picked for a request or a connection.",
     describe_section<Cluster>},
    kLoadBalancingRows};
const Section<Cluster> kCluster{
    {"cluster", "A named pool of endpoints.", describe_section<Cluster>},
    kClusterRows,
    [](Reader& reader, Cluster& out) { out.timeouts = reader.default_timeouts; },
    finish_cluster};

}  // namespace tidegate::conf
