// The kernel's epoll(7) as a poller's backend.
//
// Waits are exact to the nanosecond by epoll_pwait2 (Linux 5.11); where the kernel or a sandbox
// does not know it, whole milliseconds, rounded up, are waited instead.
#pragma once

#include <vector>

#include "reactor/poller_backend.h"

struct epoll_event;

namespace tidegate::reactor {

class EpollBackend final : public PollerBackend {
 public:
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
