#include "reactor/server.h"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/loopback.h"
#include "tests/support/temp_folder.h"
#include "tests/support/turns.h"

namespace tidegate::reactor {
namespace {

// Sends back what it gets, and counts its life. One of these per connection.
struct Echo final : Connection {
  using Connection::Connection;
  std::size_t on_data(std::string_view bytes) override {
    write(bytes);
    return bytes.size();
  }
};

// What connections on several threads have in common.
struct Counts {
  std::atomic<int> made{0};
  std::atomic<int> opened{0};
  std::atomic<int> told{0};
  std::atomic<int> ended{0};
  std::atomic<int> on_foreign_threads{0};
  std::atomic<int> alive{0};
};

class Counted final : public Connection {
 public:
  Counted(Poller& poller, Counts& counts) : Connection(poller), counts_(counts) {
    ++counts_.made;
    ++counts_.alive;
  }
  ~Counted() override { --counts_.alive; }

 private:
  void on_open() override {
    ++counts_.opened;
    look();
  }
  std::size_t on_data(std::string_view bytes) override {
    look();
    write(bytes);
    return bytes.size();
  }
  void on_shutdown() override {
    ++counts_.told;
    look();
    finish();
  }
  void on_end(EndReason /*why*/, base::Error /*error*/) override {
    ++counts_.ended;
    look();
  }
  void look() {
    if (!poller().on_own_thread()) ++counts_.on_foreign_threads;
  }
  Counts& counts_;
};

test::Peer client_of(const base::Address& at) {
  return test::Peer(test::connecting(at));
}

/// Says something and waits, on the processor, until it came back.
[[nodiscard]] bool echoes(test::Peer& client, const std::string& text) {
  client.send(text);
  std::string got;
  return test::spin_until([&] { return (got += client.take()) == text; });
}

struct GroupsFixture {
  GroupsFixture() {
    BOOST_TEST_REQUIRE(accepting.open().ok());
    BOOST_TEST_REQUIRE(serving.open().ok());
  }

  auto make() {
    return [this](Poller& poller) { return std::make_unique<Counted>(poller, counts); };
  }
  void start() {
    BOOST_TEST_REQUIRE(accepting.start().ok());
    BOOST_TEST_REQUIRE(serving.start().ok());
  }
  void stop() {
    accepting.stop();
    accepting.join();
    serving.stop();
    serving.join();
  }
  std::vector<test::Peer> clients(const ServerCore& server, int count) {
    std::vector<test::Peer> all;
    for (int i = 0; i < count; ++i) {
      all.push_back(client_of(server.local_address()));
      BOOST_TEST(echoes(all.back(), "client " + std::to_string(i)));
    }
    return all;
  }

