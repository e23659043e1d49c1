// Loopback sockets that a test plays by hand, beside the poller it turns itself.
#pragma once

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "reactor/base/clock.h"
#include "reactor/poller.h"
#include "reactor/socket.h"

namespace tidegate::gateway {

/// Only a guard against a test that hangs: what is waited for comes much sooner.
constexpr base::Nanos kPatience = 10 * base::kSecond;

/// Turns the poller until `done()`; false when that never came.
template <typename Done>
bool turn_until(reactor::Poller& poller, Done&& done) {
  const base::Nanos give_up = base::monotonic_now() + kPatience;
  while (!done()) {
    if (base::monotonic_now() > give_up) return false;
    poller.turn(base::kMillisecond);
  }
  return true;
}

/// Turns the poller while there is anything to do at once: loopback delivers before send returns.
inline void settle(reactor::Poller& poller) {
  for (int quiet = 0; quiet < 4;) {
    const auto work = [&] { return poller.stats().events.get() + poller.stats().tasks.get(); };
    const std::uint64_t before = work();
    poller.turn(0);
    quiet = work() == before ? quiet + 1 : 0;
  }
}

/// Turns the poller for that long: time that must pass, or in which nothing may happen.
inline void turn_for(reactor::Poller& poller, base::Nanos time) {
  const base::Nanos end = base::monotonic_now() + time;
  while (base::monotonic_now() < end) poller.turn(base::kMillisecond);
}

// One end of a connection, in the test's hands.
class Peer {
 public:
  Peer() = default;
  /// What is sent leaves at once: no segment waits for the one before to be acknowledged.
  explicit Peer(reactor::Socket socket) : socket_(std::move(socket)) {
    BOOST_REQUIRE(socket_.set_option(IPPROTO_TCP, TCP_NODELAY, 1).ok());
  }

  /// Begins to connect; on loopback that is as good as done.
  static Peer dial(const base::Address& to) {
    auto socket = reactor::Socket::open(to.family());
    BOOST_REQUIRE(socket.ok());
    const auto outcome = socket->connect(to);
    BOOST_REQUIRE((!outcome || outcome->ok()));
    return Peer(std::move(*socket));
  }

  [[nodiscard]] bool is_open() const { return socket_.is_open(); }

  /// Requires: the kernel takes it whole.
  void send(std::string_view bytes) const {
    const reactor::Socket::Io io = socket_.write(bytes);
    BOOST_REQUIRE_MESSAGE(io.ok(), "send failed");
    BOOST_REQUIRE_EQUAL(io.count, bytes.size());
  }

  /// Sends what the kernel takes; how much that was.
  [[nodiscard]] std::size_t offer(std::string_view bytes) const {
    return socket_.write(bytes).count;
  }

  /// Reads up to `most` bytes of what has come.
  void pump(std::size_t most = ~std::size_t{0}) {
    std::array<char, 65536> into;
    while (is_open() && !ended() && most > 0) {
      const auto io = socket_.read(std::span(into.data(), std::min(most, into.size())));
      if (io.again) return;
      reset_ |= !io.ok();
      eof_ |= io.ok() && io.count == 0;
      received.append(into.data(), io.count);
      most -= io.count;
    }
  }

  void finish() const { socket_.shutdown_write(); }
  void close() { socket_.close(); }
  void reset() {
    socket_.reset_on_close();
    socket_.close();
  }

  [[nodiscard]] bool got_fin() const { return eof_; }
  [[nodiscard]] bool got_reset() const { return reset_; }
  [[nodiscard]] bool ended() const { return eof_ || reset_; }
  [[nodiscard]] const reactor::Socket& socket() const { return socket_; }

  std::string received;

 private:
  reactor::Socket socket_;
  bool eof_ = false;
  bool reset_ = false;
};

// Listens on a free port of the loopback interface.
class LoopbackListener {
 public:
  explicit LoopbackListener(int backlog = 1024, int receive_buffer = 0) {
    auto socket = reactor::Socket::open(AF_INET);
    BOOST_REQUIRE(socket.ok());
    socket_ = std::move(*socket);
    if (receive_buffer > 0) {
      BOOST_REQUIRE(socket_.set_option(SOL_SOCKET, SO_RCVBUF, receive_buffer).ok());
    }
    BOOST_REQUIRE(socket_.bind(*base::Address::parse("127.0.0.1:0")).ok());
    BOOST_REQUIRE(socket_.listen(backlog).ok());
    address_ = socket_.local_address();
  }

  [[nodiscard]] const base::Address& address() const { return address_; }

  std::optional<std::pair<reactor::Socket, base::Address>> accept_socket() {
    auto accepted = socket_.accept();
    if (!accepted || !accepted->ok()) return std::nullopt;
    return std::move(**accepted);
  }

  std::optional<Peer> accept() {
    auto accepted = accept_socket();
    if (!accepted) return std::nullopt;
    return Peer(std::move(accepted->first));
  }

  /// Turns the poller until somebody has connected.
  Peer accept_from(reactor::Poller& poller) {
    std::optional<Peer> peer;
    BOOST_REQUIRE(turn_until(poller, [&] { return (peer = accept()).has_value(); }));
    return std::move(*peer);
  }

  /// From now on connecting is refused.
  void close() { socket_.close(); }

 private:
  reactor::Socket socket_;
  base::Address address_;
};

/// An address that refuses connections.
inline base::Address refusing_address() {
  LoopbackListener gone;
  return gone.address();
}

}  // namespace tidegate::gateway
