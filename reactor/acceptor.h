// Listens on one address and hands out connections, in bounded batches.
//
// Owner:  a listener. Destroying it stops listening and unlinks its own unix path.
// Thread: its poller's; `open` may run before the poller does.
// Fails as: `open` reports bind and listen errors. When fds or memory run out while accepting, it
//         pauses with a growing back-off (10 ms to 1 s), counts it, and goes on by itself: waiting
//         clients stay in the kernel's queue, nothing spins and nothing is dropped.
#pragma once

#include <string>

#include "reactor/base/address.h"
#include "reactor/base/cell.h"
#include "reactor/base/result.h"
#include "reactor/event_handler.h"
#include "reactor/listen_options.h"
#include "reactor/poller.h"
#include "reactor/socket.h"

namespace tidegate::reactor {

class AcceptObserver {
 public:
  /// A new connection; `peer` is its address. May stop or destroy (retire) the acceptor.
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
  /// on. Fails as: in_use, not_permitted, out_of_fds, os.
  base::Status open(const base::Address& address, const ListenOptions& options);

  /// Takes over a socket that is listening already.
  base::Status adopt(Socket socket);

  /// Stops accepting and listening. With `take_waiting`, connections the kernel has already
  /// completed are accepted first, so that none of them is reset.
  void close(bool take_waiting);

  /// The bound address, with the real port when 0 was asked for.
  [[nodiscard]] base::Address local_address() const { return socket_.local_address(); }

  /// How often accepting was paused for want of fds or memory. Readable from any thread.
  [[nodiscard]] const base::Cell& pauses() const { return pauses_; }

 private:
  void on_ready(Ready ready) override;
  void on_timeout(Timer& timer) override;
  // Takes up to `limit` connections; false when there are no more or it had to pause.
  bool accept_some(int limit);
  void pause();
  base::Status watch();
  void unlink_own_path();

  Poller& poller_;
  AcceptObserver& observer_;
  Socket socket_;
  Registration registration_;
  Timer retry_;
  base::Nanos backoff_ = 0;
  base::Cell pauses_;
  std::string own_path_;
};

}  // namespace tidegate::reactor
