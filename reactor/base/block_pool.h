// Fixed-size blocks for bytes that could not be passed on at once.
//
// Owner:  one per poller; blocks go back to the pool they came from.
// Thread: its poller only.
// Limits: keeps at most `kKeep` free blocks; the rest go back to the heap, so that a burst does
//         not stay resident for ever.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace tidegate::base {

struct Block {
  static constexpr std::size_t kSize = 16 * 1024;

  Block* next = nullptr;
  std::size_t begin = 0;  // first byte not yet consumed
  std::size_t end = 0;    // one past the last byte
  char bytes[kSize - 3 * sizeof(std::size_t)];

  [[nodiscard]] std::size_t size() const { return end - begin; }
  [[nodiscard]] std::size_t room() const { return sizeof bytes - end; }
};

class BlockPool {
 public:
  static constexpr std::size_t kKeep = 64;  // 1 MiB a poller

  BlockPool() = default;
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;
  ~BlockPool();

  /// An empty block; never null (an allocation that fails stops the process, as any `new` does).
  Block* take();
  void give_back(Block* block);

  [[nodiscard]] std::size_t in_use() const { return in_use_; }
  [[nodiscard]] std::size_t kept() const { return free_count_; }

 private:
  Block* free_ = nullptr;
  std::size_t free_count_ = 0;
  std::size_t in_use_ = 0;
};

}  // namespace tidegate::base
