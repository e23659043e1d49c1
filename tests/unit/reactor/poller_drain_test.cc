#include <atomic>
#include <boost/test/unit_test.hpp>
#include <limits>
#include <memory>
#include <optional>

#include "reactor/poller_group.h"
#include "reactor/poller_local.h"
#include "tests/support/loopback.h"
#include "tests/support/recording_handler.h"
#include "tests/support/running_poller.h"
#include "tests/support/witness.h"

namespace tidegate::reactor {
namespace {

using test::RunningPoller;
using test::Witness;

BOOST_AUTO_TEST_SUITE(poller_drain)

BOOST_AUTO_TEST_CASE(run_returns_at_once_when_nothing_is_left) {
  RunningPoller poller;
  poller->drain();
  poller.start();
  BOOST_TEST(poller.leaves());
}

BOOST_AUTO_TEST_CASE(a_sleeping_poller_is_woken_to_leave) {
  RunningPoller poller;
  poller.start();
  poller.on_thread([] {});
  poller->drain();
  BOOST_TEST(poller.leaves());
}

BOOST_AUTO_TEST_CASE(run_returns_when_the_last_fd_goes_and_not_before) {
  RunningPoller poller;
  test::SocketPair pair = test::unix_pair();
  test::RecordingHandler handler;
  auto first = poller->add(pair.first.fd(), handler, kRead, Trigger::edge);
  auto second = poller->add(pair.second.fd(), handler, kRead, Trigger::edge);
  BOOST_TEST_REQUIRE((first.ok() && second.ok()));
  poller.start();
  poller->drain();
  // Each comes back only from a turn of its own.
  poller.on_thread([] {});
  poller.on_thread([&] { first->remove(); });
  poller.on_thread([] {});
  BOOST_TEST(!poller.has_left());
  poller->post([&] { second->release_for_close(); });
  BOOST_TEST(poller.leaves());
}

BOOST_AUTO_TEST_CASE(an_fd_that_goes_in_its_own_callback_is_enough) {
  RunningPoller poller;
  test::SocketPair pair = test::unix_pair();
  test::Peer peer(std::move(pair.second));
  test::RecordingHandler handler;
  auto place = poller->add(pair.first.fd(), handler, kRead, Trigger::edge);
  BOOST_TEST_REQUIRE(place.ok());
  handler.inside = [&](Ready) { place->remove(); };
  poller.start();
  poller->drain();
  peer.send("x");
  BOOST_TEST(poller.leaves());
  BOOST_TEST(handler.events == 1);
}

BOOST_AUTO_TEST_CASE(tasks_are_run_first_and_those_they_post_too) {
  constexpr int kRounds = 3 * Notifier::kTasksPerTurn;
  RunningPoller poller;
  int ran = 0;
  struct Chain {
    Poller& poller;
    int& ran;
    void operator()() const {
      if (++ran < kRounds) poller.post(Chain{poller, ran});
    }
  };
  poller->drain();
  poller->post(Chain{*poller, ran});
  poller.start();
  BOOST_TEST(poller.leaves());
  BOOST_TEST(ran == kRounds);
}

BOOST_AUTO_TEST_CASE(a_timer_alone_keeps_no_poller) {
  RunningPoller poller;
  test::Bell bell;
  Timer timer(bell);
  poller->arm(timer, 3600 * base::kSecond);
  poller->drain();
  poller.start();
  BOOST_TEST(poller.leaves());
  BOOST_TEST(bell.rung == 0);
}

BOOST_AUTO_TEST_CASE(what_was_retired_in_the_last_turn_is_destroyed) {
  class Dying final : public Retirable {
   public:
    explicit Dying(std::atomic<int>& alive) : witness_(alive) {}

   private:
    Witness witness_;
  };
  std::atomic<int> alive{0};
  RunningPoller poller;
  poller->post([&] { poller->retire(std::make_unique<Dying>(alive)); });
  poller->drain();
  poller.start();
  BOOST_TEST(poller.leaves());
  BOOST_TEST(alive == 0);
}

BOOST_AUTO_TEST_CASE(stop_goes_before_drain) {
  RunningPoller poller;
  test::SocketPair pair = test::unix_pair();
  test::RecordingHandler handler;
  auto place = poller->add(pair.first.fd(), handler, kRead, Trigger::edge);
  BOOST_TEST_REQUIRE(place.ok());
  poller.start();
  poller->drain();
  poller->stop();
  BOOST_TEST(poller.leaves());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(poller_group_drain)

struct GroupFixture {
  explicit GroupFixture(std::size_t count = 3) : group({.name = "drain", .count = count}) {
    BOOST_TEST_REQUIRE(group.open().ok());
  }
  void start() { BOOST_TEST_REQUIRE(group.start().ok()); }
  PollerGroup group;
};

BOOST_FIXTURE_TEST_CASE(is_true_when_all_leave_by_themselves, GroupFixture) {
  std::atomic<int> ran{0};
  start();
  for (std::size_t i = 0; i < group.size(); ++i) {
    group[i].post([&, i] { group[i].post([&ran] { ++ran; }); });
  }
  BOOST_TEST(group.drain(test::kPatience));
  BOOST_TEST(ran == 3);
  BOOST_TEST(group[0].on_own_thread());
}

BOOST_FIXTURE_TEST_CASE(what_one_poller_still_posts_to_another_is_run, GroupFixture) {
  // The first is late with what was posted to it before the draining; the others have nothing.
  std::atomic<int> ran{0};
  start();
  group[0].post([&] {
    test::spin_past(base::monotonic_now() + 20 * base::kMillisecond);
    for (std::size_t i = 1; i < group.size(); ++i) group[i].post([&ran] { ++ran; });
  });
  BOOST_TEST(group.drain(test::kPatience));
  BOOST_TEST(ran == 2);
}

BOOST_AUTO_TEST_CASE(what_was_retired_goes_before_the_first_poller_does) {
  class Leaver final : public Retirable {
   public:
    explicit Leaver(Poller& told) : told_(told) {}
    ~Leaver() override {
      told_.post([] {});
    }

   private:
    Poller& told_;
  };
  PollerGroup group({.name = "drain", .count = 2});
  BOOST_TEST_REQUIRE(group.open().ok());
  // A sanitizer sees the post to a poller that is gone.
  group[1].retire(std::make_unique<Leaver>(group[0]));
}

BOOST_FIXTURE_TEST_CASE(a_group_that_was_stopped_keeps_nobody_waiting, GroupFixture) {
  start();
  group.stop();
  const base::Nanos before = base::monotonic_now();
  BOOST_TEST(group.drain(100 * base::kSecond));
  BOOST_TEST(base::monotonic_now() - before < 50 * base::kSecond);
}

BOOST_FIXTURE_TEST_CASE(is_false_when_one_had_to_be_stopped, GroupFixture) {
  test::SocketPair pair = test::unix_pair();
  test::RecordingHandler handler;
  auto place = group[1].add(pair.first.fd(), handler, kRead, Trigger::edge);
  BOOST_TEST_REQUIRE(place.ok());
  start();
  BOOST_TEST(!group.drain(base::kMillisecond));
  BOOST_TEST(group[1].on_own_thread());
}

BOOST_FIXTURE_TEST_CASE(waits_for_an_fd_that_goes_meanwhile, GroupFixture) {
  test::SocketPair pair = test::unix_pair();
  test::Peer peer(std::move(pair.second));
  test::RecordingHandler handler;
  auto place = group[2].add(pair.first.fd(), handler, kRead, Trigger::edge);
  BOOST_TEST_REQUIRE(place.ok());
  handler.inside = [&](Ready) { place->remove(); };
  start();
  // The test library's checks belong to one thread.
  std::thread client([&] { static_cast<void>(peer.socket().write(std::string_view("x"))); });
  BOOST_TEST(group.drain(test::kPatience));
  client.join();
  BOOST_TEST(handler.events == 1);
}

BOOST_FIXTURE_TEST_CASE(the_longest_patience_there_is_waits, GroupFixture) {
  test::SocketPair pair = test::unix_pair();
  test::RecordingHandler handler;
  auto place = group[0].add(pair.first.fd(), handler, kRead, Trigger::edge);
  BOOST_TEST_REQUIRE(place.ok());
  start();
  bool all_left = false;
  std::thread drainer([&] { all_left = group.drain(std::numeric_limits<base::Nanos>::max()); });
  // Long enough for whoever does not wait to have stopped it.
  std::atomic<int> ran{0};
  for (int round = 1; round <= 1000; ++round) {
    group[0].post([&ran] { ++ran; });
    if (!test::spin_until([&] { return ran == round; })) break;
  }
  BOOST_TEST(ran == 1000);
  group[0].post([&] { place->remove(); });
  drainer.join();
  BOOST_TEST(all_left);
}

BOOST_FIXTURE_TEST_CASE(before_start_there_is_nothing_to_wait_for, GroupFixture) {
  BOOST_TEST(group.drain(test::kPatience));
}

BOOST_FIXTURE_TEST_CASE(a_task_for_a_stopped_poller_is_destroyed_unrun, GroupFixture) {
  std::atomic<int> alive{0};
  bool ran = false;
  start();
  group.stop();
  group.join();
  group[0].post([&ran, owned = std::make_unique<Witness>(alive)] { ran = true; });
  BOOST_TEST(alive == 0);
  BOOST_TEST(!ran);
}

BOOST_AUTO_TEST_CASE(tasks_never_run_may_report_to_any_poller_of_the_group_as_it_goes) {
  int told = 0;
  {
    std::optional<PollerGroup> group;
    group.emplace(PollerGroupOptions{.name = "gone", .count = 3});
    BOOST_TEST_REQUIRE(group->open().ok());
    PollerLocal<int> local(*group);
    // Each round reports to another, the first and the last to be destroyed among them.
    for (std::size_t i = 0; i < group->size(); ++i) {
      local.broadcast(1, (*group)[i], [&told](std::size_t) { ++told; });
    }
    group.reset();
  }
  BOOST_TEST(told == 0);
}

BOOST_AUTO_TEST_CASE(the_least_loaded_is_the_first_with_the_lowest_load) {
  GroupFixture at(4);
  PollerGroup& group = at.group;
  BOOST_TEST(group.least_loaded().index() == 0U);
  const std::uint32_t loads[] = {3, 1, 2, 1};
  for (std::size_t i = 0; i < 4; ++i) group[i].load() = loads[i];
  BOOST_TEST(group.least_loaded().index() == 1U);
  group[1].load() += 2;
  BOOST_TEST(group.least_loaded().index() == 3U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
