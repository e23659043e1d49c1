// The whole gateway on threads of its own, stopped in every way.
#include "gateway/server/server.h"

#include <boost/test/unit_test.hpp>
#include <memory>

#include "tests/support/temp_folder.h"
#include "tests/unit/gateway/upstream/loopback.h"

namespace base = tidegate::base;
namespace conf = tidegate::conf;
namespace reactor = tidegate::reactor;
using namespace tidegate::gateway;
using std::chrono::milliseconds;

namespace {

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view kResponse = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

class Gateway final : public server::ServerObserver {
 public:
  explicit Gateway(std::uint32_t workers, conf::AcceptMode accept = conf::AcceptMode::dedicated) {
    BOOST_REQUIRE(poller.open().ok());
    config->workers.count = workers;
    config->workers.pin = false;
    config->workers.accept = accept;
    config->drain = {milliseconds(1), milliseconds(5'000)};
    config->clusters.emplace_back();
    config->clusters[0].name = "pool";
    config->clusters[0].endpoints.push_back({origin.address(), 1});
    config->listeners.emplace_back();
    config->listeners[0].name = "web";
    config->listeners[0].cluster = 0;
    config->listeners[0].addresses.push_back(*base::Address::parse("127.0.0.1:0"));
    config->listeners[0].access_log.path = folder.file("access.log");
  }

  void start() {
    server = std::make_unique<server::Server>(poller, config, log_writer, log, *this);
    std::string complaint;
    BOOST_REQUIRE_MESSAGE(server->open(complaint).ok(), complaint);
    address = *base::Address::parse(server->view().bound[0][0]);
    BOOST_REQUIRE(server->start().ok());
  }

  Peer connect() { return Peer::dial(address); }

  /// Turns main's poller until `peer` has received `size` bytes, or its end.
  void await(Peer& peer, std::size_t size) {
    BOOST_TEST(turn_until(poller, [&] {
      peer.pump();
      return peer.received.size() >= size || peer.ended();
    }));
  }
  Peer accept() { return origin.accept_from(poller); }

  [[nodiscard]] server::DrainPhase phase() const { return server->view().phase->load(); }

  LoopbackListener origin;
  tidegate::test::TempFolder folder;
  std::shared_ptr<conf::Config> config = std::make_shared<conf::Config>();
  base::LogWriter log_writer;
  base::Log log;
  reactor::Poller poller;
  base::Address address;
  std::unique_ptr<server::Server> server;
  bool stopped = false;

 private:
  void on_server_stopped() override { stopped = true; }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(server_life)

BOOST_AUTO_TEST_CASE(serves_in_every_way_of_accepting) {
  const struct {
    std::uint32_t workers;
    conf::AcceptMode accept;
  } rows[] = {{1, conf::AcceptMode::per_worker},
              {1, conf::AcceptMode::dedicated},
              {3, conf::AcceptMode::per_worker},
              {3, conf::AcceptMode::dedicated}};
  for (const auto& row : rows) {
    BOOST_TEST_CONTEXT(row.workers << " workers, dedicated "
                                   << (row.accept == conf::AcceptMode::dedicated)) {
      Gateway gateway(row.workers, row.accept);
      gateway.start();
      for (int i = 0; i < 4; ++i) {
        Peer client = gateway.connect();
        client.send(kGet);
        Peer origin = gateway.accept();
        gateway.await(origin, 1);
        origin.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
        gateway.await(client, kResponse.size());
        BOOST_TEST(client.received.substr(9, 3) == "200");
      }
      gateway.server->drain();
      BOOST_TEST(turn_until(gateway.poller, [&] { return gateway.stopped; }));
    }
  }
}

BOOST_AUTO_TEST_CASE(says_which_address_it_cannot_have) {
  Gateway gateway(1);
  gateway.config->listeners[0].addresses[0] = gateway.origin.address();
  server::Server server(gateway.poller, gateway.config, gateway.log_writer, gateway.log, gateway);
  std::string complaint;
  BOOST_TEST(!server.open(complaint).ok());
  BOOST_TEST(complaint.find("listener web: cannot listen on " +
                            gateway.origin.address().to_string()) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(drains_what_is_in_progress_and_then_stops) {
  Gateway gateway(2);
  gateway.start();
  Peer client = gateway.connect();
  client.send(kGet);
  Peer origin = gateway.accept();
  gateway.await(origin, 1);
  gateway.server->drain();
  gateway.server->drain();  // again: no effect
  BOOST_TEST(turn_until(gateway.poller,
                        [&] { return gateway.phase() == server::DrainPhase::closing_idle; }));
  turn_for(gateway.poller, 30 * base::kMillisecond);
  BOOST_TEST(!gateway.stopped);
  origin.send(kResponse);
  gateway.await(client, kResponse.size());
  BOOST_TEST(client.received.find("Connection: close\r\n") != std::string::npos);
  client.close();
  BOOST_TEST(turn_until(gateway.poller, [&] { return gateway.stopped; }));
  BOOST_TEST((gateway.phase() == server::DrainPhase::stopped));
}

BOOST_AUTO_TEST_CASE(keeps_accepting_while_it_is_a_lame_duck) {
  Gateway gateway(2);
  gateway.config->drain.lame_duck = milliseconds(10'000);
  gateway.start();
  gateway.server->drain();
  BOOST_TEST((gateway.phase() == server::DrainPhase::announced));
  Peer client = gateway.connect();
  client.send(kGet);
  Peer origin = gateway.accept();
  gateway.await(origin, 1);
  origin.send(kResponse);
  gateway.await(client, kResponse.size());
  BOOST_TEST(client.received.find("Connection:") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(cuts_what_is_left_at_the_deadline) {
  Gateway gateway(2);
  gateway.config->drain.deadline = milliseconds(20);
  gateway.start();
  Peer client = gateway.connect();
  client.send(kGet);
  Peer origin = gateway.accept();
  gateway.await(origin, 1);
  gateway.server->drain();
  BOOST_TEST(turn_until(gateway.poller, [&] { return gateway.stopped; }));
  client.pump();
  BOOST_TEST(client.received.substr(9, 3) == "503");
}

// The first worker is gone when the second lets go of what the third waits for.
BOOST_AUTO_TEST_CASE(may_be_destroyed_while_one_worker_waits_for_another) {
  Gateway gateway(3);
  gateway.config->clusters[0].limits = {1, 100, milliseconds(10'000)};
  gateway.start();
  const auto on_worker = [&](std::size_t i) {
    const auto& listener = *gateway.server->view().workers[i]->listeners[0];
    return listener.connections_active.get() == 1;
  };
  std::vector<Peer> clients;
  for (std::size_t i = 0; i < 3; ++i) {
    clients.push_back(gateway.connect());
    BOOST_REQUIRE(turn_until(gateway.poller, [&] { return on_worker(i); }));
  }
  clients[1].send(kGet);
  Peer origin = gateway.accept();
  clients[2].send(kGet);
  const auto& counters = *gateway.server->view().workers[2]->clusters[0];
  BOOST_REQUIRE(turn_until(gateway.poller, [&] { return counters.queue_length.get() == 1; }));
  gateway.server.reset();
  for (Peer& client : clients) {
    client.pump();
    BOOST_TEST(client.ended());
  }
}

// Some lease, some wait in the queue, some are idle, some are on their way: on several workers.
BOOST_AUTO_TEST_CASE(may_be_destroyed_at_any_moment) {
  for (int round = 0; round < 10; ++round) {
    Gateway gateway(4);
    gateway.config->clusters[0].limits = {2, 100, milliseconds(10'000)};
    gateway.start();
    std::vector<Peer> clients;
    for (int i = 0; i < 16; ++i) {
      clients.push_back(gateway.connect());
      if (i % 4 != 3) clients.back().send(kGet);
    }
    std::vector<Peer> origins;
    for (int i = 0; i < 2; ++i) origins.push_back(gateway.accept());
    if (round % 2 == 1) turn_for(gateway.poller, 5 * base::kMillisecond);
    gateway.server.reset();
    for (Peer& client : clients) {
      client.pump();
      BOOST_TEST(client.ended());
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
