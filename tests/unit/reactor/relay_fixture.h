// A relay under test between two connections, and a peer at the far end of each.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <functional>
#include <iterator>
#include <memory>
#include <string>

#include "reactor/pipe_pool.h"
#include "reactor/poller.h"
#include "reactor/relay.h"
#include "tests/support/loopback.h"
#include "tests/support/turns.h"

namespace tidegate::reactor {

/// Text in which every place is different, so that a wrong order shows.
inline std::string numbered(std::size_t size, char mark = ' ') {
  std::string text;
  text.reserve(size + 16);
  for (std::size_t i = 0; text.size() < size; ++i) text += std::to_string(i) + mark;
  text.resize(size);
  return text;
}

inline std::ptrdiff_t open_fds() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}

/// Runs `action` in a child process: 0 when it returned true, 1 when false, 128 + the signal that
/// ended it.
template <typename Action>
int run_in_child(Action action) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(action() ? 0 : 1);
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

class RecordingEnd final : public RelayObserver {
 public:
  int told = 0;
  RelayEnd end;
  std::function<void()> inside = [] {};

  void on_relay_end(const RelayEnd& how) override {
    ++told;
    end = how;
    inside();
  }
};

// Bytes one peer has for the other, at any pace.
struct Load {
  test::Peer& from;
  test::Peer& to;
  std::string all;
  std::size_t sent = 0;
  std::string got{};

  void feed() {
    const auto rest = std::string_view(all).substr(sent);
    if (!rest.empty()) sent += from.socket().write(rest).count;
  }
  void take() { got += to.take(); }
  void take_little() {
    char bytes[10'000];
    got.append(bytes, to.socket().read(bytes).count);
  }
  [[nodiscard]] bool arrived() const { return got.size() >= all.size(); }
};

struct RelayFixture {
  RelayFixture() : RelayFixture(test::tcp_pair(), test::tcp_pair()) {}
  RelayFixture(test::SocketPair left_pair, test::SocketPair right_pair)
      : left(std::move(left_pair.second)), right(std::move(right_pair.second)) {
    BOOST_TEST_REQUIRE(poller.open().ok());
    bound_queues(left_pair.first);
    bound_queues(right_pair.first);
    bound_queues(left.socket());
    bound_queues(right.socket());
    Relay::Joint left_joint;
    Relay::Joint right_joint;
    left_joint.socket = std::move(left_pair.first);
    right_joint.socket = std::move(right_pair.first);
    BOOST_TEST_REQUIRE(relay->start(std::move(left_joint), std::move(right_joint)).ok());
    test::settle(poller);
  }

  /// Small queues in the kernel are soon full.
  static void bound_queues(const Socket& socket) {
    BOOST_TEST_REQUIRE(socket.set_option(SOL_SOCKET, SO_SNDBUF, 64 * 1024).ok());
    BOOST_TEST_REQUIRE(socket.set_option(SOL_SOCKET, SO_RCVBUF, 256 * 1024).ok());
  }

  [[nodiscard]] bool until(const std::function<bool()>& done) {
    return test::turn_until(poller, done);
  }
  [[nodiscard]] bool until_ended() {
    return until([&] { return seen.told > 0; });
  }
  [[nodiscard]] bool until_got(test::Peer& peer, const std::string& all) {
    std::string got;
    return until([&] { return (got += peer.take()) == all; });
  }
  /// False when it got anything but a clean end of input.
  [[nodiscard]] bool until_end_of_input(test::Peer& peer) {
    return until([&] {
      BOOST_TEST(peer.take().empty());
      return peer.saw_end();
    });
  }
  /// Whether it gets `all`, then a reset, and never an end of input, as if that were the whole.
  [[nodiscard]] bool until_reset(test::Peer& peer, std::string_view all = {}) {
    std::string got;
    const bool reset = until([&] {
      got += peer.take();
      return peer.error().code == base::Errc::reset;
    });
    return reset && got == all && !peer.saw_end();
  }

  /// Feeds `load` until nothing moves any more.
  void clog(Load& load) {
    std::size_t before = 0;
    do {
      before = load.sent;
      for (int i = 0; i < 20; ++i) {
        load.feed();
        poller.turn(base::kMillisecond);
      }
    } while (load.sent != before);
    BOOST_TEST_REQUIRE(load.sent < load.all.size());
  }
  [[nodiscard]] bool until_arrived(Load& load) {
    return until([&] {
      load.feed();
      load.take();
      return load.arrived();
    });
  }

  [[nodiscard]] bool holds_nothing() {
    return poller.blocks().in_use() == 0 && pipes.stats().out.get() == 0;
  }
  [[nodiscard]] std::string left_broke() const {
    return std::string(base::name(seen.end.left.code));
  }
  [[nodiscard]] std::string right_broke() const {
    return std::string(base::name(seen.end.right.code));
  }

  Poller poller;
  PipePool pipes;
  RecordingEnd seen;
  std::unique_ptr<Relay> relay = std::make_unique<Relay>(poller, pipes, seen);
  test::Peer left;
  test::Peer right;
};

struct UnixRelayFixture : RelayFixture {
  UnixRelayFixture() : RelayFixture(test::unix_pair(), test::unix_pair()) {}
};

}  // namespace tidegate::reactor
