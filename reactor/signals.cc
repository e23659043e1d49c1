#include "reactor/signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace tidegate::reactor {

base::Status Signals::open(std::initializer_list<int> numbers) {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : numbers) sigaddset(&set, number);
  if (const int code = ::pthread_sigmask(SIG_BLOCK, &set, nullptr); code != 0) {
    return base::Error::from_errno(code);
  }
  std::signal(SIGPIPE, SIG_IGN);
  fd_ = Socket(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!fd_.is_open()) return base::Error::from_errno(errno);
  auto registration = poller_.add(fd_.fd(), *this, Poller::kRead, Poller::Mode::level);
  if (!registration) return registration.error();
  registration_ = std::move(*registration);
  return {};
}

void Signals::on_ready(Ready /*ready*/) {
  signalfd_siginfo info{};
  while (::read(fd_.fd(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    poller_.running_for(typeid(observer_));
    observer_.on_signal(static_cast<int>(info.ssi_signo));
  }
}

}  // namespace tidegate::reactor
