// An owned socket, and the only place of the library where network system calls are made.
//
// Every call is EINTR-safe; every fd is non-blocking and close-on-exec; errors are values.
// Thread: one at a time; it may be moved between threads.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "reactor/base/address.h"
#include "reactor/base/result.h"

namespace tidegate::reactor {

class Socket {
 public:
  Socket() = default;
  /// Takes ownership of an open fd.
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Socket() { close(); }

  /// A new stream socket of the address family given. Fails as: out_of_fds, out_of_memory, os.
  static base::Result<Socket> open(int family);

  [[nodiscard]] bool is_open() const { return fd_ >= 0; }
  [[nodiscard]] int fd() const { return fd_; }
  /// Gives up ownership.
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }
  void close();

  // What a read or a write did. `count` 0 with `ok` is end of input for reads; `again` means that
  // the kernel has nothing, or no room, right now.
  struct Io {
    std::size_t count = 0;
    bool again = false;
    base::Error error;
    [[nodiscard]] bool ok() const { return error.code == base::Errc::ok; }
  };
  /// `into` must not be empty: nothing read would be taken for the end.
  Io read(std::span<char> into) const;
  Io write(std::string_view bytes) const;
  /// At most IOV_MAX slices: more is EMSGSIZE.
  Io write(std::span<const iovec> slices) const;

  /// What the next read would bring, without taking it.
  enum class Pending { nothing, input, end };
  [[nodiscard]] Pending peek() const;

  /// Bytes the kernel keeps because the peer has not acknowledged, or a unix peer not read, them
  /// yet.
  [[nodiscard]] std::size_t untaken() const;

  /// No more will be written: the peer reads end of input after what was sent.
  void shutdown_write() const;

  /// The next `close` sends RST instead of FIN and drops what was not yet sent.
  void reset_on_close() const;

  [[nodiscard]] base::Status bind(const base::Address& address) const;
  [[nodiscard]] base::Status listen(int backlog) const;

  /// Ok: connected at once. Errc::ok is also what `take_error` gives later; "in progress" is the
  /// empty optional. A unix listener whose queue is full refuses with EAGAIN: nothing is under way,
  /// and a later attempt may succeed.
  std::optional<base::Status> connect(const base::Address& to) const;

  /// Takes the next connection. An empty optional: none is waiting. Fails as: reset, whatever the
  /// errno, when that one was gone already and the next may be asked for; out_of_fds,
  /// out_of_memory, os.
  std::optional<base::Result<std::pair<Socket, base::Address>>> accept() const;

  /// SO_ERROR, which the kernel clears by this.
  [[nodiscard]] base::Error take_error() const;

  [[nodiscard]] bool is_listening() const;

  /// Also close-on-exec: for an fd that was not made here.
  [[nodiscard]] base::Status make_non_blocking() const;

  [[nodiscard]] base::Address local_address() const;
  [[nodiscard]] base::Address peer_address() const;

  /// setsockopt with an int; `level` and `name` as in socket(7), tcp(7), ipv6(7).
  [[nodiscard]] base::Status set_option(int level, int name, int value) const;

 private:
  int fd_ = -1;
};

}  // namespace tidegate::reactor
