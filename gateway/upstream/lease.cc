#include "gateway/upstream/lease.h"

#include "gateway/upstream/cluster.h"

namespace tidegate::gateway::upstream {

reactor::Stream& Lease::stream() const {
  return conn_->stream();
}

Endpoint& Lease::endpoint() const {
  return conn_->endpoint();
}

bool Lease::reused() const {
  return conn_->uses_ > 1;
}

void Lease::give_back() {
  if (conn_ == nullptr) return;
  UpstreamConn& conn = *std::exchange(conn_, nullptr);
  conn.cluster_.give_back(conn);
}

void Lease::discard(bool reset) {
  if (conn_ == nullptr) return;
  UpstreamConn& conn = *std::exchange(conn_, nullptr);
  conn.endpoint_.counters.requests_active.sub();
  if (reset) conn.stream_.abort();
  conn.cluster_.remove(conn);
}

void LeaseRequest::start(Cluster& cluster, LeaseKind kind) {
  TG_DCHECK(cluster_ == nullptr);
  cluster_ = &cluster;
  kind_ = kind;
  cluster.begin(*this);
}

void LeaseRequest::cancel() {
  if (cluster_ != nullptr) cluster_->abandon(*this);
}

void LeaseRequest::reset() {
  endpoint_ = nullptr;
  queue_time_ = connect_time_ = -1;
  tried_ = 0;
  tries_ = 0;
}

void LeaseRequest::on_timeout(reactor::Timer& /*timer*/) {
  cluster_->queue_timed_out(*this);
}

}  // namespace tidegate::gateway::upstream
