#include "reactor/base/buffer.h"

#include <algorithm>
#include <cstring>

namespace tidegate::base {

void Buffer::append(std::string_view bytes, BlockPool& pool) {
  size_ += bytes.size();
  while (!bytes.empty()) {
    if (tail_ == nullptr || tail_->room() == 0) {
      Block* block = pool.take();
      (tail_ == nullptr ? head_ : tail_->next) = block;
      tail_ = block;
    }
    const std::size_t part = std::min(bytes.size(), tail_->room());
    std::memcpy(tail_->bytes + tail_->end, bytes.data(), part);
    tail_->end += part;
    bytes.remove_prefix(part);
  }
}

std::size_t Buffer::gather(iovec* out, std::size_t limit) const {
  std::size_t count = 0;
  for (Block* block = head_; block != nullptr && count < limit; block = block->next) {
    out[count++] = {block->bytes + block->begin, block->size()};
  }
  return count;
}

void Buffer::consume(std::size_t count, BlockPool& pool) {
  TG_DCHECK(count <= size_);
  size_ -= count;
  while (head_ != nullptr && count >= head_->size()) {
    count -= head_->size();
    Block* next = head_->next;
    pool.give_back(head_);
    head_ = next;
  }
  if (head_ == nullptr) {
    tail_ = nullptr;
  } else {
    head_->begin += count;
  }
}

}  // namespace tidegate::base
