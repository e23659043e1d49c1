// Connections of a list on a poller that the test turns, and a client of one.
#pragma once

#include <boost/test/unit_test.hpp>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>

#include "reactor/connection.h"
#include "reactor/connection_list.h"
#include "tests/support/loopback.h"
#include "tests/support/probe_connection.h"
#include "tests/support/turns.h"

namespace tidegate::reactor {

// One connection of a list, and its client.
struct ConnectionFixture {
  explicit ConnectionFixture(std::size_t most = std::numeric_limits<std::size_t>::max()) {
    BOOST_TEST_REQUIRE(poller.open().ok());
    list.emplace(poller, make, most);
  }
  ~ConnectionFixture() {
    list.reset();
    poller.turn(0);
    BOOST_TEST(log.alive == 0);
    BOOST_TEST(poller.load() == 0U);
    BOOST_TEST(poller.blocks().in_use() == 0U);
  }

  /// A connection arrives; the answer is its client.
  test::Peer arrive() {
    test::SocketPair pair = test::tcp_pair();
    // A small queue in the kernel is soon full.
    BOOST_TEST_REQUIRE(pair.first.set_option(SOL_SOCKET, SO_SNDBUF, 32 * 1024).ok());
    poller.load() += 1;
    list->on_arrival(std::move(pair.first), base::PeerAddress(test::address("10.0.0.9:99")));
    return test::Peer(std::move(pair.second));
  }

  void connect() {
    client = arrive();
    test::settle(poller);
  }

  [[nodiscard]] bool until_ended(std::size_t count = 1) {
    return test::turn_until(poller, [&] { return log.ends.size() >= count; });
  }
  [[nodiscard]] std::string end() const {
    return log.ends.empty() ? "none" : std::string(name(log.ends[0]));
  }
  test::ProbeConnection& connection() { return *log.last; }

  /// Writes more than the kernel takes; returns how much.
  std::size_t clog(std::size_t at_least) {
    std::size_t written = 0;
    for (std::size_t kept = 0; kept <= at_least || kept != connection().stream().unsent();) {
      while (connection().stream().unsent() <= at_least) {
        connection().write(std::string(32 * 1024, 'z'));
        written += 32 * 1024;
      }
      kept = connection().stream().unsent();
      for (int i = 0; i < 5; ++i) poller.turn(base::kMillisecond);
    }
    return written;
  }

  Poller poller;
  test::ProbeLog log;
  ConnectionMaker make = [this](Poller& p) {
    return std::make_unique<test::ProbeConnection>(p, log);
  };
  std::optional<ConnectionList> list;
  test::Peer client;
};

}  // namespace tidegate::reactor
