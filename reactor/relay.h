// Moves bytes between two connected sockets, both ways at once, until both have ended.
//
// Owner:  whoever joined the two. Destroying a relay that is at work aborts it, silently. Inside
//         on_relay_end it leaves by Poller::retire, like anything that may be on the call stack.
// Thread: its poller's.
// Ends:   the end of one side's input is passed on after the last byte before it, and the other
//         direction goes on. When both have ended so, the sockets are closed. When a side breaks
//         (RST, a time-out of the kernel), what it sent before is given on, and then the other side
//         is reset: neither may take what it got for the whole. What the kernel had taken and not
//         sent yet is lost then, as it is when a peer resets without a relay between. A unix socket
//         knows no reset: its peer reads the end of input.
// Limits: see RelayFlow: per direction what one read brings, or one pipe; an idle relay holds
//         neither. kMaxFirst for what the owner brings.
// SIGPIPE: see PipePool.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "reactor/base/result.h"
#include "reactor/event_handler.h"
#include "reactor/pipe_pool.h"
#include "reactor/poller.h"
#include "reactor/relay_flow.h"
#include "reactor/socket.h"

namespace tidegate::reactor {

// How a relay ended: for each side what broke it, or Errc::ok.
struct RelayEnd {
  base::Error left;
  base::Error right;

  /// Both sides came to their end of input, and the other was given all of it.
  [[nodiscard]] bool finished() const {
    return left.code == base::Errc::ok && right.code == base::Errc::ok;
  }
};

class RelayObserver {
 public:
  /// The end, not by the owner's wish; told once. The sockets are closed already.
  virtual void on_relay_end(const RelayEnd& end) = 0;

 protected:
  ~RelayObserver() = default;
};

class Relay final {
 public:
  static constexpr std::size_t kMaxFirst = 256 * 1024;

  enum Side : std::uint8_t { kLeft, kRight };

  // A connected socket. If it is registered with the relay's poller already (for reading and
  // writing, edge-triggered), `ready` is what events told of it, which no edge will tell again.
  struct Joint {
    Socket socket;
    Registration registration;
    Ready ready{0};
    /// Sent to this side before what the other sends; at most kMaxFirst. Not needed after `start`.
    std::string_view first;
  };

  /// All three must outlive this object.
  Relay(Poller& poller, PipePool& pipes, RelayObserver& observer);
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;
  ~Relay() { abort(); }

  /// Takes over both sockets. The observer is never called from inside. Fails as: limit,
  /// out_of_memory, os; the sockets are closed then. Requires: called once.
  base::Status start(Joint left, Joint right);

  [[nodiscard]] bool is_open() const { return halves_[kLeft].socket.is_open(); }

  /// Closes both at once, silently; what is on the way is lost.
  void close();

  /// The same with RST, so that neither side can take what it got for the whole.
  void abort();

  /// Bytes that came from `side`, or were brought by the owner in its place, and that the other
  /// side's kernel took.
  [[nodiscard]] std::uint64_t moved_from(Side side) const { return halves_[side].flow.moved(); }

  /// poller.now() when a byte was last read or written, or of `start`.
  [[nodiscard]] base::Nanos last_activity() const;

 private:
  // A side, and the direction that begins there.
  struct Half final : EventHandler {
    Half(Relay& owner, Side which, Poller& poller, PipePool& pipes)
        : relay(owner), side(which), flow(poller, pipes) {}
    void on_ready(Ready ready) override { relay.on_side_ready(*this, ready); }
    [[nodiscard]] bool is_broken() const { return broke.code != base::Errc::ok; }

    Relay& relay;
    const Side side;
    bool error_seen = false;  // the poller told of an error, and will not again
    Socket socket;
    Registration registration;
    RelayFlow flow;
    base::Error broke;
  };

  base::Status join(Half& half, Joint& joint);
  void on_side_ready(Half& half, Ready ready);
  void pump(Half& from);
  void break_off(Half& half, base::Error why);
  void take_late_error(Half& half);
  void conclude();
  void finish();

  Half& opposite(const Half& half) { return halves_[half.side == kLeft ? kRight : kLeft]; }

  Poller& poller_;
  RelayObserver& observer_;
  std::array<Half, 2> halves_;
  base::Nanos started_ = 0;
};

}  // namespace tidegate::reactor
