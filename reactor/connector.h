// Opens one outbound connection and reports the outcome exactly once.
//
// Owner:    whoever dials; destroying a Dial abandons it silently, and is allowed inside its
// observer's
//           callbacks: making them is the last thing it does.
// Thread:   the poller it was given, start to finish.
// Fails as: refused, unreachable, timed_out, out_of_fds, out_of_memory, or os with the errno.
#pragma once

#include "reactor/base/address.h"
#include "reactor/base/result.h"
#include "reactor/event_handler.h"
#include "reactor/poller.h"
#include "reactor/socket.h"

namespace tidegate::reactor {

class DialObserver {
 public:
  /// The socket comes registered for reading and writing, edge-triggered, and `ready` is what its
  /// first event told: give all three to `Stream::adopt`.
  virtual void on_connected(Socket socket, Registration registration, Ready ready) = 0;

  virtual void on_connect_failed(base::Error why) = 0;

 protected:
  ~DialObserver() = default;
};

class Dial final : private EventHandler, private TimerHandler {
 public:
  /// `poller` and `observer` must outlive this object.
  Dial(Poller& poller, DialObserver& observer)
      : poller_(poller), observer_(observer), patience_(*this) {}
  Dial(const Dial&) = delete;
  Dial& operator=(const Dial&) = delete;
  ~Dial() { cancel(); }

  /// Begins the attempt; `patience` is in nanoseconds and must be > 0. The outcome is never
  /// reported from inside this call, whether it is known at once or later. Requires: no attempt
  /// under way.
  void start(const base::Address& to, base::Nanos patience);

  /// Abandons the attempt; nothing is reported.
  void cancel();

 private:
  void on_ready(Ready ready) override;
  void on_timeout(Timer& timer) override;
  base::Status begin(const base::Address& to);
  void fail(base::Error why);

  Poller& poller_;
  DialObserver& observer_;
  Socket socket_;
  Registration registration_;
  Timer patience_;
  base::Error failed_at_once_;  // reported from the timer, outside `start`
};

}  // namespace tidegate::reactor
