// Signals as callbacks on a poller, through signalfd.
//
// Owner:  main. Thread: its poller's. Make it before any other thread starts: the signals are
// blocked
//         in the calling thread and every thread it starts then inherits that.
#pragma once

#include <initializer_list>

#include "reactor/base/result.h"
#include "reactor/event_handler.h"
#include "reactor/poller.h"
#include "reactor/socket.h"

namespace tidegate::reactor {

class SignalObserver {
 public:
  virtual void on_signal(int number) = 0;

 protected:
  ~SignalObserver() = default;
};

class Signals final : private EventHandler {
 public:
  Signals(Poller& poller, SignalObserver& observer) : poller_(poller), observer_(observer) {}
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  ~Signals() = default;

  /// Blocks and watches `numbers`, and ignores SIGPIPE for the whole process. Fails as: out_of_fds,
  /// os.
  base::Status open(std::initializer_list<int> numbers);

 private:
  void on_ready(Ready ready) override;

  Poller& poller_;
  SignalObserver& observer_;
  Socket fd_;  // a signalfd; Socket for its ownership
  Registration registration_;
};

}  // namespace tidegate::reactor
