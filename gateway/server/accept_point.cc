#include "gateway/server/accept_point.h"

#include <utility>

namespace tidegate::gateway::server {

AcceptPoint::AcceptPoint(reactor::Poller& poller, std::size_t listener,
                         std::vector<Worker*> workers)
    : poller_(poller),
      listener_(listener),
      workers_(std::move(workers)),
      batches_(workers_.size()),
      acceptor_(poller, *this) {}

std::size_t AcceptPoint::least_busy() {
  const std::size_t count = workers_.size();
  std::size_t best = next_ % count;
  std::uint32_t fewest = workers_[best]->live().load(std::memory_order_relaxed);
  for (std::size_t step = 1; step < count && fewest > 0; ++step) {
    const std::size_t i = (next_ + step) % count;
    const std::uint32_t live = workers_[i]->live().load(std::memory_order_relaxed);
    if (live < fewest) {
      best = i;
      fewest = live;
    }
  }
  next_ = best + 1;
  return best;
}

void AcceptPoint::on_accept(reactor::Socket socket, const base::Address& peer) {
  const std::size_t chosen = least_busy();
  workers_[chosen]->live().fetch_add(1, std::memory_order_relaxed);
  Handoff handoff{std::move(socket), base::PeerAddress(peer), listener_};
  if (&workers_[chosen]->poller() == &poller_) {
    workers_[chosen]->take(std::move(handoff));
  } else {
    batches_[chosen].push_back(std::move(handoff));
  }
}

void AcceptPoint::on_accept_batch_end() {
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    if (batches_[i].empty()) continue;
    Worker* worker = workers_[i];
    worker->poller().post([worker, batch = std::exchange(batches_[i], {})]() mutable {
      for (Handoff& handoff : batch) worker->take(std::move(handoff));
    });
  }
}

}  // namespace tidegate::gateway::server
