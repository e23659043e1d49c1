#include "reactor/acceptor.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace tidegate::reactor {
namespace {

bool is_file_path(const base::Address& address) {
  return address.is_unix() && address.unix_path().front() != '@';
}

// A path left behind by a process that is gone refuses connections; a live one is not ours to take.
base::Status unlink_if_dead(const base::Address& address) {
  const std::string path = address.unix_path();
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return {};
  if (!S_ISSOCK(info.st_mode)) return base::Error{base::Errc::in_use, EEXIST};
  auto probe = Socket::open(AF_UNIX);
  if (!probe) return probe.error();
  const auto outcome = probe->connect(address);
  if (!outcome || outcome->ok() || outcome->error().code != base::Errc::refused) {
    return base::Error{base::Errc::in_use, EADDRINUSE};
  }
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return base::Error::from_errno(errno);
  return {};
}

base::Status set_options(const Socket& socket, const base::Address& address,
                         const ListenOptions& options) {
  if (!address.is_ip()) return {};
  if (options.reuse_address) {
    if (auto set = socket.set_option(SOL_SOCKET, SO_REUSEADDR, 1); !set) return set;
  }
  if (options.reuse_port) {
    if (auto set = socket.set_option(SOL_SOCKET, SO_REUSEPORT, 1); !set) return set;
  }
  if (address.family() == AF_INET6) {
    const int only = options.ipv6_only ? 1 : 0;
    if (auto set = socket.set_option(IPPROTO_IPV6, IPV6_V6ONLY, only); !set) return set;
  }
  // Accepted sockets inherit it: no system call per connection.
  return socket.set_option(IPPROTO_TCP, TCP_NODELAY, 1);
}

// The mode is set first: nobody can connect before.
base::Status begin_listening(const Socket& socket, const std::string& path,
                             const ListenOptions& options) {
  const bool has_mode = !path.empty() && options.unix_mode.has_value();
  if (has_mode && ::chmod(path.c_str(), *options.unix_mode) != 0) {
    return base::Error::from_errno(errno);
  }
  return socket.listen(options.backlog);
}

}  // namespace

Acceptor::~Acceptor() {
  close(false);
}

base::Status Acceptor::open(const base::Address& address, const ListenOptions& options) {
  auto socket = Socket::open(address.family());
  if (!socket) return socket.error();
  if (auto set = set_options(*socket, address, options); !set) return set;
  if (is_file_path(address)) {
    if (auto cleared = unlink_if_dead(address); !cleared) return cleared;
  }
  if (auto bound = socket->bind(address); !bound) return bound;
  if (is_file_path(address)) own_path_ = address.unix_path();
  base::Status opened = begin_listening(*socket, own_path_, options);
  if (opened) opened = adopt(std::move(*socket));
  if (!opened) unlink_own_path();
  return opened;
}

base::Status Acceptor::adopt(Socket socket) {
  socket_ = std::move(socket);
  const base::Status watched = watch();
  if (!watched) socket_.close();
  return watched;
}

base::Status Acceptor::watch() {
  auto registration = poller_.add(socket_.fd(), *this, Poller::kRead, Poller::Mode::level);
  if (!registration) return registration.error();
  registration_ = std::move(*registration);
  return {};
}

void Acceptor::close(bool take_waiting) {
  if (!socket_.is_open()) return;
  registration_.remove();
  if (take_waiting) {
    while (accept_some(kBatch)) {
    }
  }
  // Accepting may just have failed and paused.
  retry_.cancel();
  socket_.close();
  unlink_own_path();
}

void Acceptor::unlink_own_path() {
  if (!own_path_.empty()) ::unlink(own_path_.c_str());
  own_path_.clear();
}

void Acceptor::on_ready(Ready /*ready*/) {
  accept_some(kBatch);
}

bool Acceptor::accept_some(int limit) {
  bool more = true;
  for (int taken = 0; more && taken < limit && socket_.is_open(); ++taken) {
    auto accepted = socket_.accept();
    if (!accepted) {
      more = false;
    } else if (!accepted->ok()) {
      pause();
      more = false;
    } else {
      backoff_ = 0;
      observer_.on_accept(std::move((*accepted)->first), (*accepted)->second);
    }
  }
  observer_.on_accept_batch_end();
  return more && socket_.is_open();
}

void Acceptor::pause() {
  pauses_.add();
  backoff_ = std::clamp(backoff_ * 2, kMinBackoff, kMaxBackoff);
  // Level-triggered: left registered, the waiting connection would wake us again at once.
  registration_.remove();
  poller_.arm(retry_, backoff_);
}

void Acceptor::on_timeout(Timer& /*timer*/) {
  // Registering needs no fd, but it may need memory.
  if (!watch()) pause();
}

}  // namespace tidegate::reactor
