#include "gateway/server/accept_point.h"

namespace tidegate::gateway::server {
namespace {

template <typename Gate>
std::vector<Gate> gates_to(const std::vector<Worker*>& workers, std::size_t listener) {
  std::vector<Gate> gates;
  gates.reserve(workers.size());
  for (Worker* worker : workers) gates.emplace_back(*worker, listener);
  return gates;
}

}  // namespace

AcceptPoint::AcceptPoint(reactor::Poller& poller, std::size_t listener,
                         const std::vector<Worker*>& workers)
    : poller_(poller),
      gates_(gates_to<Gate>(workers, listener)),
      pipeline_(poller, lanes(), reactor::Placement::fewest),
      acceptor_(poller, pipeline_) {}

std::vector<reactor::Pipeline::Lane> AcceptPoint::lanes() {
  std::vector<reactor::Pipeline::Lane> lanes;
  for (Gate& gate : gates_) lanes.push_back({&gate.worker.poller(), &gate});
  return lanes;
}

}  // namespace tidegate::gateway::server
