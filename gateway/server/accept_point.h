// Accepts on one address and places each connection on the least busy of its workers.
//
// Owner:  the Server. Thread: the poller it accepts on: an acceptor thread's (accept: dedicated),
//         or its only worker's (accept: per_worker, SO_REUSEPORT).
// Connections of one batch travel to a worker as one task (reactor::Pipeline): one wake-up a batch.
#pragma once

#include <cstddef>
#include <vector>

#include "gateway/server/worker.h"
#include "reactor/acceptor.h"
#include "reactor/pipeline.h"

namespace tidegate::gateway::server {

class AcceptPoint final {
 public:
  /// `workers`, not empty, outlive this object.
  AcceptPoint(reactor::Poller& poller, std::size_t listener, const std::vector<Worker*>& workers);

  /// Fails as Acceptor::open does.
  base::Status open(const base::Address& address, const reactor::ListenOptions& options) {
    return acceptor_.open(address, options);
  }

  /// Takes what the kernel has completed already, then closes.
  void close() { acceptor_.close(true); }

  [[nodiscard]] reactor::Poller& poller() { return poller_; }
  [[nodiscard]] base::Address local_address() const { return acceptor_.local_address(); }
  [[nodiscard]] std::uint64_t pauses() const { return acceptor_.pauses().get(); }

 private:
  // One worker's side of this address.
  struct Gate final : reactor::ArrivalTaker {
    Gate(Worker& w, std::size_t l) : worker(w), listener(l) {}
    void on_arrival(reactor::Socket socket, const base::PeerAddress& peer) override {
      worker.take({std::move(socket), peer, listener});
    }
    Worker& worker;
    std::size_t listener;
  };

  std::vector<reactor::Pipeline::Lane> lanes();

  reactor::Poller& poller_;
  std::vector<Gate> gates_;
  reactor::Pipeline pipeline_;
  reactor::Acceptor acceptor_;
};

}  // namespace tidegate::gateway::server
