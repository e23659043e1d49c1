// What a stream socket is set to before it listens or connects.
//
// Values, shared by ListenOptions and DialOptions. Accepted sockets inherit what their listener was
// given: no system call per connection. What does not fit the socket's family is left out.
// Fails as: os with the errno; the name of the option the kernel refused is kept beside it.
#pragma once

#include <optional>

#include "reactor/base/clock.h"
#include "reactor/base/result.h"
#include "reactor/socket.h"

namespace tidegate::reactor {

// Finds peers that vanished without a word. The kernel's ranges: 1 to 32,767 s and 1 to 127 probes.
struct KeepAlive {
  base::Nanos idle = 60 * base::kSecond;      // silence before the first probe; whole seconds, up
  base::Nanos interval = 10 * base::kSecond;  // between probes; whole seconds, rounded up
  int count = 6;                              // probes without an answer before it is given up
};

struct SocketOptions {
  bool nodelay = true;                      // IP: small writes leave at once
  std::optional<KeepAlive> keepalive;       // IP
  std::optional<base::Nanos> user_timeout;  // IP: how long sent bytes may stay unacknowledged; ms
  // Bytes. The kernel doubles them for its own records, and net.core.{r,w}mem_max are the most.
  std::optional<int> receive_buffer;
  std::optional<int> send_buffer;
};

// Sets options one after another; after the first failure it does nothing more.
class OptionSetter {
 public:
  /// `socket` must outlive this object.
  explicit OptionSetter(const Socket& socket) : socket_(socket) {}

  /// `text` is the option's name and must be a literal.
  OptionSetter& set(int level, int name, int value, const char* text);

  /// All of `options` that a socket of `family` knows. The buffers count only when this comes
  /// before `listen` or `connect`: the window scale is agreed on there.
  OptionSetter& apply(const SocketOptions& options, int family);

  [[nodiscard]] base::Status status() const { return status_; }

  /// The option that failed, e.g. "TCP_NODELAY"; empty when none did.
  [[nodiscard]] const char* failed() const { return failed_; }

 private:
  void apply_tcp(const SocketOptions& options);

  const Socket& socket_;
  base::Status status_;
  const char* failed_ = "";
};

}  // namespace tidegate::reactor
