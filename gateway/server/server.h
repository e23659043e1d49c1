// The gateway: listeners, acceptor threads, workers, and how they stop.
//
// Owner:  main. Thread: main's, which runs `poller`; it reaches workers and acceptors by tasks
// only. Life:   open (binds everything, starts nothing) → start → drain → finished. Destroying a
// running server
//         cuts what is left.
// Fails as: StartError naming the listener and address that could not be had.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "conf/model.h"
#include "gateway/server/accept_point.h"
#include "gateway/server/drain_machine.h"
#include "gateway/server/stall_log.h"
#include "gateway/server/view.h"
#include "gateway/server/worker.h"
#include "gateway/session/context.h"
#include "gateway/telemetry/metrics.h"
#include "reactor/base/log.h"
#include "reactor/poller_group.h"
#include "reactor/timer_wheel.h"

namespace tidegate::gateway::server {

class ServerObserver {
 public:
  /// Everything has ended: main may leave its loop.
  virtual void on_server_stopped() = 0;

 protected:
  ~ServerObserver() = default;
};

class Server final : private reactor::TimerHandler, private upstream::CapacityMesh {
 public:
  /// `poller`, `log_writer`, `log` and `observer` must outlive this object.
  Server(reactor::Poller& poller, std::shared_ptr<const conf::Config> config,
         base::LogWriter& log_writer, const base::Log& log, ServerObserver& observer);
  ~Server();

  /// Opens log files and binds every address. On failure says what, and nothing is left behind.
  base::Result<bool> open(std::string& complaint);

  /// Starts the threads; connections are accepted from here on.
  base::Status start();

  /// Begins to stop: SIGTERM. Again: no effect.
  void drain();

  [[nodiscard]] const View& view() const { return view_; }

 private:
  void on_timeout(reactor::Timer& timer) override;
  void capacity_wanted(std::size_t from, std::size_t cluster) override;
  void capacity_freed(std::size_t from, std::size_t cluster) override;

  bool open_listener_logs(std::string& complaint);
  bool open_addresses(std::string& complaint);
  bool open_address(std::size_t listener, const base::Address& address, std::string& complaint);
  void make_workers();
  void make_view();
  [[nodiscard]] bool per_worker() const;
  void enter(DrainPhase phase);
  void advance(DrainEvent event);
  void close_accept_points();
  [[nodiscard]] std::uint32_t live() const;

  reactor::Poller& poller_;
  std::shared_ptr<const conf::Config> config_;
  base::LogWriter& log_writer_;
  const base::Log& log_;
  ServerObserver& observer_;

  std::vector<std::unique_ptr<session::ListenerShared>> listeners_;
  std::vector<std::unique_ptr<upstream::ClusterCapacity>> capacities_;
  reactor::PollerGroup worker_group_;
  reactor::PollerGroup acceptor_group_;
  StallLog stall_log_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::unique_ptr<AcceptPoint>> accept_points_;
  std::size_t accept_points_open_ = 0;

  std::atomic<DrainPhase> phase_{DrainPhase::serving};
  reactor::Timer phase_timer_;  // end of the lame duck, then the deadline
  reactor::Timer check_timer_;  // while draining: is everybody gone?
  std::unique_ptr<telemetry::Metrics> metrics_;
  View view_;
};

}  // namespace tidegate::gateway::server
