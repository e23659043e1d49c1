// A connect pool under test, the peers it connects to, and users that borrow its links.
#pragma once

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "reactor/connect_pool.h"
#include "tests/support/loopback.h"
#include "tests/support/recording_observer.h"
#include "tests/support/turns.h"

namespace tidegate::reactor {

inline constexpr base::Nanos kLong = 10 * base::kSecond;

// Asks for links and writes down what it is told.
struct PoolUser final : PoolObserver {
  explicit PoolUser(ConnectPool& from) : pool(&from) {}

  void ask(base::Nanos patience = kLong) { pool->acquire(*waiter, patience); }

  void on_link(PoolLease given) override {
    lease = std::move(given);
    lease.stream().set_observer(seen);
    outcomes.emplace_back("link");
    inside();
  }
  void on_no_link(base::Error why) override {
    outcomes.emplace_back(base::name(why.code));
    inside();
  }

  [[nodiscard]] std::string told() const { return test::joined(outcomes); }

  [[nodiscard]] base::Address address() const { return lease.stream().socket().local_address(); }

  ConnectPool* pool;
  std::unique_ptr<PoolWaiter> waiter = std::make_unique<PoolWaiter>(*this);
  test::RecordingObserver seen;
  PoolLease lease;
  std::vector<std::string> outcomes;
  std::function<void()> inside = [] {};
};

struct ConnectPoolFixture {
  ConnectPoolFixture() {
    BOOST_TEST_REQUIRE(poller.open().ok());
    poller.turn(0);
    registered = poller.stats().registered.get();
  }
  ~ConnectPoolFixture() {
    users.clear();
    pool.reset();
    poller.turn(0);
    BOOST_TEST(poller.stats().registered.get() == registered);
  }

  ConnectPool& make(const ConnectPoolOptions& options) {
    pool = std::make_unique<ConnectPool>(poller, listener.local_address(), options);
    return *pool;
  }

  PoolUser& user() { return *users.emplace_back(std::make_unique<PoolUser>(*pool)); }

  /// A user that has a link.
  PoolUser& holder() {
    PoolUser& one = user();
    one.ask();
    BOOST_TEST(until([&] { return one.lease.held(); }));
    return one;
  }

  void accept_all() {
    while (auto next = listener.accept()) {
      if (!next->ok()) return;  // it does not listen, for a while
      peers.emplace_back(std::move((*next)->first));
    }
  }

  template <typename Done>
  [[nodiscard]] bool until(Done done) {
    return test::turn_until(poller, [&] {
      accept_all();
      return done();
    });
  }

  void settle() {
    test::settle(poller);
    accept_all();
  }

  /// Lets `delay` pass, turning.
  void pass_time(base::Nanos delay) {
    const base::Nanos until = base::monotonic_now() + delay;
    while (base::monotonic_now() < until) poller.turn(base::kMillisecond);
    accept_all();
  }

  /// The other end of the link `one` has.
  test::Peer& peer_of(const PoolUser& one) {
    accept_all();
    const auto is_theirs = [&](const test::Peer& peer) {
      return peer.socket().is_open() && peer.socket().peer_address() == one.address();
    };
    const auto found = std::find_if(peers.begin(), peers.end(), is_theirs);
    BOOST_TEST_REQUIRE((found != peers.end()));
    return *found;
  }

  [[nodiscard]] const ConnectPoolStats& stats() const { return pool->stats(); }

  Poller poller;
  std::uint64_t registered = 0;
  Socket listener = test::listening(test::address("127.0.0.1:0"));
  std::vector<test::Peer> peers;
  std::unique_ptr<ConnectPool> pool;
  std::vector<std::unique_ptr<PoolUser>> users;
};

}  // namespace tidegate::reactor
