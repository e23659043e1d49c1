#include "reactor/placement.h"

#include <boost/test/unit_test.hpp>
#include <numeric>
#include <string>
#include <vector>

#include "tests/support/loopback.h"

namespace tidegate::reactor {
namespace {

base::PeerAddress peer(std::string_view text) {
  return base::PeerAddress(test::address(text));
}

const base::PeerAddress kAnybody = peer("10.0.0.1:1");

// Pollers that are only counted on, never run.
struct PlacementFixture {
  explicit PlacementFixture(std::size_t count = 4) : pollers(count) {
    for (Poller& poller : pollers) named.push_back(&poller);
  }

  /// Places `count` connections that stay; returns how many each poller has.
  std::vector<std::uint32_t> place(Placer& placer, int count) {
    for (int i = 0; i < count; ++i) pollers[placer.pick(kAnybody)].load() += 1;
    std::vector<std::uint32_t> loads;
    for (Poller& poller : pollers) loads.push_back(poller.load());
    return loads;
  }

  std::vector<Poller> pollers;
  std::vector<Poller*> named;
};

BOOST_FIXTURE_TEST_SUITE(placement, PlacementFixture)

BOOST_AUTO_TEST_CASE(as_many_connections_as_pollers_are_one_each) {
  for (const Placement how : {Placement::fewest, Placement::round_robin}) {
    BOOST_TEST_CONTEXT("policy " << static_cast<int>(how)) {
      PlacementFixture at;
      Placer placer(how, at.named);
      BOOST_TEST(at.place(placer, 4) == (std::vector<std::uint32_t>{1, 1, 1, 1}),
                 boost::test_tools::per_element());
      BOOST_TEST(at.place(placer, 8) == (std::vector<std::uint32_t>{3, 3, 3, 3}),
                 boost::test_tools::per_element());
    }
  }
}

BOOST_AUTO_TEST_CASE(fewest_fills_up_whoever_has_least) {
  const std::uint32_t loads[] = {5, 2, 4, 3};
  for (std::size_t i = 0; i < 4; ++i) pollers[i].load() = loads[i];
  Placer placer(Placement::fewest, named);
  BOOST_TEST(place(placer, 6) == (std::vector<std::uint32_t>{5, 5, 5, 5}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(fewest_takes_turns_among_those_that_have_nothing) {
  // Connections that end before the next comes leave no load behind.
  Placer placer(Placement::fewest, named);
  std::vector<std::size_t> chosen;
  for (int i = 0; i < 8; ++i) chosen.push_back(placer.pick(kAnybody));
  BOOST_TEST(chosen == (std::vector<std::size_t>{0, 1, 2, 3, 0, 1, 2, 3}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(two_placers_on_the_same_pollers_spread_together) {
  Placer one(Placement::fewest, named);
  Placer two(Placement::fewest, named);
  place(one, 3);
  place(two, 2);
  BOOST_TEST(place(one, 3) == (std::vector<std::uint32_t>{2, 2, 2, 2}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(round_robin_does_not_look_at_the_load) {
  pollers[1].load() = 1000;
  Placer placer(Placement::round_robin, named);
  std::vector<std::size_t> chosen;
  for (int i = 0; i < 6; ++i) chosen.push_back(placer.pick(kAnybody));
  BOOST_TEST(chosen == (std::vector<std::size_t>{0, 1, 2, 3, 0, 1}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(by_address_is_the_same_for_a_host_whatever_its_port_the_load_or_the_order) {
  Placer placer(Placement::by_address, named);
  Placer another(Placement::by_address, named);
  for (const char* host : {"10.0.0.1", "10.0.0.2", "192.168.7.7", "[::1]", "[2001:db8::5]"}) {
    BOOST_TEST_CONTEXT(host) {
      const std::string text(host);
      const std::size_t chosen = placer.pick(peer(text + ":1000"));
      pollers[chosen].load() += 100;
      BOOST_TEST(placer.pick(peer(text + ":2000")) == chosen);
      BOOST_TEST(another.pick(peer(text + ":3000")) == chosen);
    }
  }
}

BOOST_AUTO_TEST_CASE(by_address_takes_a_mapped_address_for_the_same_host) {
  Placer placer(Placement::by_address, named);
  for (int last = 1; last < 20; ++last) {
    const std::string host = "10.0.0." + std::to_string(last);
    BOOST_TEST(placer.pick(peer(host + ":1")) == placer.pick(peer("[::ffff:" + host + "]:1")));
  }
}

BOOST_AUTO_TEST_CASE(by_address_uses_every_poller_and_no_other) {
  Placer placer(Placement::by_address, named);
  std::vector<int> chosen(4, 0);
  for (int last = 1; last < 255; ++last) {
    chosen.at(placer.pick(peer("10.0.0." + std::to_string(last) + ":80"))) += 1;
  }
  for (const int count : chosen) BOOST_TEST(count > 0);
}

BOOST_AUTO_TEST_CASE(by_address_brings_unix_peers_to_the_first) {
  Placer placer(Placement::by_address, named);
  BOOST_TEST(placer.pick(peer("unix:/run/a.sock")) == 0U);
  BOOST_TEST(placer.pick(base::PeerAddress(test::address("unix:@b"))) == 0U);
}

BOOST_AUTO_TEST_CASE(picking_raises_no_load) {
  for (const Placement how : {Placement::fewest, Placement::round_robin, Placement::by_address}) {
    Placer placer(how, named);
    placer.pick(kAnybody);
  }
  for (Poller& poller : pollers) BOOST_TEST(poller.load() == 0U);
}

BOOST_AUTO_TEST_CASE(with_one_poller_every_policy_picks_it) {
  PlacementFixture at(1);
  for (const Placement how : {Placement::fewest, Placement::round_robin, Placement::by_address}) {
    Placer placer(how, at.named);
    for (int i = 0; i < 3; ++i) BOOST_TEST(placer.pick(kAnybody) == 0U);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
