#include "reactor/relay.h"

#include <algorithm>

namespace tidegate::reactor {

Relay::Relay(Poller& poller, PipePool& pipes, RelayObserver& observer)
    : poller_(poller),
      observer_(observer),
      halves_{{{*this, kLeft, poller, pipes}, {*this, kRight, poller, pipes}}} {}

base::Status Relay::start(Joint left, Joint right) {
  TG_CHECK(!is_open());
  if (std::max(left.first.size(), right.first.size()) > kMaxFirst) {
    return base::Error{base::Errc::limit, 0};
  }
  started_ = poller_.now();
  halves_[kLeft].flow.begin_with(right.first);
  halves_[kRight].flow.begin_with(left.first);
  base::Status joined = join(halves_[kLeft], left);
  if (joined) joined = join(halves_[kRight], right);
  if (!joined) close();
  return joined;
}

base::Status Relay::join(Half& half, Joint& joint) {
  half.socket = std::move(joint.socket);
  if (!joint.registration.active()) {
    auto registration =
        poller_.add(half.socket.fd(), half, Poller::kRead | Poller::kWrite, Poller::Mode::edge);
    if (!registration) return registration.error();
    joint.registration = std::move(*registration);
  }
  half.registration = std::move(joint.registration);
  half.registration.hand_to(half);
  half.flow.note(joint.ready);
  half.error_seen = joint.ready.error();
  half.registration.requeue();
  return {};
}

void Relay::on_side_ready(Half& half, Ready ready) {
  half.flow.note(ready);
  if (ready.error()) half.error_seen = true;
  Half& other = opposite(half);
  if ((ready.writable() || ready.error()) && other.flow.waiting() > 0) pump(other);
  // What waits for the other side is moved by that side's events.
  if (ready.requeued() || half.flow.waiting() == 0) pump(half);
  take_late_error(half);
  conclude();
}

void Relay::pump(Half& from) {
  Half& to = opposite(from);
  if (to.is_broken()) return;
  const RelayFlow::Pumped pumped = from.flow.pump(from.socket, to.socket);
  switch (pumped.pause) {
    case RelayFlow::Pause::budget:
      from.registration.requeue();
      break;
    case RelayFlow::Pause::source_broke:
      break_off(from, pumped.error);
      break;
    case RelayFlow::Pause::sink_broke:
      break_off(to, pumped.error);
      break;
    case RelayFlow::Pause::dry:
    case RelayFlow::Pause::clogged:
    case RelayFlow::Pause::finished:
      break;
  }
}

void Relay::break_off(Half& half, base::Error why) {
  if (half.is_broken()) return;
  half.broke = why;
  opposite(half).flow.drop();
  // A write may have taken the kernel's word of it: what came before is still to be read, and no
  // event will tell.
  half.flow.source_lost();
  half.registration.requeue();
}

void Relay::take_late_error(Half& half) {
  // Once reading is over no read will report it.
  if (!half.error_seen || !half.flow.input_over() || half.is_broken()) return;
  const base::Error error = half.socket.take_error();
  break_off(half, error.code == base::Errc::ok ? base::Error{base::Errc::reset, 0} : error);
}

void Relay::conclude() {
  const auto lost = [](const Half& half) { return half.is_broken() && half.flow.exhausted(); };
  const Half& left = halves_[kLeft];
  const Half& right = halves_[kRight];
  if (left.is_broken() && right.is_broken()) {
    finish();
  } else if (lost(left) || lost(right)) {
    finish();
  } else if (left.flow.finished() && right.flow.finished()) {
    finish();
  }
}

void Relay::finish() {
  const RelayEnd end{halves_[kLeft].broke, halves_[kRight].broke};
  end.finished() ? close() : abort();
  poller_.running_for(typeid(observer_));
  observer_.on_relay_end(end);
}

void Relay::close() {
  for (Half& half : halves_) {
    half.flow.drop();
    half.registration.release_for_close();
    half.socket.close();
  }
}

void Relay::abort() {
  if (!is_open()) return;
  for (const Half& half : halves_) half.socket.reset_on_close();
  close();
}

base::Nanos Relay::last_activity() const {
  return std::max({started_, halves_[kLeft].flow.active_at(), halves_[kRight].flow.active_at()});
}

}  // namespace tidegate::reactor
