// A worker wired by hand: one listener, one cluster, the client and the origin played by the test.
#pragma once

#include <chrono>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/session/context.h"
#include "gateway/session/session.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/gateway/session/wire.h"
#include "tests/unit/gateway/upstream/loopback.h"

namespace tidegate::gateway::session {

using std::chrono::milliseconds;

// A worker alone has nobody to tell.
class NoOthers final : public upstream::CapacityMesh {
 public:
  void capacity_wanted(std::size_t /*from*/, std::size_t /*cluster*/) override {}
  void capacity_freed(std::size_t /*from*/, std::size_t /*cluster*/) override {}
};

class Rig final {
 public:
  explicit Rig(conf::Protocol protocol = conf::Protocol::http, std::size_t endpoints = 1) {
    BOOST_REQUIRE(poller.open().ok());
    config.listeners.emplace_back();
    listener().name = "web";
    listener().protocol = protocol;
    listener().cluster = 0;
    config.clusters.emplace_back();
    cluster().name = "pool";
    for (std::size_t i = 0; i < endpoints; ++i) {
      origins.push_back(std::make_unique<LoopbackListener>());
      cluster().endpoints.push_back({origins.back()->address(), 1});
    }
  }
  ~Rig() {
    if (!worker_) return;
    worker_->sessions.for_each([](Session& session) { session.cut(); });
    poller.turn(0);
  }

  // For the test to change before the first `worker`.
  [[nodiscard]] conf::Listener& listener() { return config.listeners[0]; }
  [[nodiscard]] conf::Cluster& cluster() { return config.clusters[0]; }

  WorkerContext& worker() {
    if (!worker_) start();
    return *worker_;
  }

  /// A client whose session has begun. `buffer`, when given, is its kernel's receive buffer.
  Peer connect(int buffer = 0) {
    WorkerContext& context = worker();
    auto socket = reactor::Socket::open(AF_INET);
    BOOST_REQUIRE(socket.ok());
    if (buffer > 0) BOOST_REQUIRE(socket->set_option(SOL_SOCKET, SO_RCVBUF, buffer).ok());
    const auto outcome = socket->connect(front_.address());
    BOOST_REQUIRE((!outcome || outcome->ok()));
    auto accepted = front_.accept_socket();
    BOOST_REQUIRE(accepted.has_value());
    // As an acceptor's sockets have it.
    BOOST_REQUIRE(accepted->first.set_option(IPPROTO_TCP, TCP_NODELAY, 1).ok());
    if (buffer > 0) {
      BOOST_REQUIRE(accepted->first.set_option(SOL_SOCKET, SO_SNDBUF, buffer).ok());
    }
    context.poller.load().fetch_add(1);
    start_session(context, *context.listeners[0], std::move(accepted->first),
                  base::PeerAddress(accepted->second));
    return Peer(std::move(*socket));
  }

  /// The origin's end of the next connection to it.
  Peer accept(std::size_t endpoint = 0) { return origins[endpoint]->accept_from(poller); }

  /// True when nobody has connected to the origin.
  bool nobody_dialled(std::size_t endpoint = 0) {
    settle(poller);
    return !origins[endpoint]->accept().has_value();
  }

  /// Turns until `peer` has received exactly `expected`; takes it.
  void sees(Peer& peer, std::string_view expected) {
    turn_until(poller, [&] {
      peer.pump();
      return peer.received.size() >= expected.size() || peer.ended();
    });
    settle(poller);
    peer.pump();
    BOOST_TEST(peer.received == expected);
    peer.received.clear();
  }

  /// Turns until `peer` has received a head; takes and returns it, its empty line included.
  std::string head(Peer& peer) {
    constexpr std::string_view kEnd = "\r\n\r\n";
    turn_until(poller, [&] {
      peer.pump();
      return peer.received.find(kEnd) != std::string::npos || peer.ended();
    });
    const std::size_t end = peer.received.find(kEnd);
    BOOST_REQUIRE_MESSAGE(end != std::string::npos, "no head, but: " << peer.received);
    std::string text = peer.received.substr(0, end + kEnd.size());
    peer.received.erase(0, end + kEnd.size());
    return text;
  }

  /// Turns until `peer` sees the end of the connection.
  void sees_end(Peer& peer) {
    BOOST_TEST(turn_until(poller, [&] {
      peer.pump();
      return peer.ended();
    }));
  }

  /// One GET there and back. Opens the upstream connection when there is none.
  void exchange(Peer& client, std::optional<Peer>& origin) {
    client.send(kGet);
    if (!origin) origin = accept();
    sees(*origin, forwarded("GET / HTTP/1.1\r\nHost: a\r\n"));
    origin->send(kPlainResponse);
    sees(client, kPlainSeen);
  }

