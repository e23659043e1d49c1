#include "gateway/upstream/upstream_conn.h"

#include "gateway/upstream/cluster.h"

namespace tidegate::gateway::upstream {

UpstreamConn::UpstreamConn(Cluster& cluster, Endpoint& endpoint)
    : cluster_(cluster), endpoint_(endpoint), stream_(cluster.poller_, *this), idle_timer_(*this) {}

UpstreamConn::~UpstreamConn() = default;

void UpstreamConn::dial(base::Nanos patience) {
  dial_ = std::make_unique<reactor::Dial>(cluster_.poller_, *this);
  dial_->start(endpoint_.config.address, patience);
}

std::size_t UpstreamConn::on_data(std::string_view bytes) {
  // Bytes nobody asked for: the response before was longer than it said.
  cluster_.idle_ended(*this, Reason::upstream_bad_body);
  return bytes.size();
}

void UpstreamConn::on_eof() {
  cluster_.idle_ended(*this, Reason::none);
}

void UpstreamConn::on_close(base::Error /*why*/) {
  cluster_.idle_ended(*this, Reason::none);
}

void UpstreamConn::on_connected(reactor::Socket socket, reactor::Registration registration,
                                reactor::Ready ready) {
  stream_.adopt(std::move(socket), std::move(registration), ready);
  dial_.reset();
  cluster_.dialled(*this);
}

void UpstreamConn::on_connect_failed(base::Error why) {
  cluster_.dial_failed(*this, why);
}

void UpstreamConn::on_timeout(reactor::Timer& /*timer*/) {
  cluster_.idle_ended(*this, Reason::none);
}

}  // namespace tidegate::gateway::upstream
