// Keeps the objects of finished requests for the next ones: no allocation per request.
//
// Owner and thread: the worker.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace tidegate::gateway::session {

struct ActiveRequest;
class WorkerContext;

class RequestPool {
 public:
  static constexpr std::size_t kKeep = 128;  // beyond it they go back to the heap

  RequestPool();
  RequestPool(const RequestPool&) = delete;
  RequestPool& operator=(const RequestPool&) = delete;
  ~RequestPool();

  std::unique_ptr<ActiveRequest> take(WorkerContext& worker);
  /// Safe from inside the request's own callbacks: what is not kept is retired.
  void give_back(std::unique_ptr<ActiveRequest> request, WorkerContext& worker);

 private:
  std::vector<std::unique_ptr<ActiveRequest>> free_;
};

}  // namespace tidegate::gateway::session
