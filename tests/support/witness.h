// Something owned that can be counted.
#pragma once

#include <atomic>

namespace tidegate::test {

// Counts itself in `alive` while it lives.
class Witness {
 public:
  explicit Witness(std::atomic<int>& alive) : alive_(alive) { ++alive_; }
  Witness(const Witness&) = delete;
  Witness& operator=(const Witness&) = delete;
  ~Witness() { --alive_; }

 private:
  std::atomic<int>& alive_;
};

}  // namespace tidegate::test
