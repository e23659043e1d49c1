// How a listening socket is made.
#pragma once

#include <cstdint>
#include <optional>

namespace tidegate::reactor {

struct ListenOptions {
  int backlog = 4096;
  bool reuse_address = true;
  bool reuse_port = false;  // several sockets share the address; the kernel spreads connections
  bool ipv6_only = false;   // false: an IPv6 wildcard takes IPv4 too
  std::optional<std::uint32_t> unix_mode;  // permission bits of a unix socket's file
};

}  // namespace tidegate::reactor
