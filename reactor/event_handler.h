// What a poller tells the owner of a file descriptor.
//
// Owner:  whoever owns the fd; the poller only knows its name (slot and generation).
// Thread: every call comes on the poller the fd is registered with.
#pragma once

#include <cstdint>

namespace tidegate::reactor {

// What happened, as a value. `requeued` marks a call the handler itself asked for.
class Ready {
 public:
  enum Bit : std::uint8_t {
    kReadable = 1,
    kWritable = 2,
    kPeerClosed = 4,  // the peer sent FIN; input may still be pending
    kHangUp = 8,      // both directions are closed
    kError = 16,      // SO_ERROR is set: a reset, a failed connect
    kRequeued = 32,
  };

  explicit constexpr Ready(unsigned bits) : bits_(static_cast<std::uint8_t>(bits)) {}
  [[nodiscard]] constexpr bool readable() const { return (bits_ & kReadable) != 0; }
  [[nodiscard]] constexpr bool writable() const { return (bits_ & kWritable) != 0; }
  [[nodiscard]] constexpr bool error() const { return (bits_ & kError) != 0; }
  [[nodiscard]] constexpr bool requeued() const { return (bits_ & kRequeued) != 0; }
  /// FIN, hang-up or error: reading will come to an end.
  [[nodiscard]] constexpr bool ending() const {
    return (bits_ & (kPeerClosed | kHangUp | kError)) != 0;
  }

 private:
  std::uint8_t bits_;
};

class EventHandler {
 public:
  /// May destroy or deregister anything, itself included, as long as destruction goes through
  /// `Poller::retire`.
  virtual void on_ready(Ready ready) = 0;

 protected:
  ~EventHandler() = default;
};

}  // namespace tidegate::reactor
