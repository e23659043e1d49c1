// What the workers share about an upstream's limits: exact counts, and who waits.
//
// Owner:  the server, for the whole run. Thread: any; atomics only, touched when connections open
// and
//         close and when somebody has to wait, never per request.
// Order:  sequentially consistent. Who waits raises `waiting` and looks at `open` once more; who
// closes
//         lowers `open` and then looks at `waiting`: one of the two sees the other.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>

namespace tidegate::gateway::upstream {

struct ClusterCapacity {
  explicit ClusterCapacity(std::size_t endpoints) : open(endpoints) {}

  /// Takes a place for one more connection to endpoint `i`; false when `limit` (0: none) is
  /// reached. Never counts beyond the limit, not even for a moment: another worker would take that
  /// for a place that is not free.
  bool take(std::size_t i, std::uint32_t limit) {
    std::uint32_t count = open[i].load(std::memory_order_seq_cst);
    while (limit == 0 || count < limit) {
      if (open[i].compare_exchange_weak(count, count + 1, std::memory_order_seq_cst)) return true;
    }
    return false;
  }
  void give_back(std::size_t i) { open[i].fetch_sub(1, std::memory_order_seq_cst); }

  std::deque<std::atomic<std::uint32_t>> open;  // connections per endpoint, over all workers
  std::atomic<std::uint32_t> waiting{0};        // requests queued, over all workers
};

// How a worker reaches the others about a cluster. Rare: only while a limit is hit.
class CapacityMesh {
 public:
  /// Worker `from` has requests waiting for `cluster`: the others give up an idle connection.
  virtual void capacity_wanted(std::size_t from, std::size_t cluster) = 0;

  /// Worker `from` closed a connection of `cluster` while others wait.
  virtual void capacity_freed(std::size_t from, std::size_t cluster) = 0;

 protected:
  ~CapacityMesh() = default;
};

}  // namespace tidegate::gateway::upstream
