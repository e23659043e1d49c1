// Connected sockets, and the far end of one as a test plays it.
#pragma once

#include <poll.h>
#include <sys/socket.h>

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include "reactor/base/address.h"
#include "reactor/socket.h"

namespace tidegate::test {

inline base::Address address(std::string_view text) {
  auto parsed = base::Address::parse(text);
  BOOST_TEST_REQUIRE(parsed.ok());
  return *parsed;
}

/// Waits for `events` on `fd`, at most ten seconds.
inline bool wait_for(int fd, short events) {
  pollfd entry{fd, events, 0};
  return ::poll(&entry, 1, 10000) == 1;
}

inline reactor::Socket listening(const base::Address& at, int backlog = 64) {
  auto socket = reactor::Socket::open(at.family());
  BOOST_TEST_REQUIRE(socket.ok());
  BOOST_TEST_REQUIRE(socket->bind(at).ok());
  BOOST_TEST_REQUIRE(socket->listen(backlog).ok());
  return std::move(*socket);
}

/// Begins a connection and waits for the kernel's verdict; `error` gets it when given.
inline reactor::Socket connecting(const base::Address& to, base::Error* error = nullptr) {
  auto socket = reactor::Socket::open(to.family());
  BOOST_TEST_REQUIRE(socket.ok());
  const auto outcome = socket->connect(to);
  base::Error why;
  if (outcome) {
    why = outcome->error();
  } else {
    BOOST_TEST_REQUIRE(wait_for(socket->fd(), POLLOUT));
    why = socket->take_error();
  }
  if (error != nullptr) {
    *error = why;
  } else {
    BOOST_TEST_REQUIRE(base::name(why.code) == "ok");
  }
  return std::move(*socket);
}

/// An integer option as the kernel has it; -1 when it has none.
inline int option_of(const reactor::Socket& socket, int level, int name) {
  int value = -1;
  socklen_t length = sizeof value;
  ::getsockopt(socket.fd(), level, name, &value, &length);
  return value;
}

using SocketPair = std::pair<reactor::Socket, reactor::Socket>;

inline SocketPair tcp_pair() {
  const reactor::Socket listener = listening(address("127.0.0.1:0"));
  reactor::Socket near = connecting(listener.local_address());
  BOOST_TEST_REQUIRE(wait_for(listener.fd(), POLLIN));
  auto far = listener.accept();
  BOOST_TEST_REQUIRE((far && far->ok()));
  return {std::move(near), std::move((*far)->first)};
}

inline SocketPair unix_pair() {
  int fds[2] = {-1, -1};
  BOOST_TEST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) ==
                     0);
  return {reactor::Socket(fds[0]), reactor::Socket(fds[1])};
}

// The other end of a connection under test.
class Peer {
 public:
  Peer() = default;
  explicit Peer(reactor::Socket socket) : socket_(std::move(socket)) {}

  /// Requires: the kernel has room for all of it.
  void send(std::string_view bytes) const {
    const reactor::Socket::Io io = socket_.write(bytes);
    BOOST_TEST_REQUIRE(io.count == bytes.size());
  }

  /// What has arrived so far.
  std::string take() {
    std::string all;
    char bytes[64 * 1024];
    for (;;) {
      const reactor::Socket::Io io = socket_.read(bytes);
      if (!io.ok()) error_ = io.error;
      if (io.ok() && !io.again && io.count == 0) saw_end_ = true;
      if (io.count == 0) return all;
      all.append(bytes, io.count);
    }
  }

  /// FIN; reading goes on.
  void finish() const { socket_.shutdown_write(); }
  void close() { socket_.close(); }
  void reset() {
    socket_.reset_on_close();
    socket_.close();
  }

  [[nodiscard]] bool saw_end() const { return saw_end_; }
  [[nodiscard]] base::Error error() const { return error_; }
  [[nodiscard]] const reactor::Socket& socket() const { return socket_; }

 private:
  reactor::Socket socket_;
  bool saw_end_ = false;
  base::Error error_;
};

}  // namespace tidegate::test
