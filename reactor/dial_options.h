// How an outbound connection is made, and what was being done when that failed.
#pragma once

#include <cstdint>
#include <optional>

#include "reactor/base/address.h"
#include "reactor/base/clock.h"
#include "reactor/socket_options.h"

namespace tidegate::reactor {

struct DialOptions {
  SocketOptions socket;
  /// Where the connection comes from; of the family that is dialled. With port 0 the kernel chooses
  /// one that is free towards that peer, so that more connections than ports can come from here;
  /// a port of one's own may be one that former connections still wait on (TIME_WAIT). The file of
  /// a unix path is made here and is the caller's to remove.
  std::optional<base::Address> source;
  /// Nanoseconds, > 0.
  base::Nanos patience = 10 * base::kSecond;
};

enum class DialStage : std::uint8_t {
  socket,   // making it: out of fds or memory, an unknown family
  option,   // setting an option: `failed_option` names it
  bind,     // taking the source address
  connect,  // reaching the peer; also when the poller could not watch the socket
};

}  // namespace tidegate::reactor
