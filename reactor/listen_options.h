// How a listening socket is made, and what its acceptor does in need.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

#include "reactor/base/clock.h"
#include "reactor/socket_options.h"

namespace tidegate::reactor {

// What becomes of the clients that wait while no fd, or no memory, is left for them.
enum class WhenOutOfFds {
  wait,    // they stay in the kernel's queue until there is one
  refuse,  // each is reset, so that it knows; costs an fd kept in reserve
};

// Who a unix socket's file belongs to; -1 leaves that part as it is (chown(2)).
struct UnixOwner {
  uid_t user = static_cast<uid_t>(-1);
  gid_t group = static_cast<gid_t>(-1);
};

struct ListenOptions {
  int backlog = 4096;
  bool reuse_address = true;
  bool reuse_port = false;  // several sockets share the address; the kernel spreads connections
  bool ipv6_only = false;   // false: an IPv6 wildcard takes IPv4 too
  std::optional<std::uint32_t> unix_mode;  // permission bits of a unix socket's file

  std::optional<UnixOwner> unix_owner;
  SocketOptions socket;  // for every accepted connection
  /// The first free port from the address's own to this one is taken; 0: its own and no other.
  std::uint16_t last_port = 0;
  /// IP: only connections that have sent something are accepted, for about this long (whole
  /// seconds, rounded up; tcp(7) TCP_DEFER_ACCEPT); 0: off.
  base::Nanos defer_accept = 0;
  /// IP: how many connections may bring data with their SYN and wait for the handshake's end
  /// (RFC 7413); 0: off.
  int fast_open = 0;
  WhenOutOfFds when_out_of_fds = WhenOutOfFds::wait;
};

}  // namespace tidegate::reactor
