// A toy cipher under a stream: records whose bytes are turned over, after a handshake in two steps.
//
// Wire:   a record is a kind ('h', 'd' or 'e'), its length in two bytes, and that many bytes, each
//         XOR kKey. Whoever is `first` says hello at once, the other answers it, and data may
//         follow on either side when it has the other's hello. 'e' is the farewell; an end of input
//         without it is improper.
// Writes: at most one record a call, of at most kMost bytes; one that the socket takes in part is
//         not counted before it is gone whole.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "reactor/transport.h"

namespace tidegate::test {

class XorTransport final : public reactor::Transport {
 public:
  static constexpr char kKey = 0x5a;
  static constexpr std::size_t kMost = 1000;

  enum class Role : std::uint8_t { first, second };

  explicit XorTransport(Role role) : role_(role) {}

  /// Hellos are then taken in by `read` alone: what is written waits for a read to find them.
  void let_reads_shake_hands() { writes_take_in_ = false; }

  [[nodiscard]] bool established() const { return said_hello_ && got_hello_; }
  [[nodiscard]] int finishes() const { return finishes_; }

  static std::string hello() { return record('h', "hello"); }
  static std::string data(std::string_view text) { return record('d', text); }
  static std::string farewell() { return record('e', ""); }

  reactor::Socket::Io read(const reactor::Socket& socket, std::span<char> into) override {
    if (const auto io = advance(socket, true); !io.ok()) return io;
    const std::size_t count = std::min(into.size(), plain_.size());
    std::copy_n(plain_.begin(), count, into.begin());
    plain_.erase(0, count);
    if (count > 0) return {count, false, {}};
    if (ended_) return {};
    if (cut_) return {0, false, {base::Errc::reset, 0}};
    return {0, true, {}};
  }

  reactor::Socket::Io write(const reactor::Socket& socket, std::span<const iovec> slices) override {
    if (const auto io = advance(socket, writes_take_in_); !io.ok()) return io;
    if (!established()) return {0, true, {}};
    if (unsent_.empty() && promised_ == 0) encode(slices);
    if (const auto io = push(socket); !io.ok()) return io;
    if (!unsent_.empty()) return {0, true, {}};
    return {std::exchange(promised_, 0), false, {}};
  }

  reactor::Socket::Io finish(const reactor::Socket& socket) override {
    if (const auto io = advance(socket, writes_take_in_); !io.ok()) return io;
    if (!established()) return {0, true, {}};
    if (!std::exchange(said_farewell_, true)) unsent_ += farewell();
    if (const auto io = push(socket); !io.ok()) return io;
    if (!unsent_.empty()) return {0, true, {}};
    ++finishes_;
    socket.shutdown_write();
    return {};
  }

  [[nodiscard]] reactor::Socket::Pending peek(const reactor::Socket& socket) const override {
    using Pending = reactor::Socket::Pending;
    if (!plain_.empty()) return Pending::input;
    return ended_ || cut_ ? Pending::end : socket.peek();
  }

 private:
  static std::string record(char kind, std::string_view text) {
    std::string all{kind, static_cast<char>(text.size() >> 8),
                    static_cast<char>(text.size() & 0xffU)};
    for (const char byte : text) all += static_cast<char>(byte ^ kKey);
    return all;
  }

  reactor::Socket::Io advance(const reactor::Socket& socket, bool take_in) {
    if (role_ == Role::first) say_hello();
    if (take_in) {
      if (const auto io = pull(socket); !io.ok()) return io;
      while (take_record()) {
      }
    }
    return push(socket);
  }

  void say_hello() {
    if (!std::exchange(said_hello_, true)) unsent_ += hello();
  }

  reactor::Socket::Io pull(const reactor::Socket& socket) {
    char bytes[4096];
    // No more than is asked for soon: what is not read stops the sender.
    while (raw_.size() + plain_.size() < sizeof bytes && !cut_) {
      const auto io = socket.read(bytes);
      if (!io.ok()) return io;
      if (io.again) break;
      if (io.count == 0) cut_ = true;
      raw_.append(bytes, io.count);
    }
    return {};
  }

  bool take_record() {
    if (raw_.size() < 3) return false;
    const std::size_t size = static_cast<std::size_t>(static_cast<unsigned char>(raw_[1])) << 8 |
                             static_cast<unsigned char>(raw_[2]);
    if (raw_.size() < 3 + size) return false;
    if (raw_[0] == 'h') {
      got_hello_ = true;
      say_hello();
    } else if (raw_[0] == 'e') {
      ended_ = true;
    } else {
      for (const char byte : raw_.substr(3, size)) plain_ += static_cast<char>(byte ^ kKey);
    }
    raw_.erase(0, 3 + size);
    return true;
  }

  void encode(std::span<const iovec> slices) {
    std::string text;
    for (const iovec& slice : slices) {
      text.append(static_cast<const char*>(slice.iov_base),
                  std::min(slice.iov_len, kMost - text.size()));
    }
    promised_ = text.size();
    if (!text.empty()) unsent_ += data(text);
  }

  reactor::Socket::Io push(const reactor::Socket& socket) {
    while (!unsent_.empty()) {
      const auto io = socket.write(std::string_view(unsent_));
      if (!io.ok() || io.again) return {0, false, io.error};
      unsent_.erase(0, io.count);
    }
    return {};
  }

  Role role_;
  bool writes_take_in_ = true;
  bool said_hello_ = false;
  bool got_hello_ = false;
  bool said_farewell_ = false;
  bool ended_ = false;
  bool cut_ = false;  // the socket has no more
  int finishes_ = 0;
  std::size_t promised_ = 0;  // bytes of the owner in `unsent_`
  std::string unsent_;
  std::string raw_;
  std::string plain_;
};

}  // namespace tidegate::test
