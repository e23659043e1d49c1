// One connection to an endpoint: dialled, leased, idle, leased again, closed.
//
// Owner:  the Cluster, through the endpoint's lists; it retires itself when it ends.
// Thread: its worker's.
// While leased, the stream's events go to whoever holds the lease; while idle they come here, and
// any of them ends the connection: an idle upstream has nothing to say.
#pragma once

#include <cstdint>
#include <optional>

#include "reactor/base/intrusive_list.h"
#include "reactor/connector.h"
#include "reactor/poller.h"
#include "reactor/stream.h"
#include "reactor/timer_wheel.h"

namespace tidegate::gateway::upstream {

class Cluster;
struct Endpoint;
class LeaseRequest;

class UpstreamConn final : public reactor::Retirable,
                           public base::Hook<base::DefaultTag>,
                           private reactor::StreamObserver,
                           public reactor::DialObserver,
                           private reactor::TimerHandler {
 public:
  UpstreamConn(Cluster& cluster, Endpoint& endpoint);
  ~UpstreamConn() override;

  [[nodiscard]] reactor::Stream& stream() { return stream_; }
  [[nodiscard]] Endpoint& endpoint() { return endpoint_; }

 private:
  friend class Cluster;
  friend class Lease;

  // `patience` in nanoseconds.
  void dial(base::Nanos patience);

  std::size_t on_data(std::string_view bytes) override;
  void on_eof() override;
  void on_close(base::Error why) override;
  void on_connected(reactor::Socket socket, reactor::Registration registration,
                    reactor::Ready ready) override;
  void on_connect_failed(base::Error why) override;
  void on_timeout(reactor::Timer& timer) override;

  Cluster& cluster_;
  Endpoint& endpoint_;
  reactor::Stream stream_;
  reactor::Timer idle_timer_;
  std::unique_ptr<reactor::Dial> dial_;  // while dialling
  LeaseRequest* waiter_ = nullptr;       // who gets it once connected
  std::uint32_t uses_ = 0;               // leases so far
  bool idle_ = false;
};

}  // namespace tidegate::gateway::upstream
