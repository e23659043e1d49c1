// A stream under test on one end of a connection, and a peer on the other.
#pragma once

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "reactor/poller.h"
#include "reactor/stream.h"
#include "tests/support/loopback.h"
#include "tests/support/recording_observer.h"
#include "tests/support/turns.h"

namespace tidegate::reactor {

// Text in which every place is different, so that a wrong order shows.
inline std::string pattern(std::size_t size) {
  std::string text;
  text.reserve(size + 16);
  for (std::size_t i = 0; text.size() < size; ++i) text += std::to_string(i) + ' ';
  text.resize(size);
  return text;
}

struct StreamFixture {
  StreamFixture() : StreamFixture(test::tcp_pair()) {}
  explicit StreamFixture(test::SocketPair pair) : peer(std::move(pair.second)) {
    BOOST_TEST_REQUIRE(poller.open().ok());
    // A small queue in the kernel is soon full.
    BOOST_TEST_REQUIRE(pair.first.set_option(SOL_SOCKET, SO_SNDBUF, 32 * 1024).ok());
    BOOST_TEST_REQUIRE(stream.open(std::move(pair.first)).ok());
    poller.turn(0);  // the first writable edge
  }

  [[nodiscard]] bool until_told(std::string_view call) {
    return test::turn_until(poller, [&] { return seen.told(call); });
  }

  [[nodiscard]] bool until_consumed(std::string_view all) {
    return test::turn_until(poller, [&] { return seen.consumed == all; });
  }

  /// Everything the peer gets until it has `count` bytes.
  std::string peer_takes(std::size_t count) {
    std::string got;
    BOOST_TEST(test::turn_until(poller, [&] {
      got += peer.take();
      return got.size() >= count;
    }));
    return got;
  }

  /// Writes until the kernel takes no more and more than `at_least` bytes are kept, for good: it
  /// may make room for a while. What was told meanwhile is forgotten.
  std::string clog(std::size_t at_least) {
    std::string all;
    for (std::size_t kept = 0; kept <= at_least || kept != stream.unsent();) {
      while (stream.unsent() <= at_least) {
        const std::string part = pattern(32 * 1024);
        stream.write(part);
        all += part;
      }
      kept = stream.unsent();
      for (int i = 0; i < 5; ++i) poller.turn(base::kMillisecond);
    }
    seen.calls.clear();
    return all;
  }

  [[nodiscard]] std::string calls() const { return test::joined(seen.calls); }

  Poller poller;
  test::RecordingObserver seen;
  Stream stream{poller, seen};
  test::Peer peer;
};

struct UnixStreamFixture : StreamFixture {
  UnixStreamFixture() : StreamFixture(test::unix_pair()) {}
};

}  // namespace tidegate::reactor
