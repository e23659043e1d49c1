// A first-in first-out chain of pooled blocks: what a stream keeps when the kernel takes no more.
//
// Owner:  the stream; empty, it holds no memory.
// Thread: the poller whose pool it draws from.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <string_view>

#include "reactor/base/block_pool.h"
#include "reactor/base/check.h"

namespace tidegate::base {

class Buffer {
 public:
  Buffer() = default;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  /// Requires: `clear` was called; a buffer cannot reach its pool by itself.
  ~Buffer() { TG_DCHECK(head_ == nullptr); }

  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t size() const { return size_; }

  /// Copies `bytes` to the end.
  void append(std::string_view bytes, BlockPool& pool);

  /// Fills `out` with up to `limit` slices from the front; returns how many.
  std::size_t gather(iovec* out, std::size_t limit) const;

  /// Drops `count` bytes from the front. Requires: count <= size().
  void consume(std::size_t count, BlockPool& pool);

  void clear(BlockPool& pool) { consume(size_, pool); }

 private:
  Block* head_ = nullptr;
  Block* tail_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace tidegate::base
