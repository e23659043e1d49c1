#include "reactor/epoll_backend.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

namespace tidegate::reactor {
namespace {

epoll_event to_epoll(Cookie cookie, unsigned interest, Trigger trigger) {
  epoll_event event{};
  if ((interest & kRead) != 0) event.events |= EPOLLIN | EPOLLRDHUP;
  if ((interest & kWrite) != 0) event.events |= EPOLLOUT;
  if (trigger == Trigger::edge) event.events |= EPOLLET;
  event.data.u64 = cookie;
  return event;
}

Ready to_ready(std::uint32_t events) {
  unsigned bits = 0;
  if ((events & EPOLLIN) != 0) bits |= Ready::kReadable;
  if ((events & EPOLLOUT) != 0) bits |= Ready::kWritable;
  if ((events & EPOLLRDHUP) != 0) bits |= Ready::kPeerClosed;
  if ((events & EPOLLHUP) != 0) bits |= Ready::kHangUp;
  if ((events & EPOLLERR) != 0) bits |= Ready::kError;
  return Ready(bits);
}

int to_millis(base::Nanos patience) {
  if (patience < 0) return -1;
  const base::Nanos millis = (patience + base::kMillisecond - 1) / base::kMillisecond;
  return static_cast<int>(std::min<base::Nanos>(millis, std::numeric_limits<int>::max()));
}

}  // namespace

EpollBackend::EpollBackend() = default;

EpollBackend::~EpollBackend() {
  if (epoll_fd_ >= 0) ::close(epoll_fd_);
}

base::Status EpollBackend::open() {
  epoll_fd_ = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll_fd_ < 0) return base::Error::from_errno(errno);
  return {};
}

base::Status EpollBackend::add(int fd, Cookie cookie, unsigned interest, Trigger trigger) {
  epoll_event event = to_epoll(cookie, interest, trigger);
  if (::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) != 0) return base::Error::from_errno(errno);
  return {};
}

base::Status EpollBackend::change(int fd, Cookie cookie, unsigned interest, Trigger trigger) {
  epoll_event event = to_epoll(cookie, interest, trigger);
  if (::epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, fd, &event) != 0) return base::Error::from_errno(errno);
  return {};
}

void EpollBackend::remove(int fd) {
  ::epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr);
}

int EpollBackend::wait_in_kernel(int most, base::Nanos patience) {
  if (patience > 0 && patience < kExactBelow && exact_) {
    const timespec limit{patience / base::kSecond, patience % base::kSecond};
    const int count = ::epoll_pwait2(epoll_fd_, events_.data(), most, &limit, nullptr);
    if (count >= 0 || errno == EINTR) return count;
    exact_ = false;
  }
  return ::epoll_wait(epoll_fd_, events_.data(), most, to_millis(patience));
}

int EpollBackend::wait(std::span<Event> out, base::Nanos patience) {
  if (events_.size() < out.size()) events_.resize(out.size());
  const int count = wait_in_kernel(static_cast<int>(out.size()), patience);
  TG_CHECK(count >= 0 || errno == EINTR);
  for (int i = 0; i < count; ++i) {
    const auto at = static_cast<std::size_t>(i);
    out[at] = {events_[at].data.u64, to_ready(events_[at].events)};
  }
  return std::max(count, 0);
}

}  // namespace tidegate::reactor
