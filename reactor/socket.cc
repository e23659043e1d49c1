#include "reactor/socket.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace tidegate::reactor {
namespace {

template <typename Call>
auto retry_on_interrupt(Call call) {
  for (;;) {
    const auto result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

Socket::Io to_io(ssize_t result) {
  if (result >= 0) return {static_cast<std::size_t>(result), false, {}};
  if (errno == EAGAIN || errno == EWOULDBLOCK) return {0, true, {}};
  return {0, false, base::Error::from_errno(errno)};
}

base::Status to_status(int result) {
  if (result == 0) return {};
  return base::Error::from_errno(errno);
}

// The connection died between the kernel's queue and us: accept(2) lists these as its own errors,
// not the listener's.
bool is_gone_already(int code) {
  switch (code) {
    case ECONNABORTED:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
    case ETIMEDOUT:
      return true;
    default:
      return false;
  }
}

base::Address read_address(int fd, int (*call)(int, sockaddr*, socklen_t*)) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  auto* generic = reinterpret_cast<sockaddr*>(&storage);
  if (call(fd, generic, &length) != 0) return {};
  return base::Address::from_sockaddr(generic, length);
}

}  // namespace

base::Result<Socket> Socket::open(int family) {
  const int fd = retry_on_interrupt(
      [&] { return ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0); });
  if (fd < 0) return base::Error::from_errno(errno);
  return Socket(fd);
}

void Socket::close() {
  // Never retried: on Linux the fd is gone even when close(2) reports EINTR.
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Socket::Io Socket::read(std::span<char> into) const {
  return to_io(retry_on_interrupt([&] { return ::recv(fd_, into.data(), into.size(), 0); }));
}

Socket::Io Socket::write(std::string_view bytes) const {
  return to_io(
      retry_on_interrupt([&] { return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }));
}

Socket::Io Socket::write(std::span<const iovec> slices) const {
  if (slices.size() == 1) {
    return write(std::string_view(static_cast<const char*>(slices[0].iov_base), slices[0].iov_len));
  }
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(slices.data());
  message.msg_iovlen = slices.size();
  return to_io(retry_on_interrupt([&] { return ::sendmsg(fd_, &message, MSG_NOSIGNAL); }));
}

Socket::Pending Socket::peek() const {
  if (fd_ < 0) return Pending::end;
  // Not MSG_PEEK: it takes a pending error, and the next read then takes a reset for the end.
  pollfd entry{fd_, POLLIN | POLLRDHUP, 0};
  retry_on_interrupt([&] { return ::poll(&entry, 1, 0); });
  if (entry.revents == 0) return Pending::nothing;
  int waiting = 0;
  return ::ioctl(fd_, FIONREAD, &waiting) == 0 && waiting > 0 ? Pending::input : Pending::end;
}

std::size_t Socket::untaken() const {
  int waiting = 0;
  return ::ioctl(fd_, TIOCOUTQ, &waiting) == 0 ? static_cast<std::size_t>(waiting) : 0;
}

void Socket::shutdown_write() const {
  ::shutdown(fd_, SHUT_WR);
}

void Socket::reset_on_close() const {
  const linger abort_now{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &abort_now, sizeof abort_now);
}

base::Status Socket::bind(const base::Address& address) const {
  return to_status(retry_on_interrupt([&] { return ::bind(fd_, address.data(), address.size()); }));
}

base::Status Socket::listen(int backlog) const {
  return to_status(retry_on_interrupt([&] { return ::listen(fd_, backlog); }));
}

std::optional<base::Status> Socket::connect(const base::Address& to) const {
  // An interrupted connect goes on by itself for IP and not at all for unix sockets: asked again,
  // the kernel tells how far it is.
  const int result = retry_on_interrupt([&] { return ::connect(fd_, to.data(), to.size()); });
  if (result == 0 || errno == EISCONN) return base::Status();
  if (errno == EINPROGRESS || errno == EALREADY) return std::nullopt;
  if (errno == EAGAIN && to.is_unix()) return base::Status({base::Errc::refused, EAGAIN});
  return base::Status(base::Error::from_errno(errno));
}

std::optional<base::Result<std::pair<Socket, base::Address>>> Socket::accept() const {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  auto* generic = reinterpret_cast<sockaddr*>(&storage);
  const int fd = retry_on_interrupt(
      [&] { return ::accept4(fd_, generic, &length, SOCK_NONBLOCK | SOCK_CLOEXEC); });
  if (fd >= 0) {
    return base::Result(std::pair(Socket(fd), base::Address::from_sockaddr(generic, length)));
  }
  if (errno == EAGAIN || errno == EWOULDBLOCK) return std::nullopt;
  const base::Error why = is_gone_already(errno) ? base::Error{base::Errc::reset, errno}
                                                 : base::Error::from_errno(errno);
  return base::Result<std::pair<Socket, base::Address>>(why);
}

base::Error Socket::take_error() const {
  int code = 0;
  socklen_t length = sizeof code;
  if (::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &code, &length) != 0) code = errno;
  return base::Error::from_errno(code);
}

bool Socket::is_listening() const {
  int listens = 0;
  socklen_t length = sizeof listens;
  return ::getsockopt(fd_, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) == 0 && listens != 0;
}

base::Status Socket::make_non_blocking() const {
  const int status = ::fcntl(fd_, F_GETFL);
  if (status < 0) return base::Error::from_errno(errno);
  if (::fcntl(fd_, F_SETFL, status | O_NONBLOCK) != 0) return base::Error::from_errno(errno);
  return to_status(::fcntl(fd_, F_SETFD, FD_CLOEXEC));
}

base::Address Socket::local_address() const {
  return read_address(fd_, ::getsockname);
}

base::Address Socket::peer_address() const {
  return read_address(fd_, ::getpeername);
}

base::Status Socket::set_option(int level, int name, int value) const {
  return to_status(::setsockopt(fd_, level, name, &value, sizeof value));
}

}  // namespace tidegate::reactor
