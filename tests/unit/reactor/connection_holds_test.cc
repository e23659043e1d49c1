// A connection whose reading is held still hears of its end.
#include <boost/test/unit_test.hpp>
#include <functional>

#include "reactor/server.h"
#include "tests/support/loopback.h"
#include "tests/support/turns.h"

namespace tidegate::reactor {
namespace {

using Act = std::function<void(Connection&, Stream&)>;

// Does `act` when bytes come.
class Scripted final : public Connection {
 public:
  Scripted(Poller& poller, Act act) : Connection(poller), act_(std::move(act)) {}

  void answer(std::string_view bytes) { write(bytes); }
  void leave() { finish(); }

 private:
  std::size_t on_data(std::string_view bytes) override {
    act_(*this, stream());
    return bytes.size();
  }

  Act act_;
};

struct Fixture {
  explicit Fixture(Act act)
      : server(poller, [act](Poller& at) { return std::make_unique<Scripted>(at, act); }) {
    BOOST_TEST_REQUIRE(poller.open().ok());
    BOOST_TEST_REQUIRE(server.listen(test::address("127.0.0.1:0")).ok());
    peer = test::Peer(test::connecting(server.local_address()));
    peer.send("go");
  }

  bool comes_to(EndReason why) {
    return test::turn_until(poller, [&] { return server.ended(why) == 1; });
  }

  Poller poller;
  Server<Scripted> server;
  test::Peer peer;
};

// More than the kernel takes for a peer that does not read.
const std::string kFlood(32 * 1024 * 1024, 'x');

void flood(Connection& connection, Stream& /*stream*/) {
  static_cast<Scripted&>(connection).answer(kFlood);
}

void hold(Connection& /*connection*/, Stream& stream) {
  stream.hold(ReadHold::exchange);
}

void hold_and_finish(Connection& connection, Stream& stream) {
  stream.hold(ReadHold::exchange);
  stream.hold(ReadHold::setup);
  static_cast<Scripted&>(connection).leave();
}

BOOST_AUTO_TEST_SUITE(connection_holds)

BOOST_AUTO_TEST_CASE(a_reset_ends_a_connection_that_waits_for_its_answers_to_be_taken) {
  Fixture f(flood);
  BOOST_TEST_REQUIRE(
      test::turn_until(f.poller, [&] { return f.server.opened() == 1 && !f.peer.take().empty(); }));
  f.peer.reset();
  BOOST_TEST(f.comes_to(EndReason::reset));
  BOOST_TEST(f.server.live() == 0U);
}

BOOST_AUTO_TEST_CASE(a_reset_ends_a_connection_that_its_owner_holds) {
  Fixture f(hold);
  BOOST_TEST_REQUIRE(test::turn_until(f.poller, [&] { return f.server.opened() == 1; }));
  test::settle(f.poller);
  f.peer.reset();
  BOOST_TEST(f.comes_to(EndReason::reset));
}

BOOST_AUTO_TEST_CASE(a_finished_connection_hears_the_peers_end_whatever_its_owner_held) {
  Fixture f(hold_and_finish);
  BOOST_TEST_REQUIRE(
      test::turn_until(f.poller, [&] { return f.peer.take().empty() && f.peer.saw_end(); }));
  f.peer.finish();
  BOOST_TEST(f.comes_to(EndReason::finished));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
