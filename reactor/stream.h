// A connected byte stream on a poller: reads in shared scratch memory, writes at once or in order
// later, back-pressure by named holds, half-close visible on both sides.
//
// Owner:  a session or an upstream connection, as a member. Empty-handed it owns no buffer.
// Thread: its poller's.
// Life:   open or adopt → (on_data, on_write_drained, on_peer_gone)* , at most one on_eof →
//         exactly one end: on_close, or the owner's own `close`. No callback after the end.
// Fails as: a read or write error is reported by on_close, after the input that arrived before it;
//           never from inside `write`.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "reactor/base/buffer.h"
#include "reactor/event_handler.h"
#include "reactor/poller.h"
#include "reactor/socket.h"
#include "reactor/transport.h"
#include "reactor/write_receipt.h"

namespace tidegate::reactor {

class StreamObserver {
 public:
  /// Everything received and not yet consumed, in one piece, good until this returns. Returns how
  /// much was consumed; the rest is kept and comes again, first, with what is received next or when
  /// the last read hold is lifted.
  virtual std::size_t on_data(std::string_view bytes) = 0;

  /// The peer will send no more (FIN), and all it sent was given to on_data. Writing still works.
  virtual void on_eof() = 0;

  /// What was kept for writing has fallen to the low mark after being over the high mark, or is
  /// gone; or a transport's farewell that was owed is.
  virtual void on_write_drained() {}

  /// The peer sent FIN (`reset` false) or RST while reading is held; told once for each. What
  /// follows once the holds are lifted is as usual; an owner that expects nothing more can `close`
  /// now.
  virtual void on_peer_gone(bool reset) { static_cast<void>(reset); }

  /// The end, not by the owner's wish. The socket is closed already.
  virtual void on_close(base::Error why) = 0;

 protected:
  ~StreamObserver() = default;
};

// Why reading is stopped; it goes on when the last hold is lifted.
enum class ReadHold : std::uint8_t {
  backpressure = 1,  // the other side's write buffer is over its high mark
  exchange = 2,      // what follows waits for the answer to what came before
  setup = 4,         // nobody to give the bytes to yet
};

class Stream final : private EventHandler {
 public:
  static constexpr std::size_t kHighMark = 64 * 1024;
  static constexpr std::size_t kLowMark = 16 * 1024;
  static constexpr int kReadsPerTurn = 4;
  /// The most that is kept for an owner who consumes nothing and does not hold: beyond it the
  /// stream ends with Errc::limit.
  static constexpr std::size_t kMaxKept = 4 * 1024 * 1024;

