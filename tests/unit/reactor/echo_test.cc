// The first program of reactor/README.md, with a client.
#include <boost/test/unit_test.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "reactor/acceptor.h"
#include "reactor/stream.h"
#include "tests/support/loopback.h"
#include "tests/support/turns.h"

namespace tidegate::reactor {
namespace {

struct Echo final : StreamObserver, Retirable {
  Echo(Poller& poller, std::function<void(Echo&)> f)
      : stream(poller, *this), forget(std::move(f)) {}
  std::size_t on_data(std::string_view bytes) override {
    stream.write(bytes);
    if (stream.above_high_mark()) stream.hold(ReadHold::backpressure);
    return bytes.size();
  }
  void on_write_drained() override {
    stream.lift(ReadHold::backpressure);
    leave_when_done();
  }
  void on_eof() override { leave_when_done(); }
  void on_close(base::Error /*why*/) override { forget(*this); }
  void leave_when_done() {
    if (!stream.input_ended() || stream.unsent() > 0) return;
    stream.close();
    forget(*this);
  }
  Stream stream;
  std::function<void(Echo&)> forget;
};

struct Door final : AcceptObserver {
  explicit Door(Poller& p) : poller(p) {}
  void on_accept(Socket socket, const base::Address& /*peer*/) override {
    auto echo = std::make_unique<Echo>(
        poller, [this](Echo& e) { poller.retire(std::move(guests.extract(&e).mapped())); });
    if (echo->stream.open(std::move(socket))) guests.emplace(echo.get(), std::move(echo));
  }
  Poller& poller;
  std::map<Echo*, std::unique_ptr<Echo>> guests;
};

struct EchoFixture {
  EchoFixture() {
    BOOST_TEST_REQUIRE(poller.open().ok());
    BOOST_TEST_REQUIRE(acceptor.open(test::address("127.0.0.1:0"), {}).ok());
  }

  Poller poller;
  Door door{poller};
  Acceptor acceptor{poller, door};
};

BOOST_FIXTURE_TEST_SUITE(echo, EchoFixture)

BOOST_AUTO_TEST_CASE(everything_comes_back_and_the_connection_ends_after_it) {
  test::Peer client(test::connecting(acceptor.local_address()));
  const std::string all(3'000'000, 'e');
  std::size_t sent = 0;
  std::string got;
  BOOST_TEST(test::turn_until(poller, [&] {
    const auto rest = std::string_view(all).substr(sent);
    // Reads only now and then, so that the echo meets its high mark.
    if (!rest.empty()) sent += client.socket().write(rest).count;
    if (sent == all.size()) client.finish();
    if (poller.stats().turns.get() % 8 == 0) got += client.take();
    return client.saw_end();
  }));
  BOOST_TEST((got == all));
  BOOST_TEST(test::turn_until(poller, [&] { return door.guests.empty(); }));
  BOOST_TEST(poller.blocks().in_use() == 0U);
}

BOOST_AUTO_TEST_CASE(a_client_that_resets_is_forgotten) {
  test::Peer client(test::connecting(acceptor.local_address()));
  BOOST_TEST(test::turn_until(poller, [&] { return door.guests.size() == 1; }));
  client.reset();
  BOOST_TEST(test::turn_until(poller, [&] { return door.guests.empty(); }));
}

BOOST_AUTO_TEST_CASE(many_clients_are_served_side_by_side) {
  std::vector<test::Peer> clients;
  for (int i = 0; i < 100; ++i) clients.emplace_back(test::connecting(acceptor.local_address()));
  for (test::Peer& client : clients) client.send("hello");
  for (test::Peer& client : clients) {
    std::string got;
    BOOST_TEST(test::turn_until(poller, [&] { return (got += client.take()) == "hello"; }));
  }
  BOOST_TEST(door.guests.size() == 100U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
