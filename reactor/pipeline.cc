#include "reactor/pipeline.h"

#include <utility>

namespace tidegate::reactor {
namespace {

std::vector<Poller*> pollers_of(const std::vector<Pipeline::Lane>& lanes) {
  std::vector<Poller*> pollers;
  pollers.reserve(lanes.size());
  for (const Pipeline::Lane& lane : lanes) pollers.push_back(lane.poller);
  return pollers;
}

}  // namespace

// Connections on their way. What is never handed over, because the poller has stopped, weighs on
// its load no more.
class Pipeline::Batch final : public base::Task {
 public:
  Batch(Lane lane, std::vector<Arrival> arrivals) : lane_(lane), arrivals_(std::move(arrivals)) {}
  ~Batch() override {
    const auto rest = static_cast<std::uint32_t>(arrivals_.size() - taken_);
    if (rest > 0) lane_.poller->load().fetch_sub(rest, std::memory_order_relaxed);
  }

  void run() override {
    while (taken_ < arrivals_.size()) {
      Arrival& next = arrivals_[taken_++];
      lane_.taker->on_arrival(std::move(next.socket), next.peer);
    }
  }

 private:
  Lane lane_;
  std::vector<Arrival> arrivals_;
  std::size_t taken_ = 0;
};

Pipeline::Pipeline(Poller& here, std::vector<Lane> lanes, Placement how)
    : here_(here),
      lanes_(std::move(lanes)),
      placer_(how, pollers_of(lanes_)),
      waiting_(lanes_.size()) {}

void Pipeline::on_accept(Socket socket, const base::Address& peer) {
  const base::PeerAddress from(peer);
  const std::size_t chosen = placer_.pick(from);
  const Lane& lane = lanes_[chosen];
  lane.poller->load().fetch_add(1, std::memory_order_relaxed);
  if (lane.poller == &here_) {
    lane.taker->on_arrival(std::move(socket), from);
  } else {
    waiting_[chosen].push_back({std::move(socket), from});
  }
}

void Pipeline::on_accept_batch_end() {
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    if (waiting_[i].empty()) continue;
    lanes_[i].poller->post(std::make_unique<Batch>(lanes_[i], std::exchange(waiting_[i], {})));
  }
}

}  // namespace tidegate::reactor
