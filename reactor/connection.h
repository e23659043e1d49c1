// One accepted connection as a program writes it: derive, say what to do with the bytes, and let
// a Server own it.
//
// It brings what every server needs: reading stops while the peer does not take its answers; an
// idle limit; an end that loses nothing it has written; and exactly one `on_end` for each
// `on_open`.
//
// Owner:  its Server. Thread: its poller's.
// Life:   constructor → on_open → (on_data, on_drained)*, at most one on_eof → on_end → destroyed
//         when the turn ends. Any callback may call `finish` or `abort`, and write.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string_view>

#include "reactor/base/address.h"
#include "reactor/base/intrusive_list.h"
#include "reactor/poller.h"
#include "reactor/remote_stream.h"
#include "reactor/stream.h"

namespace tidegate::reactor {

class ConnectionList;

// Why a connection ended, for `on_end` and for counting.
enum class EndReason : std::uint8_t {
  finished,  // all that was to be sent was sent, and the peer has closed its side too
  aborted,   // the owner gave it up
  idle,      // nothing moved for the idle limit, or the peer did not close after our end
  reset,     // the peer tore it down
  failed,    // the kernel or the transport did: the error says how
  stopped,   // the server went away
};
inline constexpr std::size_t kEndReasons = 6;

/// A stable lower-case word for logs and metric labels.
std::string_view name(EndReason reason);

class Connection : public Retirable, private base::Hook<base::DefaultTag> {
 public:
  /// After `finish`, how long the peer may go without taking a byte or closing its side.
  static constexpr base::Nanos kLinger = 5 * base::kSecond;

  explicit Connection(Poller& poller) : wire_(*this), stream_(poller, wire_), timer_(wire_) {}

  [[nodiscard]] Poller& poller() const { return stream_.poller(); }
  [[nodiscard]] const base::PeerAddress& peer() const { return peer_; }

  /// For other threads; after on_open.
  [[nodiscard]] RemoteStream remote() { return RemoteStream(stream_); }

 protected:
  /// The connection is there: the first callback.
  virtual void on_open() {}

  /// As StreamObserver::on_data: returns how much was consumed, the rest comes again.
  virtual std::size_t on_data(std::string_view bytes) = 0;

  /// The peer will send no more. Unless overridden, the connection finishes.
  virtual void on_eof() { finish(); }

  /// What was kept for writing has fallen low enough to write more.
  virtual void on_drained() {}

  /// The server is closing, and accepts no more; told once, and not after `finish`. Unless
  /// overridden, the connection finishes.
  virtual void on_shutdown() { finish(); }

  /// The last callback; timers and tickets among its members may still be told of something until
  /// the turn ends: cancel them here. `error` says more when `why` is reset or failed. Nothing can
  /// be written.
  virtual void on_end(EndReason why, base::Error error) {
    static_cast<void>(why);
    static_cast<void>(error);
  }

  /// As Stream::write; dropped after `finish`, with a receipt that says cancelled.
  void write(std::string_view bytes);
  void write(std::span<const iovec> slices);
  void write(std::string_view bytes, std::unique_ptr<WriteReceipt> receipt);

  /// Ends well: sends what was written, then FIN, and waits for the peer's. Input that still comes
  /// is thrown away, whatever holds were on.
  void finish();

  /// Ends now, with RST.
  void abort() { end(EndReason::aborted, {}); }

  /// Ends when for `limit` nanoseconds nothing has been received and the peer has taken nothing of
  /// what was written (up to twice that while something is on its way): with FIN, or with RST if
  /// something was. 0 takes the limit away.
  void set_idle_limit(base::Nanos limit);

  /// For what is not said here, such as read holds: a connection that its owner holds ends at once
  /// when the peer resets it.
  Stream& stream() { return stream_; }

 private:
  friend class ConnectionList;
  friend class base::IntrusiveList<Connection>;

  // What the stream and the timer tell.
  struct Wire final : StreamObserver, TimerHandler {
    explicit Wire(Connection& c) : connection(c) {}
    std::size_t on_data(std::string_view bytes) override;
    void on_eof() override;
    void on_write_drained() override;
    void on_peer_gone(bool reset) override;
    void on_close(base::Error why) override;
    void on_timeout(Timer& timer) override;
    // The connection, which is who runs from here on.
    Connection& enter();
    Connection& connection;
  };

  // Opens the stream and tells on_open; false when that failed and nothing was told.
  bool begin(ConnectionList& list, Socket socket, const base::PeerAddress& peer);
  void end(EndReason why, base::Error error);
  void shut_down();
  void hold_when_full();
  void end_if_finished();
  void arm_timer();

  Wire wire_;
  Stream stream_;
  Timer timer_;
  ConnectionList* list_ = nullptr;  // while open
  base::PeerAddress peer_;
  bool finishing_ = false;
  base::Nanos idle_limit_ = 0;
  static constexpr std::size_t kUnknown = std::numeric_limits<std::size_t>::max();
  std::size_t untaken_seen_ = kUnknown;  // by the peer, when the timer last looked
};

}  // namespace tidegate::reactor
