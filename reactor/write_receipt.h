// Told once how a write ended: its bytes were given to the kernel, or they were not.
//
// Owner:  the stream, until it runs as a task on the stream's poller. When that poller stops first
//         it is destroyed unrun.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <type_traits>
#include <utility>

#include "reactor/base/result.h"
#include "reactor/base/task.h"

namespace tidegate::reactor {

class WriteReceipt : public base::Task {
 public:
  /// Ok: the kernel has all of it. Errc::cancelled: the stream was gone or had said its end, or its
  /// owner closed it.
  /// Errc::limit: too much was kept already. Else what broke the stream.
  void set_status(base::Status status) { status_ = status; }

 protected:
  [[nodiscard]] base::Status status() const { return status_; }

 private:
  base::Status status_;
};

/// `f(base::Status)`.
template <typename F>
std::unique_ptr<WriteReceipt> make_receipt(F&& callable) {
  class Callable final : public WriteReceipt {
   public:
    explicit Callable(F&& f) : f_(std::forward<F>(f)) {}
    void run() override { f_(status()); }

   private:
    std::decay_t<F> f_;
  };
  return std::make_unique<Callable>(std::forward<F>(callable));
}

// The receipts of one stream that wait for their bytes.
struct WaitingReceipts {
  struct Entry {
    std::uint64_t due;  // in bytes sent since this was made
    std::unique_ptr<WriteReceipt> receipt;
  };
  std::uint64_t sent = 0;
  std::deque<Entry> entries;
};

}  // namespace tidegate::reactor
