#include "gateway/upstream/balancer.h"

#include <array>
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

namespace conf = tidegate::conf;
using tidegate::gateway::upstream::Balancer;
using tidegate::gateway::upstream::Candidate;

namespace {

constexpr auto kRoundRobin = conf::BalancerPolicy::round_robin;
constexpr auto kLeastRequest = conf::BalancerPolicy::least_request;

std::vector<Candidate> weighing(std::initializer_list<std::uint32_t> weights) {
  std::vector<Candidate> candidates;
  for (const std::uint32_t weight : weights) candidates.push_back({weight, 0, true});
  return candidates;
}

// The picks as letters: "aab".
std::string picks(Balancer& balancer, const std::vector<Candidate>& candidates, int count) {
  std::string order;
  for (int i = 0; i < count; ++i) {
    const auto pick = balancer.pick(candidates);
    order += pick ? static_cast<char>('a' + *pick) : '-';
  }
  return order;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(balancer)

BOOST_AUTO_TEST_CASE(round_robin_spreads_a_heavy_weight_over_the_round) {
  const auto balancer = Balancer::make(kRoundRobin, 0);
  BOOST_TEST(picks(*balancer, weighing({5, 1, 1}), 14) == "aabacaaaabacaa");
}

BOOST_AUTO_TEST_CASE(round_robin_takes_turns_between_equals) {
  const auto balancer = Balancer::make(kRoundRobin, 0);
  BOOST_TEST(picks(*balancer, weighing({1, 1, 1}), 7) == "abcabca");
}

BOOST_AUTO_TEST_CASE(each_offset_begins_at_another_endpoint) {
  for (const auto policy : {kRoundRobin, kLeastRequest}) {
    std::string first;
    for (std::size_t offset = 0; offset < 4; ++offset) {
      first += picks(*Balancer::make(policy, offset), weighing({1, 1, 1}), 1);
    }
    BOOST_TEST(first == "abca");
  }
}

BOOST_AUTO_TEST_CASE(an_offset_changes_where_a_round_begins_and_not_what_it_holds) {
  const auto balancer = Balancer::make(kRoundRobin, 1);
  std::array<int, 3> counts{};
  for (const char pick : picks(*balancer, weighing({1, 1, 1}), 300)) {
    ++counts[static_cast<std::size_t>(pick - 'a')];
  }
  BOOST_TEST(counts == (std::array{100, 100, 100}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(round_robin_gives_each_exactly_its_share) {
  const auto balancer = Balancer::make(kRoundRobin, 2);
  std::array<int, 4> counts{};
  for (const char pick : picks(*balancer, weighing({5, 3, 1, 1}), 10'000)) {
    ++counts[static_cast<std::size_t>(pick - 'a')];
  }
  BOOST_TEST(counts == (std::array{5000, 3000, 1000, 1000}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(who_is_not_usable_is_never_picked) {
  for (const auto policy : {kRoundRobin, kLeastRequest}) {
    const auto balancer = Balancer::make(policy, 0);
    auto candidates = weighing({1, 100, 1});
    candidates[1].usable = false;
    BOOST_TEST(picks(*balancer, candidates, 6) == "acacac");
  }
}

BOOST_AUTO_TEST_CASE(nobody_usable_is_nobody_picked) {
  for (const auto policy : {kRoundRobin, kLeastRequest}) {
    const auto balancer = Balancer::make(policy, 0);
    auto candidates = weighing({1, 1});
    for (Candidate& candidate : candidates) candidate.usable = false;
    BOOST_TEST(picks(*balancer, candidates, 1) == "-");
    BOOST_TEST(picks(*balancer, {}, 1) == "-");
  }
}

BOOST_AUTO_TEST_CASE(who_comes_back_gets_its_share_and_no_more) {
  const auto balancer = Balancer::make(kRoundRobin, 0);
  auto candidates = weighing({1, 1});
  candidates[1].usable = false;
  picks(*balancer, candidates, 1000);
  candidates[1].usable = true;
  std::string order = picks(*balancer, candidates, 10);
  BOOST_TEST(std::count(order.begin(), order.end(), 'b') == 5);
}

BOOST_AUTO_TEST_CASE(least_request_picks_the_least_loaded) {
  const auto balancer = Balancer::make(kLeastRequest, 0);
  auto candidates = weighing({1, 1, 1});
  candidates[0].active = 3;
  candidates[1].active = 2;
  candidates[2].active = 4;
  BOOST_TEST(picks(*balancer, candidates, 3) == "bbb");
}

BOOST_AUTO_TEST_CASE(least_request_rotates_ties) {
  const auto balancer = Balancer::make(kLeastRequest, 0);
  BOOST_TEST(picks(*balancer, weighing({1, 1, 1}), 7) == "abcabca");
  auto candidates = weighing({1, 1, 1});
  candidates[1].active = 1;
  BOOST_TEST(picks(*balancer, candidates, 4) == "caca");
}

BOOST_AUTO_TEST_CASE(least_request_measures_load_per_weight) {
  const auto balancer = Balancer::make(kLeastRequest, 0);
  auto candidates = weighing({4, 1});
  std::string order;
  for (int i = 0; i < 10; ++i) {
    const std::size_t pick = *balancer->pick(candidates);
    ++candidates[pick].active;
    order += static_cast<char>('a' + pick);
  }
  BOOST_TEST(std::count(order.begin(), order.end(), 'a') == 8);
}

BOOST_AUTO_TEST_SUITE_END()
