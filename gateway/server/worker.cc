#include "gateway/server/worker.h"

#include <random>

namespace tidegate::gateway::server {

Worker::Worker(reactor::Poller& poller, std::size_t number, const Shared& shared)
    : counters_(shared.config),
      context_(poller, (std::uint64_t{std::random_device{}()} << 32) ^ std::random_device{}()) {
  for (std::size_t i = 0; i < shared.config.clusters.size(); ++i) {
    context_.clusters.push_back(std::make_unique<upstream::Cluster>(
        poller, shared.config.clusters[i], *shared.capacities[i], shared.mesh,
        *counters_.clusters[i], upstream::Cluster::Place{number, i}));
  }
  for (std::size_t i = 0; i < shared.config.listeners.size(); ++i) {
    context_.listeners.push_back(std::make_unique<session::ListenerContext>(
        session::ListenerContext{*shared.listeners[i], *counters_.listeners[i]}));
  }
}

Worker::~Worker() {
  // What was cut is destroyed while what it refers to still stands; the tasks of the same turn may
  // bring connections that were on their way here.
  do {
    cut();
    context_.poller.turn(0);
  } while (!context_.sessions.empty());
}

void Worker::take(Handoff handoff) {
  session::start_session(context_, *context_.listeners[handoff.listener], std::move(handoff.socket),
                         handoff.peer);
}

void Worker::drain() {
  context_.draining = true;
  context_.sessions.for_each([](session::Session& session) { session.drain(); });
}

void Worker::cut() {
  context_.draining = true;
  context_.sessions.for_each([](session::Session& session) { session.cut(); });
}

}  // namespace tidegate::gateway::server
