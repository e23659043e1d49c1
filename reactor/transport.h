// What a stream's bytes pass through between its owner and its socket. A plain stream has none and
// pays for none; a cipher implements this.
//
// Every call is made by the stream, on its poller's thread, and none may block or call back into
// the stream.
// Rules: `again` from `read` or `write` means that nothing more than `count` is possible until the
//        socket is readable or writable, whichever the transport waits for: the stream tries both
//        again after any event, and writes again after it has read. A handshake happens inside
//        `read` and `write`; bytes written before it is over are kept by the stream. While reading
//        is held and nothing waits to be written, neither is called, and a handshake waits too.
//        After an error of `write` or `finish`, `read` is still called, until it has given what
//        came before and then an error, the end or `again`: answer from what is known, without
//        asking the socket, if the error was the transport's own. `finish` may be the only call
//        while reading is held: it drives what the end needs.
// Owner: its stream, from `Stream::set_transport` to the stream's end.
#pragma once

#include <sys/uio.h>

#include <span>

#include "reactor/socket.h"

namespace tidegate::reactor {

class Transport {
 public:
  Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  virtual ~Transport() = default;

  /// Bytes for the owner. `count` 0 with `ok` and without `again` is the peer's proper end. An end
  /// that the transport's own rules call improper (a cut) is an error.
  virtual Socket::Io read(const Socket& socket, std::span<char> into) = 0;

  /// Takes bytes from the owner, at least one; `count` is how many are gone to the kernel. The rest
  /// is offered again, first, and unchanged in content but not in place; without `again` `count` is
  /// not 0.
  virtual Socket::Io write(const Socket& socket, std::span<const iovec> slices) = 0;

  /// Says to the peer that no more will be written, then sends FIN. `again`: call once more when
  /// the socket is ready. Called after all that was written has been taken.
  virtual Socket::Io finish(const Socket& socket) = 0;

  /// What the next `read` would bring the owner, without taking it.
  [[nodiscard]] virtual Socket::Pending peek(const Socket& socket) const = 0;
};

}  // namespace tidegate::reactor
