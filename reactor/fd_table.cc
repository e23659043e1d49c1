#include "reactor/fd_table.h"

#include <algorithm>

#include "reactor/base/check.h"

namespace tidegate::reactor {

Cookie FdTable::insert(int fd, EventHandler& handler) {
  TG_CHECK(fd >= 0);
  const auto index = static_cast<std::size_t>(fd);
  if (fd < kDense && index >= dense_.size()) {
    dense_.resize(std::min<std::size_t>(std::max(index + 1, dense_.size() * 2), kDense));
  }
  Entry* entry = at(fd);
  if (entry == nullptr) {
    // One counter for all sparse entries: an entry that is erased forgets its own.
    entry = &sparse_[fd];
    entry->generation = ++sparse_generation_;
  }
  TG_CHECK(entry->handler == nullptr);
  entry->handler = &handler;
  entry->requeued = false;
  ++size_;
  return (Cookie{entry->generation} << 32) | static_cast<std::uint32_t>(fd);
}

void FdTable::erase(Cookie cookie) {
  Entry* entry = find(cookie);
  if (entry == nullptr) return;
  --size_;
  const int fd = fd_of(cookie);
  if (static_cast<std::size_t>(fd) < dense_.size()) {
    entry->handler = nullptr;
    ++entry->generation;
  } else {
    sparse_.erase(fd);
  }
}

}  // namespace tidegate::reactor
