// A client of a server that lives on a poller in the same thread: it turns that poller while it
// waits, so nothing needs a second thread or a sleep.
#pragma once

#include <array>
#include <cstdlib>
#include <string>
#include <string_view>

#include "reactor/base/check.h"
#include "reactor/poller.h"
#include "reactor/socket.h"

namespace tidegate::admin {

class LoopbackClient {
 public:
  LoopbackClient(reactor::Poller& poller, const base::Address& to) : poller_(poller) {
    auto socket = reactor::Socket::open(to.family());
    TG_CHECK(socket.ok());
    socket_ = std::move(*socket);
    const auto connected = socket_.connect(to);
    TG_CHECK(!connected || connected->ok());
    turn();
  }

  void turn() { poller_.turn(base::kMillisecond); }

  /// Sends all of it; the server reads meanwhile.
  void send(std::string_view bytes) {
    for (int turns = 0; !bytes.empty() && turns < kMostTurns; ++turns) {
      const auto io = socket_.write(bytes);
      if (!io.ok() && io.error.code != base::Errc::os) return;
      bytes.remove_prefix(io.count);
      turn();
    }
  }

  void finish_sending() const { socket_.shutdown_write(); }

  /// Reads until `enough(received)`, the end of input, or for too long; gives what there is and
  /// forgets it.
  template <typename Enough>
  std::string receive_until(Enough enough) {
    std::array<char, 64 * 1024> memory;
    for (int turns = 0; turns < kMostTurns && !ended_ && !enough(received_); ++turns) {
      const auto io = socket_.read(memory);
      ended_ = !io.ok() || (!io.again && io.count == 0);
      received_.append(memory.data(), io.count);
      if (io.again) turn();
    }
    return std::exchange(received_, {});
  }

  /// One whole response, by its Content-Length; `with_body` false after HEAD.
  std::string receive_response(bool with_body = true) {
    return receive_until([&](const std::string& text) { return is_whole(text, with_body); });
  }

  std::string receive_to_end() {
    return receive_until([](const std::string&) { return false; });
  }

  /// Whether the server has closed: the end of input was read.
  [[nodiscard]] bool ended() const { return ended_; }

 private:
  static constexpr int kMostTurns = 10'000;

  static bool is_whole(const std::string& text, bool with_body) {
    const std::size_t head = text.find("\r\n\r\n");
    if (head == std::string::npos) return false;
    const std::size_t length = text.find("Content-Length: ");
    if (!with_body || length > head) return true;
    return text.size() >= head + 4 + std::strtoul(text.c_str() + length + 16, nullptr, 10);
  }

  reactor::Poller& poller_;
  reactor::Socket socket_;
  std::string received_;
  bool ended_ = false;
};

inline std::string body_of(const std::string& response) {
  const std::size_t head = response.find("\r\n\r\n");
  return head == std::string::npos ? "" : response.substr(head + 4);
}

inline std::string status_line_of(const std::string& response) {
  return response.substr(0, response.find("\r\n"));
}

inline base::Address any_port() {
  return *base::Address::parse("127.0.0.1:0");
}

}  // namespace tidegate::admin
