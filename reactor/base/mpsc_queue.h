// Many threads push tasks, one takes them all: a lock-free stack that the taker turns round.
//
// Each producer's tasks come out in the order it pushed them. Thread: push from any; take_all and
// the destructor from the consumer only.
#pragma once

#include <atomic>
#include <memory>

#include "reactor/base/task.h"

namespace tidegate::base {

class MpscQueue {
 public:
  // A batch that was taken, oldest first.
  class Batch {
   public:
    explicit Batch(Task* head) : head_(head) {}
    Batch(Batch&& other) noexcept : head_(std::exchange(other.head_, nullptr)) {}
    Batch& operator=(Batch&& other) noexcept {
      std::swap(head_, other.head_);
      return *this;
    }
    ~Batch() {
      while (pop() != nullptr) {
      }
    }

    /// The next task, or null at the end.
    std::unique_ptr<Task> pop() {
      std::unique_ptr<Task> task(head_);
      if (head_ != nullptr) head_ = head_->next_;
      return task;
    }
    [[nodiscard]] bool empty() const { return head_ == nullptr; }

   private:
    Task* head_;
  };

  MpscQueue() = default;
  MpscQueue(const MpscQueue&) = delete;
  MpscQueue& operator=(const MpscQueue&) = delete;
  ~MpscQueue() { const Batch rest = take_all(); }

  /// True when the queue was empty: whoever sees true owes the consumer a wake-up.
  /// Sequentially consistent, like `empty`: a consumer that says it will sleep and then finds the
  /// queue empty cannot miss a producer that pushes and then looks whether the consumer sleeps.
  bool push(std::unique_ptr<Task> task) {
    Task* node = task.release();
    Task* old = top_.load(std::memory_order_relaxed);
    do {
      node->next_ = old;
    } while (!top_.compare_exchange_weak(old, node, std::memory_order_seq_cst,
                                         std::memory_order_relaxed));
    return old == nullptr;
  }

  [[nodiscard]] bool empty() const { return top_.load(std::memory_order_seq_cst) == nullptr; }

  Batch take_all() {
    Task* at = top_.exchange(nullptr, std::memory_order_acq_rel);
    Task* oldest_first = nullptr;
    while (at != nullptr) {
      Task* next = std::exchange(at->next_, oldest_first);
      oldest_first = std::exchange(at, next);
    }
    return Batch(oldest_first);
  }

 private:
  std::atomic<Task*> top_{nullptr};
};

}  // namespace tidegate::base
