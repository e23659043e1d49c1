#include "gateway/session/request_pool.h"

#include "gateway/session/active_request.h"
#include "gateway/session/context.h"

namespace tidegate::gateway::session {

void ActiveRequest::reset() {
  text.clear();
  route = nullptr;
  cluster = nullptr;
  started = 0;
  body_in = body_out = 0;
  unsent_seen = 0;
  status = 0;
  method = http::Method::get;
  version = http::Version::http11;
  response_framing = {};
  keep_alive = response_begun = response_done = false;
}

RequestPool::RequestPool() = default;
RequestPool::~RequestPool() = default;

std::unique_ptr<ActiveRequest> RequestPool::take(WorkerContext& worker) {
  if (free_.empty()) return std::make_unique<ActiveRequest>(worker);
  std::unique_ptr<ActiveRequest> request = std::move(free_.back());
  free_.pop_back();
  request->reset();
  return request;
}

void RequestPool::give_back(std::unique_ptr<ActiveRequest> request, WorkerContext& worker) {
  if (free_.size() < kKeep) {
    free_.push_back(std::move(request));
  } else {
    worker.poller.retire(std::move(request));
  }
}

}  // namespace tidegate::gateway::session
