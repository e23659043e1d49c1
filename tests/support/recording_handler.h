// An event handler and a timer's that count what they are told.
#pragma once

#include <functional>

#include "reactor/base/clock.h"
#include "reactor/event_handler.h"
#include "reactor/timer_wheel.h"

namespace tidegate::test {

class RecordingHandler final : public reactor::EventHandler {
 public:
  int events = 0;
  int requeues = 0;
  reactor::Ready last{0};
  std::function<void(reactor::Ready)> inside = [](reactor::Ready) {};

  void on_ready(reactor::Ready ready) override {
    last = ready;
    ++(ready.requeued() ? requeues : events);
    inside(ready);
  }
};

class Bell final : public reactor::TimerHandler {
 public:
  int rung = 0;
  base::Nanos rung_at = 0;
  std::function<void(reactor::Timer&)> inside = [](reactor::Timer&) {};

  void on_timeout(reactor::Timer& timer) override {
    ++rung;
    rung_at = base::monotonic_now();
    inside(timer);
  }
};

}  // namespace tidegate::test
