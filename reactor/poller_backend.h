// What a poller asks of the kernel: which of its fds are ready.
//
// `EpollBackend` is the one that is always there. Another (io_uring, a scripted one in a test)
// implements this and is given to `Poller::open`; handlers, streams and timers see no difference.
//
// Owner:  its Poller. Thread: its poller's.
// Fails as: values from `open`, `add` and `change`; nothing else can fail.
#pragma once

#include <cstdint>
#include <span>

#include "reactor/base/clock.h"
#include "reactor/base/result.h"
#include "reactor/event_handler.h"

namespace tidegate::reactor {

// Which registration an event is for: given with `add`, told with every event.
using Cookie = std::uint64_t;

// What a handler wants to hear of. Hang-ups and errors are always told.
enum Interest : unsigned { kRead = 1, kWrite = 2 };

// `edge`: told once for each change. `level`: told in every turn as long as it holds.
enum class Trigger : std::uint8_t { edge, level };

class PollerBackend {
 public:
  struct Event {
    Cookie cookie = 0;
    Ready ready{0};
  };

  PollerBackend() = default;
  PollerBackend(const PollerBackend&) = delete;
  PollerBackend& operator=(const PollerBackend&) = delete;
  virtual ~PollerBackend() = default;

  /// Makes the kernel objects. Called once, before anything else.
  virtual base::Status open() = 0;

  /// Begins to watch `fd`. The peer's FIN is told together with `kRead`. On failure nothing is
  /// left behind.
  virtual base::Status add(int fd, Cookie cookie, unsigned interest, Trigger trigger) = 0;

  /// Requires: `fd` was added and not removed. On failure what was set before holds.
  virtual base::Status change(int fd, Cookie cookie, unsigned interest, Trigger trigger) = 0;

  /// Ends watching; the fd stays open.
  virtual void remove(int fd) = 0;

  /// The fd is about to be closed by its owner, the only one who has it.
  virtual void forget(int fd) = 0;

  /// Waits until something is ready, at most `patience` nanoseconds (-1: without limit; 0: only
  /// looks), and writes what is; returns how many. A signal may end the wait with 0. An event of
  /// a registration that was removed may still come: the poller knows by its cookie.
  virtual int wait(std::span<Event> out, base::Nanos patience) = 0;
};

}  // namespace tidegate::reactor
