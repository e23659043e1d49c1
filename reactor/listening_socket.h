// A socket that listens, and the unix path it stands on.
//
// Owner:  an Acceptor. Destroying it stops listening and removes its own unix path.
// Thread: one at a time.
// Fails as: in_use, not_permitted, bad_address (a port range that is none), out_of_fds,
//         out_of_memory, os. A failed open leaves nothing behind.
#pragma once

#include "reactor/base/address.h"
#include "reactor/base/result.h"
#include "reactor/listen_options.h"
#include "reactor/socket.h"
#include "reactor/unix_path.h"

namespace tidegate::reactor {

class ListeningSocket {
 public:
  /// Binds and listens, on the first free port when `options` give a range: in_use only when all
  /// are taken. Ports that are shared by `reuse_port` count as free. Requires: not open.
  base::Status open(const base::Address& address, const ListenOptions& options);

  /// Takes over a socket that listens already, as an inherited one may: makes it non-blocking and
  /// close-on-exec, and sets `options.socket`. Its address, and a unix path, stay as they are: it
  /// is not ours to remove. Fails as: os with EINVAL when it does not listen. Requires: not open.
  base::Status adopt(Socket socket, const ListenOptions& options);

  void close();

  [[nodiscard]] bool is_open() const { return socket_.is_open(); }
  [[nodiscard]] const Socket& socket() const { return socket_; }

  /// The socket option the last `open` or `adopt` failed with, e.g. "SO_RCVBUF"; else empty.
  [[nodiscard]] const char* failed_option() const { return failed_option_; }

 private:
  base::Status open_at(const base::Address& address, const ListenOptions& options);
  base::Status set_options(const Socket& socket, const base::Address& address,
                           const ListenOptions& options);
  base::Status note(const OptionSetter& setter);

  Socket socket_;
  UnixPath path_;
  const char* failed_option_ = "";
};

}  // namespace tidegate::reactor
