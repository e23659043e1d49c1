// Which handler an epoll event is for: an array by fd, a map above its size.
//
// A cookie is fd + generation. Releasing an entry moves its generation on, so an event that was
// already queued for the fd's former owner finds nothing, even if the number is in use again.
// Owner and thread: its poller.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "reactor/event_handler.h"
#include "reactor/poller_backend.h"

namespace tidegate::reactor {

class FdTable {
 public:
  static constexpr int kDense = 1 << 16;

  struct Entry {
    EventHandler* handler = nullptr;
    std::uint32_t generation = 0;
    bool requeued = false;  // already on the poller's list
  };

  /// Requires: fd >= 0 and not in use.
  Cookie insert(int fd, EventHandler& handler);
  void erase(Cookie cookie);

  /// Null when the cookie's registration is gone.
  Entry* find(Cookie cookie) {
    Entry* entry = at(fd_of(cookie));
    return entry != nullptr && entry->handler != nullptr &&
                   entry->generation == generation_of(cookie)
               ? entry
               : nullptr;
  }

  [[nodiscard]] std::size_t size() const { return size_; }

  static int fd_of(Cookie cookie) { return static_cast<int>(cookie & 0xffffffffU); }

 private:
  static std::uint32_t generation_of(Cookie cookie) {
    return static_cast<std::uint32_t>(cookie >> 32);
  }
  Entry* at(int fd) {
    const auto index = static_cast<std::size_t>(fd);
    if (index < dense_.size()) return &dense_[index];
    const auto found = sparse_.find(fd);
    return found == sparse_.end() ? nullptr : &found->second;
  }

  std::vector<Entry> dense_;
  std::unordered_map<int, Entry> sparse_;
  std::uint32_t sparse_generation_ = 0;
  std::size_t size_ = 0;
};

}  // namespace tidegate::reactor
