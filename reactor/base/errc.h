// The reasons an operation on a socket, an address or a file can fail.
#pragma once

#include <cstdint>
#include <string_view>

namespace tidegate::base {

enum class Errc : std::int32_t {
  ok = 0,
  os,             // the kernel said no; `Error::os_errno` says why
  refused,        // ECONNREFUSED; a unix listener's full queue (EAGAIN)
  unreachable,    // no route to the host or network
  reset,          // ECONNRESET, EPIPE: the peer tore the connection down
  timed_out,      // our timer or the kernel's
  cancelled,      // the owner gave up
  out_of_fds,     // EMFILE or ENFILE
  out_of_memory,  // ENOMEM or ENOBUFS
  in_use,         // EADDRINUSE
  not_permitted,  // EACCES or EPERM
  bad_address,    // text that is no address
  limit,          // one of our own limits
};

/// A stable lower-case name for logs and metric labels, e.g. "timed_out".
std::string_view name(Errc code);

/// Sorts an errno into the code that names it; `Errc::os` when there is none.
Errc errc_from_errno(int os_errno);

}  // namespace tidegate::base
