// A unit of work that moves between threads: a callable that is run once and may own things.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace tidegate::base {

// Linked into the target's queue without a second allocation. Destroyed where it was run, or
// where the queue is destroyed when it never was.
class Task {
 public:
  Task() = default;
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  virtual ~Task() = default;
  virtual void run() = 0;

 private:
  friend class MpscQueue;
  Task* next_ = nullptr;
};

template <typename F>
std::unique_ptr<Task> make_task(F&& callable) {
  class Callable final : public Task {
   public:
    explicit Callable(F&& f) : f_(std::forward<F>(f)) {}
    void run() override { f_(); }

   private:
    std::decay_t<F> f_;
  };
  return std::make_unique<Callable>(std::forward<F>(callable));
}

}  // namespace tidegate::base