  Counts counts;
  PollerGroup accepting{{.name = "accept", .count = 2}};
  PollerGroup serving{{.name = "serve", .count = 4}};
};

BOOST_AUTO_TEST_SUITE(server)

struct OnePoller {
  OnePoller() { BOOST_TEST_REQUIRE(poller.open().ok()); }
  Poller poller;
};

BOOST_FIXTURE_TEST_CASE(one_poller_accepts_and_serves, OnePoller) {
  Server<Echo> server(poller);
  BOOST_TEST_REQUIRE(server.listen(test::address("127.0.0.1:0")).ok());
  test::Peer client = client_of(server.local_address());
  client.send("hello");
  std::string got;
  BOOST_TEST(test::turn_until(poller, [&] { return (got += client.take()) == "hello"; }));
  BOOST_TEST(server.live() == 1U);
  client.finish();
  BOOST_TEST(test::turn_until(poller, [&] { return server.ended(EndReason::finished) == 1; }));
  BOOST_TEST(server.opened() == 1U);
  BOOST_TEST(server.live() == 0U);
  client.take();
  BOOST_TEST(client.saw_end());
}

BOOST_FIXTURE_TEST_CASE(listens_on_several_addresses_at_once, OnePoller) {
  const test::TempFolder folder;
  Server<Echo> server(poller);
  BOOST_TEST_REQUIRE(server.listen(test::address("127.0.0.1:0")).ok());
  BOOST_TEST_REQUIRE(server.listen(test::address("unix:" + folder.file("echo.sock"))).ok());
  for (std::size_t n = 0; n < 2; ++n) {
    test::Peer client = client_of(server.local_address(n));
    client.send("hello");
    std::string got;
    BOOST_TEST(test::turn_until(poller, [&] { return (got += client.take()) == "hello"; }));
  }
}

BOOST_FIXTURE_TEST_CASE(an_address_in_use_is_an_error_and_the_others_stay, OnePoller) {
  Server<Echo> server(poller);
  BOOST_TEST_REQUIRE(server.listen(test::address("127.0.0.1:0")).ok());
  const auto failed = server.listen(server.local_address());
  BOOST_TEST(base::name(failed.error().code) == "in_use");
  test::Peer client = client_of(server.local_address());
  BOOST_TEST(test::turn_until(poller, [&] { return server.live() == 1; }));
}

BOOST_FIXTURE_TEST_CASE(what_it_has_when_it_is_destroyed_ends_as_stopped, OnePoller) {
  Counts counts;
  std::optional<Server<Counted>> server;
  server.emplace(poller, [&](Poller& p) { return std::make_unique<Counted>(p, counts); });
  BOOST_TEST_REQUIRE(server->listen(test::address("127.0.0.1:0")).ok());
  test::Peer client = client_of(server->local_address());
  BOOST_TEST(test::turn_until(poller, [&] { return server->live() == 1; }));
  server.reset();
  BOOST_TEST(counts.ended == 1);
  BOOST_TEST(counts.alive == 0);
  client.take();
  BOOST_TEST(base::name(client.error().code) == "reset");
  BOOST_TEST(poller.stats().registered.get() == 1U);
}

BOOST_FIXTURE_TEST_CASE(above_the_limit_of_a_poller_clients_are_reset, OnePoller) {
  Server<Echo> server(poller, ServerOptions{.max_per_poller = 2});
  BOOST_TEST_REQUIRE(server.listen(test::address("127.0.0.1:0")).ok());
  std::vector<test::Peer> clients;
  for (int i = 0; i < 5; ++i) clients.push_back(client_of(server.local_address()));
  BOOST_TEST(test::turn_until(poller, [&] { return server.refused() == 3; }));
  BOOST_TEST(server.live() == 2U);
  BOOST_TEST(poller.load() == 2U);
}

BOOST_FIXTURE_TEST_CASE(closing_lets_the_poller_drain_with_clients_connected, OnePoller) {
  Counts counts;
  Server<Counted> server(poller, [&](Poller& p) { return std::make_unique<Counted>(p, counts); });
  BOOST_TEST_REQUIRE(server.listen(test::address("127.0.0.1:0")).ok());
  constexpr int kAll = 3 + Acceptor::kBatch + 10;
  std::vector<test::Peer> clients;
  for (int i = 0; i < 3; ++i) clients.push_back(client_of(server.local_address()));
  BOOST_TEST(test::turn_until(poller, [&] { return server.live() == 3; }));
  // And more that the kernel has accepted and nobody looked at yet than one batch takes.
  while (clients.size() < kAll) clients.push_back(client_of(server.local_address()));
  server.close();
  server.close();
  poller.drain();
  std::thread followers([&] {
    for (test::Peer& client : clients) {
      static_cast<void>(test::spin_until([&] {
        client.take();
        return client.saw_end();
      }));
      client.close();
    }
  });
  poller.run();
  followers.join();
  BOOST_TEST(counts.opened == kAll);
  BOOST_TEST(counts.told == kAll);
  BOOST_TEST(counts.ended == kAll);
  BOOST_TEST(server.ended(EndReason::finished) == std::uint64_t{kAll});
  base::Error refused;
  test::connecting(server.local_address(), &refused);
  BOOST_TEST(base::name(refused.code) == "refused");
}

BOOST_FIXTURE_TEST_CASE(each_poller_of_a_group_may_listen_and_keep_what_it_accepts, GroupsFixture) {
  Server<Counted> server(serving, make());
  BOOST_TEST_REQUIRE(server.listen(test::address("127.0.0.1:0")).ok());
  start();
  const auto all = clients(server, 20);
  BOOST_TEST(server.live() == 20U);
  // The poller that accepted one is the poller that has it.
  for (std::size_t i = 0; i < serving.size(); ++i) {
    BOOST_TEST(server.stats(i).live.get() == serving[i].load());
    BOOST_TEST(serving[i].stats().tasks.get() == 0U);
  }
  stop();
  BOOST_TEST(counts.on_foreign_threads == 0);
}

BOOST_FIXTURE_TEST_CASE(one_poller_may_accept_for_a_group_and_few_connections_spread_evenly,
                        GroupsFixture) {
  for (const Placement how : {Placement::fewest, Placement::round_robin}) {
    BOOST_TEST_CONTEXT("policy " << static_cast<int>(how)) {
      GroupsFixture at;
      Server<Counted> server({at.accepting[0], at.serving, how}, at.make());
      BOOST_TEST_REQUIRE(server.listen(test::address("127.0.0.1:0")).ok());
      at.start();
      const auto all = at.clients(server, 4);
      for (std::size_t i = 0; i < 4; ++i) BOOST_TEST(server.stats(i).live.get() == 1U);
      at.stop();
      BOOST_TEST(at.counts.on_foreign_threads == 0);
    }
  }
}

BOOST_FIXTURE_TEST_CASE(a_group_may_accept_for_another, GroupsFixture) {
  Server<Counted> server({accepting, serving, Placement::fewest}, make());
  BOOST_TEST_REQUIRE(server.listen(test::address("127.0.0.1:0")).ok());
  start();
  const auto all = clients(server, 8);
  for (std::size_t i = 0; i < 4; ++i) {
    BOOST_TEST(server.stats(i).live.get() == 2U);
    BOOST_TEST(serving[i].load() == 2U);
  }
  stop();
}

BOOST_FIXTURE_TEST_CASE(a_policy_is_kept_to_by_a_group_that_accepts_for_itself, GroupsFixture) {
  Server<Counted> server({serving, serving, Placement::by_address}, make());
  BOOST_TEST_REQUIRE(server.listen(test::address("127.0.0.1:0")).ok());
  start();
  const auto all = clients(server, 16);
  // All from one host: whoever accepted them, one poller serves.
  std::multiset<std::uint64_t> live;
  for (std::size_t i = 0; i < 4; ++i) live.insert(server.stats(i).live.get());
  BOOST_TEST(live == (std::multiset<std::uint64_t>{0, 0, 0, 16}), boost::test_tools::per_element());
  stop();
}

BOOST_FIXTURE_TEST_CASE(a_unix_path_has_one_listener_for_all_pollers_and_is_removed,
                        GroupsFixture) {
  const test::TempFolder folder;
  const std::string path = folder.file("serve.sock");
  {
    Server<Counted> server(serving, make());
    BOOST_TEST_REQUIRE(server.listen(test::address("unix:" + path)).ok());
    start();
    const auto all = clients(server, 8);
    for (std::size_t i = 0; i < 4; ++i) BOOST_TEST(server.stats(i).live.get() == 2U);
    stop();
  }
  BOOST_TEST(!std::filesystem::exists(path));
}

BOOST_FIXTURE_TEST_CASE(close_and_drain_end_a_busy_server_well, GroupsFixture) {
  Server<Counted> server({accepting, serving, Placement::fewest}, make());
  BOOST_TEST_REQUIRE(server.listen(test::address("127.0.0.1:0")).ok());
  start();
  auto all = clients(server, 12);
  std::thread followers([&] {
    for (test::Peer& client : all) {
      static_cast<void>(test::spin_until([&] {
        client.take();
        return client.saw_end();
      }));
      client.close();
    }
  });
  server.close();
  BOOST_TEST(accepting.drain(test::kPatience));
  BOOST_TEST(serving.drain(test::kPatience));
  followers.join();
  BOOST_TEST(counts.opened == 12);
  BOOST_TEST(counts.told == 12);
  BOOST_TEST(counts.ended == 12);
  BOOST_TEST(server.live() == 0U);
  BOOST_TEST(server.ended(EndReason::finished) == 12U);
  for (std::size_t i = 0; i < 4; ++i) BOOST_TEST(serving[i].load() == 0U);
}

BOOST_FIXTURE_TEST_CASE(clients_that_come_and_go_while_it_closes_are_all_accounted_for,
                        GroupsFixture) {
  Server<Counted> server({accepting, serving, Placement::fewest}, make());
  BOOST_TEST_REQUIRE(server.listen(test::address("127.0.0.1:0")).ok());
  start();
  std::atomic<bool> closed{false};
  bool drained = false;
  std::thread closer([&] {
    static_cast<void>(test::spin_until([&] { return server.opened() > 50; }));
    server.close();
    drained = accepting.drain(test::kPatience);
    closed = true;
  });
  while (!closed) {
    base::Error why;
    test::Peer client(test::connecting(server.local_address(), &why));
    static_cast<void>(client.socket().write(std::string_view("x")));
    client.reset();
  }
  closer.join();
  BOOST_TEST(drained);
  BOOST_TEST(serving.drain(test::kPatience));
  BOOST_TEST(counts.opened == counts.ended);
  BOOST_TEST(counts.made == counts.opened);
  BOOST_TEST(server.opened() == static_cast<std::uint64_t>(counts.opened.load()));
  BOOST_TEST(server.live() == 0U);
  for (std::size_t i = 0; i < 4; ++i) BOOST_TEST(serving[i].load() == 0U);
}

BOOST_FIXTURE_TEST_CASE(stopped_with_clients_connected_it_ends_them_on_destruction, GroupsFixture) {
  std::optional<Server<Counted>> server;
  server.emplace(Where(accepting[0], serving, Placement::round_robin), make());
  BOOST_TEST_REQUIRE(server->listen(test::address("127.0.0.1:0")).ok());
  start();
  const auto all = clients(*server, 6);
  stop();
  BOOST_TEST(counts.ended == 0);
  server.reset();
  BOOST_TEST(counts.opened == 6);
  BOOST_TEST(counts.ended == 6);
  BOOST_TEST(counts.alive == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
