// The kernel's epoll(7) as a poller's backend.
//
// Short waits are exact to the nanosecond by epoll_pwait2 (Linux 5.11). Waits of kExactBelow and
// more, where a millisecond is within the 1.6 % that a timer may be late, and all waits where the
// kernel or a sandbox does not know that call, are of whole milliseconds, rounded up: epoll_wait is
// the cheaper call.
#pragma once

#include <vector>

#include "reactor/poller_backend.h"

struct epoll_event;

namespace tidegate::reactor {

class EpollBackend final : public PollerBackend {
 public:
  static constexpr base::Nanos kExactBelow = 100 * base::kMillisecond;

  EpollBackend();
  ~EpollBackend() override;

  /// Fails as: out_of_fds, out_of_memory, os.
  base::Status open() override;
  /// Fails as: out_of_memory, os (EPERM: the fd is a plain file).
  base::Status add(int fd, Cookie cookie, unsigned interest, Trigger trigger) override;
  base::Status change(int fd, Cookie cookie, unsigned interest, Trigger trigger) override;
  void remove(int fd) override;
  /// Nothing to do: epoll forgets a closed fd by itself.
  void forget(int /*fd*/) override {}
  int wait(std::span<Event> out, base::Nanos patience) override;

 private:
  int wait_in_kernel(int most, base::Nanos patience);

  int epoll_fd_ = -1;
  bool exact_ = true;  // epoll_pwait2 is there
  std::vector<epoll_event> events_;
};

}  // namespace tidegate::reactor
