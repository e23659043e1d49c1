// A number one thread writes and any thread may read: no locked instruction, no torn value.
#pragma once

#include <atomic>
#include <cstdint>

namespace tidegate::base {

class Cell {
 public:
  void add(std::uint64_t amount = 1) { set(get() + amount); }
  void sub(std::uint64_t amount = 1) { set(get() - amount); }
  void set(std::uint64_t value) { value_.store(value, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

}  // namespace tidegate::base
