// Listens on one address and hands out connections, in bounded batches.
//
// Owner:  a listener. Destroying it stops listening and unlinks its own unix path.
// Thread: its poller's; `open` may run before the poller does.
// Fails as: `open` reports bind and listen errors. When fds or memory run out while accepting, it
//         backs off for a growing while (10 ms to 1 s), counts it, and goes on by itself; nothing
//         spins. Meanwhile waiting clients stay in the kernel's queue, or are reset and counted:
//         `ListenOptions::when_out_of_fds`.
#pragma once

#include "reactor/base/address.h"
#include "reactor/base/cell.h"
#include "reactor/base/result.h"
#include "reactor/event_handler.h"
#include "reactor/listen_options.h"
#include "reactor/listening_socket.h"
#include "reactor/poller.h"
#include "reactor/socket.h"

namespace tidegate::reactor {

class AcceptObserver {
 public:
  /// A new connection; `peer` is its address. May pause, stop or destroy (retire) the acceptor.
  virtual void on_accept(Socket socket, const base::Address& peer) = 0;

  /// A batch is over: the place to hand on what was collected.
  virtual void on_accept_batch_end() {}

 protected:
  ~AcceptObserver() = default;
};

class Acceptor final : private EventHandler, private TimerHandler {
 public:
  static constexpr int kBatch = 64;
  static constexpr base::Nanos kMinBackoff = 10 * base::kMillisecond;
  static constexpr base::Nanos kMaxBackoff = base::kSecond;

  Acceptor(Poller& poller, AcceptObserver& observer)
      : poller_(poller), observer_(observer), retry_(*this) {}
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;
  ~Acceptor();

  /// Binds and listens. A unix path is unlinked first only when it is a socket that nobody listens
  /// on. Fails as: in_use (of a port range: all of it), not_permitted, bad_address, out_of_fds, os.
  /// Requires: not open.
  base::Status open(const base::Address& address, const ListenOptions& options);

  /// Takes over a socket that is listening already, an inherited one for example. Its unix path is
  /// not unlinked in the end. Of the options only `socket` and `when_out_of_fds` count. Fails as:
  /// out_of_fds, os, with EINVAL when it does not listen. Requires: not open.
  base::Status adopt(Socket socket, const ListenOptions& options = {});

  /// Stops accepting and listening, paused or not. With `take_waiting`, connections the kernel has
  /// already completed are accepted first, so that none of them is reset.
  void close(bool take_waiting);

  /// Leaves connections in the kernel's queue until `resume`; called from `on_accept`, it ends the
  /// batch. Before `open`: it opens paused. Does not count as one of `pauses`.
  void pause();
  void resume();
  [[nodiscard]] bool paused() const { return paused_; }

  /// The bound address, with the real port when 0 or a range was asked for.
  [[nodiscard]] base::Address local_address() const { return listening_.socket().local_address(); }

  /// The socket option the last `open` or `adopt` failed with, e.g. "SO_RCVBUF"; else empty.
  [[nodiscard]] const char* failed_option() const { return listening_.failed_option(); }

  /// How often accepting was stopped for want of fds or memory. Readable from any thread.
  [[nodiscard]] const base::Cell& pauses() const { return pauses_; }

  /// Connections that were reset for that. Readable from any thread.
  [[nodiscard]] const base::Cell& refused() const { return refused_; }

 private:
  void on_ready(Ready ready) override;
  void on_timeout(Timer& timer) override;
  base::Status begin(const ListenOptions& options);
  // Takes up to `limit` connections; false when there are no more or it had to stop.
  bool accept_some(int limit);
  // How many, at most kBatch.
  int refuse_some();
  base::Status take_reserve();
  void back_off();
  base::Status watch();
  void watch_again();

  Poller& poller_;
  AcceptObserver& observer_;
  ListeningSocket listening_;
  Registration registration_;
  // Accepting waits while either holds: the owner's pause, or the timer armed for want of fds.
  bool paused_ = false;
  Timer retry_;
  base::Nanos backoff_ = 0;
  bool refuses_ = false;
  bool closing_ = false;  // inside `close`
  Socket reserve_;        // closed to make room for those who are refused
  base::Cell pauses_;
  base::Cell refused_;
};

}  // namespace tidegate::reactor
