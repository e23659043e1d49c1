#include "reactor/base/block_pool.h"

namespace tidegate::base {

BlockPool::~BlockPool() {
  while (free_ != nullptr) {
    Block* next = free_->next;
    delete free_;
    free_ = next;
  }
}

Block* BlockPool::take() {
  ++in_use_;
  if (free_ == nullptr) return new Block;  // default-init: the bytes stay untouched
  Block* block = free_;
  free_ = block->next;
  --free_count_;
  block->next = nullptr;
  block->begin = block->end = 0;
  return block;
}

void BlockPool::give_back(Block* block) {
  --in_use_;
  if (free_count_ == kKeep) {
    delete block;
    return;
  }
  block->next = free_;
  free_ = block;
  ++free_count_;
}

}  // namespace tidegate::base