  [[nodiscard]] telemetry::ListenerCounters& counters() { return *worker_counters_->listeners[0]; }
  [[nodiscard]] telemetry::ClusterCounters& cluster_counters() {
    return *worker_counters_->clusters[0];
  }
  [[nodiscard]] telemetry::EndpointCounters& endpoint(std::size_t i = 0) {
    return *cluster_counters().endpoints[i];
  }
  [[nodiscard]] std::uint64_t failures(Reason reason) {
    return counters().failures[static_cast<std::size_t>(reason)].get();
  }
  [[nodiscard]] std::uint64_t closed(Reason reason) {
    return counters().connections_closed[static_cast<std::size_t>(reason)].get();
  }
  [[nodiscard]] std::uint64_t endpoint_failures(Reason reason) {
    return endpoint().failures[static_cast<std::size_t>(reason)].get();
  }

  /// Turns until no client connection is left, and checks that every count agrees with that. Ends
  /// the rig's life: the records are read.
  void check_over(std::size_t records) {
    BOOST_TEST(turn_until(poller, [&] { return worker_->sessions.empty(); }));
    settle(poller);
    const telemetry::ListenerCounters& count = counters();
    BOOST_TEST(count.requests_active.get() == 0U);
    BOOST_TEST(count.connections_active.get() == 0U);
    BOOST_TEST(worker_->poller.load().load() == 0U);
    BOOST_TEST(shared_->active.load() == 0U);
    std::uint64_t ends = 0;
    for (const base::Cell& cell : count.connections_closed) ends += cell.get();
    BOOST_TEST(ends == count.connections.get());
    if (listener().protocol == conf::Protocol::http) {
      std::uint64_t responses = 0;
      for (const base::Cell& cell : count.responses) responses += cell.get();
      BOOST_TEST(responses == count.requests.get());
    }
    std::uint64_t durations = 0;
    for (std::size_t i = 0; i < telemetry::Histogram::kBuckets; ++i) {
      durations += count.duration.bucket(i);
    }
    BOOST_TEST(durations == count.requests.get());
    for (std::size_t i = 0; i < origins.size(); ++i) {
      BOOST_TEST(endpoint(i).requests_active.get() == 0U);
      BOOST_TEST(endpoint(i).connections_active.get() == endpoint(i).connections_idle.get());
      BOOST_TEST(capacity_->open[i].load() == endpoint(i).connections_active.get());
    }
    BOOST_TEST(cluster_counters().queue_length.get() == 0U);
    BOOST_TEST(capacity_->waiting.load() == 0U);
    BOOST_TEST(this->records().size() == records);
  }

  /// The access log's lines. Ends the rig's life: nothing may be recorded after.
  const std::vector<std::string>& records() {
    if (!writer_) return records_;
    writer_.reset();  // writes what is queued
    std::ifstream in(folder_.file("access.log"));
    for (std::string line; std::getline(in, line);) records_.push_back(line);
    return records_;
  }

  /// The text of `key` in the record `i`, quotes left out; empty when it is not there.
  std::string record(std::string_view key, std::size_t i = 0) {
    BOOST_REQUIRE(records().size() > i);
    const std::string& line = records()[i];
    const std::string mark = "\"" + std::string(key) + "\":";
    const std::size_t at = line.find(mark);
    if (at == std::string::npos) return {};
    std::string value = line.substr(at + mark.size());
    if (value.front() == '"') return value.substr(1, value.find('"', 1) - 1);
    return value.substr(0, value.find_first_of(",}"));
  }

  reactor::Poller poller;
  conf::Config config;
  std::vector<std::unique_ptr<LoopbackListener>> origins;

 private:
  void start() {
    writer_ = std::make_unique<base::LogWriter>();
    const auto to = writer_->open_destination(folder_.file("access.log"));
    BOOST_REQUIRE(to.ok());
    worker_counters_ = std::make_unique<telemetry::WorkerCounters>(config);
    capacity_ = std::make_unique<upstream::ClusterCapacity>(cluster().endpoints.size());
    shared_ = std::make_unique<ListenerShared>(
        listener(), telemetry::AccessLog(*writer_, *to, listener().access_log));
    worker_ = std::make_unique<WorkerContext>(poller, 1);
    worker_->clusters.push_back(std::make_unique<upstream::Cluster>(
        poller, cluster(), *capacity_, mesh_, *worker_counters_->clusters[0],
        upstream::Cluster::Place{0, 0}));
    worker_->listeners.push_back(std::make_unique<ListenerContext>(
        ListenerContext{*shared_, *worker_counters_->listeners[0]}));
  }

  NoOthers mesh_;
  LoopbackListener front_;
  test::TempFolder folder_;
  std::unique_ptr<base::LogWriter> writer_;
  std::vector<std::string> records_;
  std::unique_ptr<telemetry::WorkerCounters> worker_counters_;
  std::unique_ptr<upstream::ClusterCapacity> capacity_;
  std::unique_ptr<ListenerShared> shared_;
  std::unique_ptr<WorkerContext> worker_;
};

}  // namespace tidegate::gateway::session
