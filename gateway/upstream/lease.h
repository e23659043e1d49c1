// Borrowing a connection: a LeaseRequest asks for one, a Lease is having it.
//
// Owner:  an exchange or a TCP session holds both as members. Thread: its worker's.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "gateway/failure.h"
#include "reactor/base/clock.h"
#include "reactor/base/intrusive_list.h"
#include "reactor/stream.h"
#include "reactor/timer_wheel.h"

namespace tidegate::gateway::upstream {

class Cluster;
struct Endpoint;
class UpstreamConn;

// Destroying a lease closes the connection, unless `give_back` was called first.
class Lease {
 public:
  Lease() = default;
  explicit Lease(UpstreamConn& conn) : conn_(&conn) {}
  Lease(Lease&& other) noexcept : conn_(std::exchange(other.conn_, nullptr)) {}
  Lease& operator=(Lease&& other) noexcept {
    std::swap(conn_, other.conn_);
    return *this;
  }
  ~Lease() { discard(); }

  [[nodiscard]] bool held() const { return conn_ != nullptr; }

  /// Requires: held(). Set its observer before leaving the callback that gave the lease.
  [[nodiscard]] reactor::Stream& stream() const;
  [[nodiscard]] Endpoint& endpoint() const;

  /// It had served another lease before.
  [[nodiscard]] bool reused() const;

  /// Returns a connection on which everything asked for was received and nothing else.
  void give_back();

  /// Closes the connection. With `reset`, by RST.
  void discard(bool reset = false);

 private:
  UpstreamConn* conn_ = nullptr;
};

class LeaseObserver {
 public:
  virtual void on_lease(Lease lease) = 0;
  virtual void on_lease_failed(Failure failure) = 0;

 protected:
  ~LeaseObserver() = default;
};

enum class LeaseKind : std::uint8_t {
  pooled,   // an idle connection if there is one
  checked,  // the same, but the kernel is asked first whether the upstream has closed it: for
            // requests that could not be repeated
  fresh,    // never an idle one
};

// Asks a cluster for a connection: an idle one, a new one, or a place in the queue. When a connect
// fails the next endpoint is tried, each at most once and at most kMaxTries in all.
class LeaseRequest final : public base::Hook<base::DefaultTag>, private reactor::TimerHandler {
 public:
  static constexpr std::uint32_t kMaxTries = 3;

  explicit LeaseRequest(LeaseObserver& observer) : observer_(observer), timer_(*this) {}
  ~LeaseRequest() { cancel(); }

  /// The outcome may be reported from inside this call. Requires: no request under way.
  void start(Cluster& cluster, LeaseKind kind);

  /// Gives up; nothing is reported.
  void cancel();

  /// Forgets the times and tries of the request before.
  void reset();

  [[nodiscard]] bool active() const { return cluster_ != nullptr; }

  // For the record; durations in nanoseconds, -1 when it did not come to that.
  [[nodiscard]] base::Nanos queue_time() const { return queue_time_; }
  [[nodiscard]] base::Nanos connect_time() const { return connect_time_; }
  [[nodiscard]] std::uint32_t tries() const { return tries_; }
  /// The endpoint asked last; null before the first.
  [[nodiscard]] const Endpoint* endpoint() const { return endpoint_; }

 private:
  friend class Cluster;
  friend class UpstreamConn;

  void on_timeout(reactor::Timer& timer) override;

  LeaseObserver& observer_;
  Cluster* cluster_ = nullptr;  // while under way
  UpstreamConn* dialling_ = nullptr;
  const Endpoint* endpoint_ = nullptr;
  reactor::Timer timer_;   // the queue's deadline
  base::Nanos since_ = 0;  // of queueing or dialling
  base::Nanos queue_time_ = -1;
  base::Nanos connect_time_ = -1;
  std::uint64_t tried_ = 0;  // bit i: endpoint i; beyond 64 endpoints kMaxTries is the bound
  std::uint32_t tries_ = 0;
  LeaseKind kind_ = LeaseKind::pooled;
};

}  // namespace tidegate::gateway::upstream
