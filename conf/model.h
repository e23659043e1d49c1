// The configuration as the gateway sees it: typed, validated, immutable.
//
// Owner:  a shared_ptr<const Config>; whoever runs on it keeps it alive.
// Thread: any, it never changes after `load` returns it.
// Durations are milliseconds and always > 0 unless a comment says that 0 means something.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "reactor/base/address.h"

namespace tidegate::conf {

using Millis = std::chrono::milliseconds;

enum class Protocol { http, tcp };
enum class AcceptMode { dedicated, per_worker };
enum class BalancerPolicy { round_robin, least_request };
enum class LogFormat { json };

// One name per timer; the same names are close reasons, log values and metric labels.
struct Timeouts {
  Millis connect{2'000};         // one attempt to open an upstream connection
  Millis client_header{10'000};  // first byte of a request to the end of its head
  Millis client_body{30'000};    // between two reads of a request body
  Millis request{30'000};        // request passed on, to the end of the response head
  Millis upstream_idle{60'000};  // a pooled upstream connection nobody uses
  Millis idle{60'000};  // keep-alive wait of a client; no byte moving in an exchange or TCP session
  Millis tunnel{3'600'000};  // no byte moving either way after an Upgrade
};

// What a client may send us; reaching one is answered with the status named.
struct HttpLimits {
  std::uint32_t head_bytes = 32 * 1024;   // 431: request line and all fields together
  std::uint32_t fields = 100;             // 431
  std::uint32_t target_bytes = 8 * 1024;  // 414
  std::uint64_t body_bytes = 0;           // 413; 0 is no limit
};

struct Workers {
  std::uint32_t count = 0;  // 0 in the file is `auto`; resolved to the core count by `load`
  bool pin = true;          // one core per worker
  std::optional<AcceptMode> accept;  // unset: dedicated with two or more workers, else per_worker
  std::uint32_t acceptors = 1;       // acceptor threads when accept is dedicated
};

struct Admin {
  std::optional<base::Address> address;  // unset: no admin endpoint
};

struct AccessLog {
  bool enabled = true;
  std::string path = "stdout";  // "stdout", "stderr", or a file
  LogFormat format = LogFormat::json;
  double sample = 1.0;  // share of records written, 0..1; failures are always written
};

struct HeaderChange {
  std::string name;   // lower case
  std::string value;  // empty for a removal
};

struct HeaderChanges {
  std::vector<HeaderChange> set;  // replaces every field of that name
  std::vector<HeaderChange> add;
  std::vector<std::string> remove;
};

struct PathMatch {
  enum class Kind { any, exact, prefix } kind = Kind::any;
  // A prefix matches whole segments: "/a" takes "/a" and "/a/b", not "/ab".
  std::string value;
};

struct RouteMatch {
  std::vector<std::string> hosts;  // lower case; "*.example.com" or exact; empty is any
  PathMatch path;
  std::vector<std::string> methods;  // upper case; empty is any
};

struct Respond {
  std::uint16_t status = 200;
  std::string body;
};

struct Route {
  std::string name;
  RouteMatch match;
  std::size_t cluster = 0;         // index into Config::clusters, when `respond` is unset
  std::optional<Respond> respond;  // answered by the gateway itself
  HeaderChanges request_headers;
  HeaderChanges response_headers;
};

struct Listener {
  std::string name;
  std::vector<base::Address> addresses;  // more than one for a port range
  Protocol protocol = Protocol::http;
  bool ipv6_only = false;
  std::uint32_t backlog = 4096;
  std::uint32_t max_connections = 0;       // per listener over all workers; 0 is no limit
  std::optional<std::uint32_t> unix_mode;  // permission bits of a unix socket's file
  AccessLog access_log;
  HttpLimits limits;  // http only
  Timeouts timeouts;
  std::vector<Route> routes;  // http: at least one, in file order; tcp: none
  // The destination of tcp. For http the shorthand: `routes` then holds the one route it stands
  // for, which takes everything and has the listener's name.
  std::optional<std::size_t> cluster;
  std::string server_name = "tidegate";  // the pseudonym in Via (RFC 9110 §7.6.3)
};

struct Endpoint {
  base::Address address;
  std::uint32_t weight = 1;  // 0: takes no new traffic
};

struct Limits {
  std::uint32_t connections_per_endpoint = 0;  // over all workers; 0 is no limit
  std::uint32_t queue_size = 1000;             // requests waiting for a connection, per worker
  Millis queue_timeout{1'000};
};

struct Cluster {
  std::string name;
  BalancerPolicy policy = BalancerPolicy::round_robin;
  Limits limits;
  std::uint32_t idle_connections = 64;  // kept per endpoint and worker
  Timeouts timeouts;                    // only connect, request and upstream_idle are read here
  std::vector<Endpoint> endpoints;      // at least one
};

struct Drain {
  Millis lame_duck{5'000};  // not ready, still accepting; 0 skips it
  Millis deadline{30'000};  // after lame_duck, then what is left is cut
};

struct Demo {
  // A small origin inside the process, so that the embedded default has something to proxy to.
  std::optional<base::Address> address;
};

struct Log {
  std::string path = "stderr";
  std::string level = "info";  // error | warn | info | debug
};

struct Config {
  std::uint32_t version = 1;
  Workers workers;
  Admin admin;
  Demo demo;
  Log log;
  Timeouts timeouts;  // `defaults.timeouts`: already merged into every listener and cluster
  std::vector<Listener> listeners;
  std::vector<Cluster> clusters;
  Drain drain;
};

}  // namespace tidegate::conf
