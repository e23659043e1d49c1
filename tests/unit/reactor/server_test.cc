#include "reactor/server.h"
#include <boost/test/unit_test.hpp>
#include "tests/support/loopback.h"
#include "tests/support/turns.h"
namespace tidegate::reactor {
namespace {
struct Echo final : Connection {
  using Connection::Connection;
  std::size_t on_data(std::string_view bytes) override {
    write(bytes);
    return bytes.size();
  }
};
BOOST_AUTO_TEST_SUITE(server)
BOOST_AUTO_TEST_CASE(echoes) {
  Poller poller;
  BOOST_TEST_REQUIRE(poller.open().ok());
  Server<Echo> server(poller);
  BOOST_TEST_REQUIRE(server.listen(test::address("127.0.0.1:0")).ok());
  test::Peer peer(test::connecting(server.local_address()));
  peer.send("hello");
  std::string got;
  BOOST_TEST(test::turn_until(poller, [&] { return (got += peer.take()) == "hello"; }));
  peer.finish();
  BOOST_TEST(test::turn_until(poller, [&] { return peer.take().empty() && peer.saw_end(); }));
  BOOST_TEST(server.ended(EndReason::finished) == 1U);
}
BOOST_AUTO_TEST_SUITE_END()
}  // namespace
}  // namespace tidegate::reactor
