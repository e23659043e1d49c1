// Opens one outbound connection and reports the outcome exactly once.
//
// Owner:    whoever dials; destroying a Dial abandons it silently, and is allowed inside its
//           observer's callbacks: making them is the last thing it does.
// Thread:   the poller it was given, start to finish.
// Fails as: refused (a unix listener's full queue too, with EAGAIN: worth another attempt),
//           unreachable, timed_out, in_use, not_permitted, out_of_fds, out_of_memory, or os with
//           the errno. `failed_stage` says what was being done.
#pragma once

#include "reactor/base/address.h"
#include "reactor/base/result.h"
#include "reactor/dial_options.h"
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
  void start(const base::Address& to, const DialOptions& options);

  /// Abandons the attempt; nothing is reported.
  void cancel();

  /// Of the last attempt, once it has failed.
  [[nodiscard]] DialStage failed_stage() const { return stage_; }

  /// The option that could not be set, e.g. "SO_SNDBUF"; empty in other stages.
  [[nodiscard]] const char* failed_option() const { return failed_option_; }

 private:
  void on_ready(Ready ready) override;
  void on_timeout(Timer& timer) override;
  base::Status begin(const base::Address& to, const DialOptions& options);
  base::Status set_options(const base::Address& to, const DialOptions& options);
  void fail(base::Error why);

  Poller& poller_;
  DialObserver& observer_;
  Socket socket_;
  Registration registration_;
  Timer patience_;
  base::Error failed_at_once_;  // reported from the timer, outside `start`
  DialStage stage_ = DialStage::socket;
  const char* failed_option_ = "";
};

}  // namespace tidegate::reactor
