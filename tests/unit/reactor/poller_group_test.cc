#include "reactor/poller_group.h"

#include <pthread.h>
#include <sched.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <set>
#include <string>

#include "tests/support/fd_limit.h"
#include "tests/support/turns.h"

namespace tidegate::reactor {
namespace {

/// Runs `question` on each poller's thread and collects the answers.
template <typename Question>
auto ask_each(PollerGroup& group, Question question) {
  std::vector<decltype(question())> answers(group.size());
  std::atomic<std::size_t> answered{0};
  for (std::size_t i = 0; i < group.size(); ++i) {
    group[i].post([&, i] {
      answers[i] = question();
      ++answered;
    });
  }
  BOOST_TEST_REQUIRE(test::spin_until([&] { return answered.load() == group.size(); }));
  return answers;
}

std::string thread_name() {
  char name[16] = {};
  ::pthread_getname_np(::pthread_self(), name, sizeof name);
  return name;
}

int processors_allowed() {
  cpu_set_t set;
  CPU_ZERO(&set);
  ::sched_getaffinity(0, sizeof set, &set);
  return CPU_COUNT(&set);
}

BOOST_AUTO_TEST_SUITE(poller_group)

BOOST_AUTO_TEST_CASE(each_poller_runs_on_a_thread_of_its_own_under_its_name) {
  PollerGroup group({.name = "worker", .count = 3});
  BOOST_TEST_REQUIRE(group.open().ok());
  BOOST_TEST_REQUIRE(group.start().ok());
  const auto names = ask_each(group, thread_name);
  BOOST_TEST(names == (std::vector<std::string>{"worker-0", "worker-1", "worker-2"}),
             boost::test_tools::per_element());
  const auto threads = ask_each(group, [] { return std::this_thread::get_id(); });
  BOOST_TEST(std::set<std::thread::id>(threads.begin(), threads.end()).size() == 3U);
}

BOOST_AUTO_TEST_CASE(a_long_name_is_cut_and_not_refused) {
  PollerGroup group({.name = "a-name-that-is-too-long", .count = 1});
  BOOST_TEST_REQUIRE(group.open().ok());
  BOOST_TEST_REQUIRE(group.start().ok());
  BOOST_TEST(ask_each(group, thread_name)[0] == "a-name-that-is-");
}

BOOST_AUTO_TEST_CASE(a_pinned_poller_has_one_processor_and_others_have_all) {
  PollerGroup pinned({.name = "pin", .count = 2, .pin = true});
  PollerGroup loose({.name = "loose", .count = 1});
  for (PollerGroup* group : {&pinned, &loose}) {
    BOOST_TEST_REQUIRE(group->open().ok());
    BOOST_TEST_REQUIRE(group->start().ok());
  }
  for (const int count : ask_each(pinned, processors_allowed)) BOOST_TEST(count == 1);
  BOOST_TEST(ask_each(loose, processors_allowed)[0] == processors_allowed());
}

BOOST_AUTO_TEST_CASE(more_pollers_than_processors_share_them) {
  const std::size_t many = static_cast<std::size_t>(processors_allowed()) + 1;
  PollerGroup group({.name = "pin", .count = many, .pin = true});
  BOOST_TEST_REQUIRE(group.open().ok());
  BOOST_TEST_REQUIRE(group.start().ok());
  const auto cpus = ask_each(group, [] { return ::sched_getcpu(); });
  BOOST_TEST(cpus.front() == cpus.back());
}

BOOST_AUTO_TEST_CASE(pollers_belong_to_the_maker_before_start_and_after_join) {
  PollerGroup group({.name = "own", .count = 2});
  BOOST_TEST_REQUIRE(group.open().ok());
  BOOST_TEST(group[1].on_own_thread());
  BOOST_TEST_REQUIRE(group.start().ok());
  ask_each(group, [] { return 0; });
  BOOST_TEST(!group[1].on_own_thread());
  group.stop();
  group.join();
  BOOST_TEST(group[0].on_own_thread());
  BOOST_TEST(group[1].on_own_thread());
}

BOOST_AUTO_TEST_CASE(destroying_a_running_group_stops_and_joins_it) {
  std::atomic<int> ran{0};
  {
    PollerGroup group({.name = "gone", .count = 2});
    BOOST_TEST_REQUIRE(group.open().ok());
    BOOST_TEST_REQUIRE(group.start().ok());
    group[0].post([&ran] { ++ran; });
    BOOST_TEST_REQUIRE(test::spin_until([&] { return ran.load() == 1; }));
  }
  BOOST_TEST(ran == 1);
}

BOOST_AUTO_TEST_CASE(a_group_that_was_never_started_can_be_destroyed) {
  PollerGroup empty({.name = "empty", .count = 0});
  BOOST_TEST(empty.open().ok());
  BOOST_TEST(empty.start().ok());
  PollerGroup unopened({.name = "unopened", .count = 4});
  BOOST_TEST(unopened.size() == 0U);
}

BOOST_AUTO_TEST_CASE(stopping_twice_is_harmless) {
  PollerGroup group({.name = "twice", .count = 1});
  BOOST_TEST_REQUIRE(group.open().ok());
  BOOST_TEST_REQUIRE(group.start().ok());
  group.stop();
  group.stop();
  group.join();
  group.join();
  BOOST_TEST(group.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_failed_open_leaves_no_poller) {
  PollerGroup group({.name = "starved", .count = 2});
  const test::NoMoreFds limit;
  BOOST_TEST(base::name(group.open().error().code) == "out_of_fds");
  BOOST_TEST(group.size() == 0U);
}

BOOST_AUTO_TEST_CASE(tasks_cross_between_pollers_of_different_groups) {
  PollerGroup first({.name = "a", .count = 1});
  PollerGroup second({.name = "b", .count = 1});
  for (PollerGroup* group : {&first, &second}) {
    BOOST_TEST_REQUIRE(group->open().ok());
    BOOST_TEST_REQUIRE(group->start().ok());
  }
  std::atomic<bool> back{false};
  first[0].post([&] { second[0].post([&] { first[0].post([&back] { back = true; }); }); });
  BOOST_TEST(test::spin_until([&] { return back.load(); }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
