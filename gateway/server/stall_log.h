// Says in the log when a callback keeps a worker or an acceptor from everything else, and whose it
// is.
//
// Owner:  the Server. Thread: its own methods belong to the detector's thread.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "reactor/base/log.h"
#include "reactor/stall_detector.h"

namespace tidegate::gateway::server {

class StallLog final : private reactor::StallObserver {
 public:
  /// Far above anything that a turn under load takes: whoever waited this long has noticed.
  static constexpr base::Nanos kThreshold = 250 * base::kMillisecond;

  explicit StallLog(const base::Log& log) : log_(log), detector_(*this, kThreshold) {}

  /// `poller` outlives this object. Requires: not started.
  void watch(const reactor::Poller& poller, std::string name);

  /// Fails as: out_of_memory, os.
  base::Status start() { return detector_.start(); }

  [[nodiscard]] std::uint64_t stalls() const { return detector_.stalls(); }

 private:
  void on_stall(const reactor::Stall& stall) override;
  void on_stall_end(const reactor::Stall& stall) override;
  [[nodiscard]] std::string_view name_of(const reactor::Poller* poller) const;

  const base::Log& log_;
  std::vector<std::pair<const reactor::Poller*, std::string>> names_;
  reactor::StallDetector detector_;
};

}  // namespace tidegate::gateway::server
