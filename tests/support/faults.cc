#include "tests/support/faults.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "reactor/base/check.h"

namespace tidegate::test {
namespace {

thread_local Faults* plan = nullptr;

bool makes_fd(Call call) {
  switch (call) {
    case Call::socket:
    case Call::accept4:
    case Call::epoll_create1:
    case Call::eventfd:
      return true;
    default:
      return false;
  }
}

// Makes the call, or not, as the plan says.
template <typename Real>
auto planned(Call call, Real real, int detail = Fault::kAny) {
  const Fault* fault = plan != nullptr ? plan->due(call, detail) : nullptr;
  if (fault == nullptr) return real();
  auto result = static_cast<decltype(real())>(-1);
  if (fault->done_anyway) {
    const auto lost = real();
    if (makes_fd(call) && lost >= 0) ::close(static_cast<int>(lost));
  }
  errno = fault->code;
  return result;
}

std::size_t allowed(Call call, std::size_t wanted) {
  return plan != nullptr ? plan->allowed(call, wanted) : wanted;
}

}  // namespace

Faults::Faults() {
  TG_CHECK(plan == nullptr);
  plan = this;
}

Faults::~Faults() {
  plan = nullptr;
}

void Faults::fail(Call call, const Fault& fault) {
  TG_CHECK(rule_count_ < kMaxRules);
  rules_[rule_count_++] = {call, fault, 0};
}

void Faults::limit(Call call, std::size_t bytes) {
  tallies_[static_cast<std::size_t>(call)].limit = bytes;
}

const Fault* Faults::due(Call call, int detail) {
  Tally& tally = tallies_[static_cast<std::size_t>(call)];
  ++tally.made;
  const Fault* chosen = nullptr;
  for (std::size_t i = 0; i < rule_count_; ++i) {
    Rule& rule = rules_[i];
    const Fault& fault = rule.fault;
    if (rule.call != call || (fault.only != Fault::kAny && fault.only != detail)) continue;
    const int index = rule.seen++ - fault.after;
    const bool within = index >= 0 && (fault.times == Fault::kAlways || index < fault.times);
    if (within && chosen == nullptr) chosen = &fault;
  }
  if (chosen != nullptr) ++tally.failed;
  return chosen;
}

std::size_t Faults::allowed(Call call, std::size_t wanted) const {
  const std::size_t limit = tally(call).limit;
  return limit == 0 ? wanted : std::min(limit, wanted);
}

}  // namespace tidegate::test

using tidegate::test::allowed;
using tidegate::test::Call;
using tidegate::test::planned;

// The linker's names: what was `socket` has become `__wrap_socket`, and the C library's own is
// `__real_socket`.
// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
extern "C" {

int __real_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol) {
  return planned(Call::socket, [&] { return __real_socket(domain, type, protocol); });
}

int __real_setsockopt(int fd, int level, int name, const void* value, socklen_t length);
int __wrap_setsockopt(int fd, int level, int name, const void* value, socklen_t length) {
  return planned(
      Call::setsockopt, [&] { return __real_setsockopt(fd, level, name, value, length); }, name);
}

int __real_bind(int fd, const sockaddr* address, socklen_t length);
int __wrap_bind(int fd, const sockaddr* address, socklen_t length) {
  return planned(Call::bind, [&] { return __real_bind(fd, address, length); });
}

int __real_listen(int fd, int backlog);
int __wrap_listen(int fd, int backlog) {
  return planned(Call::listen, [&] { return __real_listen(fd, backlog); });
}

int __real_connect(int fd, const sockaddr* address, socklen_t length);
int __wrap_connect(int fd, const sockaddr* address, socklen_t length) {
  return planned(Call::connect, [&] { return __real_connect(fd, address, length); });
}

int __real_accept4(int fd, sockaddr* address, socklen_t* length, int flags);
int __wrap_accept4(int fd, sockaddr* address, socklen_t* length, int flags) {
  return planned(Call::accept4, [&] { return __real_accept4(fd, address, length, flags); });
}

ssize_t __real_recv(int fd, void* into, size_t size, int flags);
ssize_t __wrap_recv(int fd, void* into, size_t size, int flags) {
  return planned(Call::recv,
                 [&] { return __real_recv(fd, into, allowed(Call::recv, size), flags); });
}

ssize_t __real_send(int fd, const void* from, size_t size, int flags);
ssize_t __wrap_send(int fd, const void* from, size_t size, int flags) {
  return planned(Call::send,
                 [&] { return __real_send(fd, from, allowed(Call::send, size), flags); });
}

ssize_t __real_sendmsg(int fd, const msghdr* message, int flags);
ssize_t __wrap_sendmsg(int fd, const msghdr* message, int flags) {
  std::size_t left = allowed(Call::sendmsg, static_cast<std::size_t>(-1));
  if (left == static_cast<std::size_t>(-1)) {
    return planned(Call::sendmsg, [&] { return __real_sendmsg(fd, message, flags); });
  }
  std::vector<iovec> slices(message->msg_iov, message->msg_iov + message->msg_iovlen);
  for (iovec& slice : slices) {
    slice.iov_len = std::min(slice.iov_len, left);
    left -= slice.iov_len;
  }
  msghdr shortened = *message;
  shortened.msg_iov = slices.data();
  return planned(Call::sendmsg, [&] { return __real_sendmsg(fd, &shortened, flags); });
}

int __real_epoll_create1(int flags);
int __wrap_epoll_create1(int flags) {
  return planned(Call::epoll_create1, [&] { return __real_epoll_create1(flags); });
}

int __real_epoll_ctl(int epoll, int operation, int fd, epoll_event* event);
int __wrap_epoll_ctl(int epoll, int operation, int fd, epoll_event* event) {
  return planned(
      Call::epoll_ctl, [&] { return __real_epoll_ctl(epoll, operation, fd, event); }, operation);
}

int __real_epoll_wait(int epoll, epoll_event* events, int count, int timeout);
int __wrap_epoll_wait(int epoll, epoll_event* events, int count, int timeout) {
  return planned(Call::epoll_wait,
                 [&] { return __real_epoll_wait(epoll, events, count, timeout); });
}

int __real_epoll_pwait2(int epoll, epoll_event* events, int count, const timespec* limit,
                        const sigset_t* mask);
int __wrap_epoll_pwait2(int epoll, epoll_event* events, int count, const timespec* limit,
                        const sigset_t* mask) {
  return planned(Call::epoll_wait,
                 [&] { return __real_epoll_pwait2(epoll, events, count, limit, mask); });
}

int __real_eventfd(unsigned int count, int flags);
int __wrap_eventfd(unsigned int count, int flags) {
  return planned(Call::eventfd, [&] { return __real_eventfd(count, flags); });
}

}  // extern "C"
// NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
