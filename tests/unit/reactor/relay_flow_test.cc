#include "reactor/relay_flow.h"

#include "tests/unit/reactor/relay_fixture.h"

namespace tidegate::reactor {
namespace {

using Pause = RelayFlow::Pause;

// One direction, pumped by hand.
struct FlowFixture {
  FlowFixture() {
    BOOST_TEST_REQUIRE(poller.open().ok());
    // All that a test sends is there at once.
    BOOST_TEST_REQUIRE(source.second.set_option(SOL_SOCKET, SO_SNDBUF, 1024 * 1024).ok());
  }

  /// Lets `count` bytes arrive, then pumps them through.
  Pause pump(std::size_t count) {
    BOOST_TEST_REQUIRE(source.second.write(std::string_view(numbered(count))).count == count);
    flow.note(Ready(Ready::kReadable));
    return flow.pump(source.first, sink.first).pause;
  }
  void pump_the_rest(std::size_t until_moved) {
    char bytes[64 * 1024];
    BOOST_TEST(test::spin_until([&] {
      flow.note(Ready(Ready::kReadable));
      flow.pump(source.first, sink.first);
      sink.second.read(bytes);
      return flow.moved() == until_moved && flow.exhausted();
    }));
  }

  Poller poller;
  PipePool pipes;
  test::SocketPair source = test::unix_pair();
  test::SocketPair sink = test::tcp_pair();
  RelayFlow flow{poller, pipes};
};

BOOST_FIXTURE_TEST_SUITE(relay_flow, FlowFixture)

BOOST_AUTO_TEST_CASE(a_pump_stops_when_its_budget_is_used_up) {
  BOOST_TEST((pump(RelayFlow::kBudget + 50'000) == Pause::budget));
  BOOST_TEST(flow.moved() >= RelayFlow::kBudget);
  BOOST_TEST(!flow.exhausted());
  pump_the_rest(RelayFlow::kBudget + 50'000);
}

BOOST_AUTO_TEST_CASE(a_long_run_is_spliced_until_a_short_one) {
  pump(RelayFlow::kShortRun);
  pump_the_rest(RelayFlow::kShortRun);
  BOOST_TEST(!flow.splicing());
  pump(RelayFlow::kLongRun + 30'000);
  BOOST_TEST(flow.splicing());
  pump(1);
  pump_the_rest(RelayFlow::kShortRun + RelayFlow::kLongRun + 30'001);
  BOOST_TEST(!flow.splicing());
  BOOST_TEST(pipes.stats().out.get() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