  /// `poller` and `observer` must outlive this object.
  Stream(Poller& poller, StreamObserver& observer) : poller_(poller), observer_(&observer) {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() { close(); }

  /// Registers a connected socket. Fails as: out_of_memory, os; the socket is closed then.
  base::Status open(Socket socket);

  /// Takes over a socket that is registered for reading and writing, edge-triggered, already.
  /// `ready` is what an earlier event told of it, which no edge will tell again.
  void adopt(Socket socket, Registration registration, Ready ready);

  /// From now on everything passes through `transport`, which begins at once, with the poller's
  /// next turn. Requires: open; nothing was written or received yet.
  void set_transport(std::unique_ptr<Transport> transport);
  [[nodiscard]] Transport* transport() const { return transport_.get(); }

  // A connection without its stream: for an owner who goes on with it in another way.
  struct Detached {
    Socket socket;
    Registration registration;
    Ready ready{0};     // what no edge will tell again: see `adopt`
    std::string input;  // received, not consumed; see `detach`
  };

  /// Gives the connection away; this object is then as after `close`. Inside on_data the bytes that
  /// were offered are the callback's to hand on, and not in `input`. Requires: open, not broken,
  /// nothing unsent, no transport.
  Detached detach();

  [[nodiscard]] bool is_open() const { return socket_.is_open(); }
  [[nodiscard]] Poller& poller() const { return poller_; }
  [[nodiscard]] const Socket& socket() const { return socket_; }

  /// From the next callback on.
  void set_observer(StreamObserver& observer) { observer_ = &observer; }

  /// Sends now what the kernel takes and keeps a copy of the rest, in order. After an error or the
  /// end the bytes are dropped.
  void write(std::string_view bytes);
  void write(std::span<const iovec> slices);

  /// The same, and `receipt` runs as a task once the kernel has all of it or never will.
  void write(std::string_view bytes, std::unique_ptr<WriteReceipt> receipt);

  /// Bytes kept for writing.
  [[nodiscard]] std::size_t unsent() const { return out_.size(); }
  [[nodiscard]] bool above_high_mark() const { return out_.size() > kHighMark; }

  /// FIN after what was written. Writing more is a mistake of the caller.
  void shutdown_write();
  [[nodiscard]] bool write_ended() const { return shutdown_wanted_; }

  /// That, and everything before it, itself and the transport's farewell are with the kernel.
  [[nodiscard]] bool end_sent() const { return shutdown_wanted_ && out_.empty() && !end_owed_; }

  void hold(ReadHold reason) { holds_ |= static_cast<std::uint8_t>(reason); }
  void lift(ReadHold reason);
  [[nodiscard]] bool held() const { return holds_ != 0; }

  /// A read or write failed or the peer reset: nothing more will reach it.
  [[nodiscard]] bool broken() const { return broken_; }
  [[nodiscard]] bool input_ended() const { return eof_; }

  /// True when a request could be lost by closing now: bytes are kept or wait in the kernel.
  [[nodiscard]] bool has_input() const {
    return input_ != nullptr || peek() == Socket::Pending::input;
  }

  /// Nothing was received that is not consumed, and the peer has not closed: asks the kernel.
  [[nodiscard]] bool is_quiet() const {
    return input_ == nullptr && peek() == Socket::Pending::nothing;
  }

  /// The most one read takes, and so the most that is kept for an owner who consumes nothing and
  /// holds. For one that does not hold, every read adds to what is kept, up to kMaxKept.
  /// Requires: > 0.
  void limit_reads(std::uint32_t bytes) {
    TG_CHECK(bytes > 0);
    read_limit_ = bytes;
  }

  /// Closes at once; what is unsent is lost. Silent: no callback.
  void close();

  /// Closes with RST, so that the peer cannot take what it got for the whole.
  void abort();

  /// The stream's name on its poller while it is open: see RemoteStream.
  [[nodiscard]] Cookie cookie() const { return registration_.cookie(); }

  /// Whether `cookie` still names `stream` on `poller`. `stream` need not exist any more.
  static bool is_same(Poller& poller, Cookie cookie, const Stream* stream) {
    return poller.find(cookie) == static_cast<const EventHandler*>(stream);
  }

  /// Bytes read, or given to the kernel, since the last call.
  std::uint64_t take_bytes_read() { return std::exchange(bytes_read_, 0); }
  std::uint64_t take_bytes_written() { return std::exchange(bytes_written_, 0); }

 private:
  void on_ready(Ready ready) override;
  void read_some();
  // False when reading is over for this turn.
  bool read_once();
  void deliver(std::string_view received);
  void deliver_kept();
  std::size_t offer(std::string_view bytes);
  void send_kept();
  void send_after_reading();
  void flush();
  void fail(base::Error why);
  void finish(base::Error why);
  void tell_peer_gone();
  void take_late_error();
  void after_partial_write(std::span<const iovec> slices, std::size_t sent);
  [[nodiscard]] Socket::Io read_through(std::span<char> into) {
    return transport_ == nullptr ? socket_.read(into) : transport_->read(socket_, into);
  }
  [[nodiscard]] Socket::Io write_through(std::span<const iovec> slices) {
    return transport_ == nullptr ? socket_.write(slices) : transport_->write(socket_, slices);
  }
  [[nodiscard]] Socket::Pending peek() const {
    return transport_ == nullptr ? socket_.peek() : transport_->peek(socket_);
  }
  void send_end();
  void settle_receipts(std::size_t sent);
  void drop_receipts(base::Error why);

  Poller& poller_;
  StreamObserver* observer_;
  Socket socket_;
  std::uint8_t holds_ = 0;
  bool readable_ : 1 = false;    // the kernel may have input
  bool ending_ : 1 = false;      // FIN, hang-up or error was seen: a short read is not the end
  bool error_seen_ : 1 = false;  // the poller told of an error, and will not again
  bool eof_ : 1 = false;         // on_eof was called
  bool broken_ : 1 = false;
  bool lifted_ : 1 = false;           // what is kept is owed to the owner
  bool shutdown_wanted_ : 1 = false;  // FIN when `out_` is empty
  bool over_high_ : 1 = false;        // on_write_drained is owed
  bool fin_told_ : 1 = false;
  bool reset_told_ : 1 = false;
  bool delivering_ : 1 = false;  // on_data is on the call stack
  bool end_owed_ : 1 = false;    // the transport's farewell did not fit yet
  Registration registration_;
  base::Buffer out_;
  std::unique_ptr<std::string> input_;  // received, not consumed
  std::unique_ptr<Transport> transport_;
  std::unique_ptr<WaitingReceipts> receipts_;
  base::Error error_;
  std::uint32_t read_limit_ = Poller::kMaxRead;
  std::uint64_t bytes_read_ = 0;
  std::uint64_t bytes_written_ = 0;
};

}  // namespace tidegate::reactor
