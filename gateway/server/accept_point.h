// Accepts on one address and places each connection on the least busy of its workers.
//
// Owner:  the Server. Thread: the poller it accepts on: an acceptor thread's (accept: dedicated),
// or its
//         only worker's (accept: per_worker, SO_REUSEPORT).
// Connections of one batch travel to a worker as one task: one wake-up a batch.
#pragma once

#include <cstddef>
#include <vector>

#include "gateway/server/worker.h"
#include "reactor/acceptor.h"

namespace tidegate::gateway::server {

class AcceptPoint final : private reactor::AcceptObserver {
 public:
  /// `workers`, not empty, outlive this object.
  AcceptPoint(reactor::Poller& poller, std::size_t listener, std::vector<Worker*> workers);

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
  void on_accept(reactor::Socket socket, const base::Address& peer) override;
  void on_accept_batch_end() override;
  std::size_t least_busy();

  reactor::Poller& poller_;
  std::size_t listener_;
  std::vector<Worker*> workers_;
  std::vector<std::vector<Handoff>> batches_;  // [i] for workers_[i]
  std::size_t next_ = 0;                       // where ties begin
  reactor::Acceptor acceptor_;
};

}  // namespace tidegate::gateway::server
