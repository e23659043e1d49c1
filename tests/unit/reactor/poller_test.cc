#include "reactor/poller.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/aborts.h"
#include "tests/support/fd_limit.h"
#include "tests/support/loopback.h"
#include "tests/support/recording_handler.h"
#include "tests/support/recording_observer.h"
#include "tests/support/turns.h"

namespace tidegate::reactor {
namespace {

using test::RecordingHandler;
using test::settle;

class Dying final : public Retirable {
 public:
  explicit Dying(std::function<void()> last_words) : last_words_(std::move(last_words)) {}
  ~Dying() override { last_words_(); }

 private:
  std::function<void()> last_words_;
};

// A poller with one watched end of a connection.
struct PollerFixture {
  PollerFixture() { BOOST_TEST_REQUIRE(poller.open().ok()); }

  Registration watch(const Socket& socket, EventHandler& handler, unsigned interest = Poller::kRead,
                     Poller::Mode mode = Poller::Mode::edge) {
    auto added = poller.add(socket.fd(), handler, interest, mode);
    BOOST_TEST_REQUIRE(added.ok());
    return std::move(*added);
  }

  Poller poller;
  RecordingHandler watcher;
  test::SocketPair pair = test::unix_pair();
  test::Peer peer{std::move(pair.second)};
  Socket& near = pair.first;
};

BOOST_FIXTURE_TEST_SUITE(poller_turns, PollerFixture)

BOOST_AUTO_TEST_CASE(what_is_armed_outside_a_turn_counts_from_then_on) {
  test::Bell bell;
  Timer timer(bell);
  test::spin_past(base::monotonic_now() + 30 * base::kMillisecond);  // since it was made
  const base::Nanos armed_at = base::monotonic_now();
  poller.arm(timer, 20 * base::kMillisecond);
  BOOST_TEST(test::turn_until(poller, [&] { return bell.rung == 1; }));
  BOOST_TEST(bell.rung_at >= armed_at + 20 * base::kMillisecond);
}

BOOST_AUTO_TEST_CASE(a_turn_dispatches_then_requeues_then_fires_timers_then_runs_tasks_then_reaps) {
  std::vector<std::string> order;
  class Bell final : public TimerHandler {
   public:
    explicit Bell(std::vector<std::string>& o) : order(o) {}
    void on_timeout(Timer& /*timer*/) override { order.emplace_back("timer"); }
    std::vector<std::string>& order;
  };
  Bell bell(order);
  Timer timer(bell);
  Registration registration = watch(near, watcher);
  watcher.inside = [&](Ready ready) {
    order.emplace_back(ready.requeued() ? "requeued" : "event");
    if (ready.requeued()) return;
    registration.requeue();
    poller.retire(std::make_unique<Dying>([&order] { order.emplace_back("reap"); }));
  };
  poller.post([&order] { order.emplace_back("task"); });
  poller.arm(timer, 0);
  peer.send("x");
  test::spin_past(poller.now() + 2 * base::kMillisecond);

  poller.turn(0);
  BOOST_TEST(test::joined(order) == "event requeued timer task reap");
}

BOOST_AUTO_TEST_CASE(an_edge_is_told_once_and_a_level_until_it_is_gone) {
  test::SocketPair other = test::unix_pair();
  RecordingHandler level;
  const Registration edge_place = watch(near, watcher);
  const Registration level_place = watch(other.first, level, Poller::kRead, Poller::Mode::level);
  peer.send("x");
  BOOST_TEST_REQUIRE(other.second.write(std::string_view("x")).count == 1U);
  for (int i = 0; i < 3; ++i) poller.turn(0);
  BOOST_TEST(watcher.events == 1);
  BOOST_TEST(level.events == 3);
  char byte = 0;
  BOOST_TEST_REQUIRE(other.first.read({&byte, 1}).count == 1U);
  poller.turn(0);
  BOOST_TEST(level.events == 3);
}

BOOST_AUTO_TEST_CASE(readiness_is_told_bit_by_bit) {
  const Registration place = watch(near, watcher, Poller::kRead | Poller::kWrite);
  poller.turn(0);
  BOOST_TEST((watcher.last.writable() && !watcher.last.readable() && !watcher.last.ending()));
  peer.send("x");
  poller.turn(0);
  BOOST_TEST((watcher.last.readable() && !watcher.last.ending()));
  peer.finish();
  poller.turn(0);
  BOOST_TEST((watcher.last.readable() && watcher.last.ending()));
}

BOOST_AUTO_TEST_CASE(a_hang_up_is_told_even_to_a_writer) {
  const Registration place = watch(near, watcher, Poller::kWrite);
  poller.turn(0);
  peer.close();
  poller.turn(0);
  BOOST_TEST(watcher.events == 2);
  BOOST_TEST(watcher.last.ending());
}

BOOST_AUTO_TEST_CASE(asking_twice_to_be_requeued_is_one_call) {
  Registration place = watch(near, watcher);
  place.requeue();
  place.requeue();
  poller.turn(-1);
  BOOST_TEST(watcher.requeues == 1);
  settle(poller);
  BOOST_TEST(watcher.requeues == 1);
}

BOOST_AUTO_TEST_CASE(a_handler_that_keeps_requeueing_is_called_once_a_turn) {
  Registration place = watch(near, watcher);
  watcher.inside = [&](Ready) { place.requeue(); };
  place.requeue();
  for (int turn = 1; turn <= 4; ++turn) {
    poller.turn(-1);
    BOOST_TEST(watcher.requeues == turn);
  }
}

BOOST_AUTO_TEST_CASE(a_requeue_dies_with_its_registration) {
  {
    Registration place = watch(near, watcher);
    place.requeue();
  }
  RecordingHandler heir;
  const Registration place = watch(near, heir);
  settle(poller);
  BOOST_TEST(watcher.requeues == 0);
  BOOST_TEST(heir.requeues == 0);
}

BOOST_AUTO_TEST_CASE(an_event_for_a_recycled_fd_does_not_reach_the_new_owner) {
  test::SocketPair second = test::unix_pair();
  test::SocketPair fresh = test::unix_pair();
  RecordingHandler other;
  RecordingHandler newcomer;
  Registration places[2] = {watch(near, watcher), watch(second.first, other)};
  Registration newcomers_place;
  // Whichever comes first puts a fresh socket under the other's number.
  const auto recycle = [&](std::size_t victim, Socket& number) {
    if (newcomers_place.active()) return;
    places[victim].release_for_close();
    BOOST_TEST_REQUIRE(::dup2(fresh.first.fd(), number.fd()) == number.fd());
    newcomers_place = watch(number, newcomer);
  };
  watcher.inside = [&](Ready) { recycle(1, second.first); };
  other.inside = [&](Ready) { recycle(0, near); };
  peer.send("x");
  BOOST_TEST_REQUIRE(second.second.write(std::string_view("x")).count == 1U);

  poller.turn(0);
  BOOST_TEST(watcher.events + other.events == 1);
  settle(poller);
  BOOST_TEST(newcomer.events == 0);
  BOOST_TEST_REQUIRE(fresh.second.write(std::string_view("x")).count == 1U);
  settle(poller);
  BOOST_TEST(newcomer.events == 1);
}

BOOST_AUTO_TEST_CASE(a_handler_may_deregister_another_of_the_same_batch) {
  test::SocketPair second = test::unix_pair();
  RecordingHandler other;
  Registration first_place = watch(near, watcher);
  Registration second_place = watch(second.first, other);
  watcher.inside = [&](Ready) { second_place.remove(); };
  other.inside = [&](Ready) { first_place.remove(); };
  peer.send("x");
  BOOST_TEST_REQUIRE(second.second.write(std::string_view("x")).count == 1U);
  settle(poller);
  BOOST_TEST(watcher.events + other.events == 1);
}

BOOST_AUTO_TEST_CASE(the_retired_die_at_the_end_of_the_turn_with_what_they_retire) {
  std::vector<std::string> order;
  const Registration place = watch(near, watcher);
  watcher.inside = [&](Ready) {
    poller.retire(std::make_unique<Dying>([&] {
      order.emplace_back("first");
      poller.retire(std::make_unique<Dying>([&order] { order.emplace_back("second"); }));
    }));
    order.emplace_back("callback");
  };
  peer.send("x");
  poller.turn(0);
  BOOST_TEST(test::joined(order) == "callback first second");
}

BOOST_AUTO_TEST_CASE(a_failed_add_leaves_no_trace) {
  const std::uint64_t before = poller.stats().registered.get();
  const Socket file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  const auto refused = poller.add(file.fd(), watcher, Poller::kRead, Poller::Mode::edge);
  BOOST_TEST(base::name(refused.error().code) == "not_permitted");
  BOOST_TEST(poller.stats().registered.get() == before);

  // The number is free for a socket.
  BOOST_TEST_REQUIRE(::dup2(near.fd(), file.fd()) == file.fd());
  const Registration place = watch(file, watcher);
  peer.send("x");
  poller.turn(0);
  BOOST_TEST(watcher.events == 1);
  BOOST_TEST(poller.stats().registered.get() == before + 1);
}

BOOST_AUTO_TEST_CASE(a_closed_fd_is_refused_as_a_value) {
  const int number = near.fd();
  near.close();
  const auto refused = poller.add(number, watcher, Poller::kRead, Poller::Mode::edge);
  BOOST_TEST(refused.error().os_errno == EBADF);
}

BOOST_AUTO_TEST_CASE(registering_an_fd_twice_stops_the_process) {
  const Registration place = watch(near, watcher);
  BOOST_TEST(test::aborts(
      [&] { static_cast<void>(poller.add(near.fd(), watcher, 0, Poller::Mode::edge)); }));
}

BOOST_AUTO_TEST_CASE(a_registration_that_is_gone_brings_no_events_and_leaves_the_fd_open) {
  {
    const Registration place = watch(near, watcher);
    BOOST_TEST(place.active());
  }
  peer.send("x");
  settle(poller);
  BOOST_TEST(watcher.events == 0);
  BOOST_TEST(::fcntl(near.fd(), F_GETFD) >= 0);
}

BOOST_AUTO_TEST_CASE(a_registration_moves_and_changes_hands_without_losing_events) {
  Registration first = watch(near, watcher);
  Registration second = std::move(first);
  RecordingHandler heir;
  second.hand_to(heir);
  peer.send("x");
  settle(poller);
  BOOST_TEST(watcher.events == 0);
  BOOST_TEST(heir.events == 1);
}

BOOST_AUTO_TEST_CASE(a_turn_waits_no_longer_than_it_is_told) {
  poller.turn(base::kMillisecond);
  BOOST_TEST(poller.stats().turns.get() == 1U);
  BOOST_TEST(poller.stats().events.get() == 0U);
}

BOOST_AUTO_TEST_CASE(a_timer_ends_an_unlimited_wait_and_is_not_early) {
  class Bell final : public TimerHandler {
   public:
    void on_timeout(Timer& /*timer*/) override { rung_at = base::monotonic_now(); }
    base::Nanos rung_at = 0;
  };
  Bell bell;
  Timer timer(bell);
  poller.turn(0);
  const base::Nanos armed_at = poller.now();
  poller.arm(timer, 5 * base::kMillisecond);
  while (bell.rung_at == 0) poller.turn(-1);
  BOOST_TEST(bell.rung_at >= armed_at + 5 * base::kMillisecond);
  BOOST_TEST(poller.stats().turns.get() <= 3U);
}

BOOST_AUTO_TEST_CASE(the_read_buffer_follows_what_reads_bring) {
  BOOST_TEST(poller.read_buffer().size() == Poller::kMinRead);
  for (int i = 0; i < 10; ++i) poller.note_read(poller.read_buffer().size());
  BOOST_TEST(poller.read_buffer().size() == Poller::kMaxRead);
  for (int i = 0; i < 10 * 64; ++i) poller.note_read(1);
  BOOST_TEST(poller.read_buffer().size() == Poller::kMinRead);
  poller.note_read(Poller::kMinRead - 1);
  BOOST_TEST(poller.read_buffer().size() == Poller::kMinRead);
}

BOOST_AUTO_TEST_CASE(counts_turns_events_and_registered_fds) {
  const std::uint64_t own = poller.stats().registered.get();
  {
    const Registration place = watch(near, watcher);
    BOOST_TEST(poller.stats().registered.get() == own + 1);
    peer.send("x");
    poller.turn(0);
  }
  BOOST_TEST(poller.stats().registered.get() == own);
  BOOST_TEST(poller.stats().turns.get() == 1U);
  BOOST_TEST(poller.stats().events.get() == 1U);
}

BOOST_AUTO_TEST_CASE(more_events_than_a_turn_takes_come_in_the_next) {
  constexpr int kMany = Poller::kEventsPerTurn + 20;
  std::vector<test::SocketPair> pairs;
  std::vector<Registration> places;
  for (int i = 0; i < kMany; ++i) {
    pairs.push_back(test::unix_pair());
    places.push_back(watch(pairs.back().first, watcher));
    BOOST_TEST_REQUIRE(pairs.back().second.write(std::string_view("x")).count == 1U);
  }
  poller.turn(0);
  BOOST_TEST(watcher.events == Poller::kEventsPerTurn);
  poller.turn(0);
  BOOST_TEST(watcher.events == kMany);
}

BOOST_AUTO_TEST_CASE(knows_its_own_thread) {
  BOOST_TEST(poller.on_own_thread());
  bool elsewhere = true;
  std::thread([&] { elsewhere = poller.on_own_thread(); }).join();
  BOOST_TEST(!elsewhere);

  std::thread loop([&] { poller.run(); });
  poller.stop();
  loop.join();
  BOOST_TEST(!poller.on_own_thread());
  poller.bind_to_this_thread();
  BOOST_TEST(poller.on_own_thread());
}

#ifndef NDEBUG
BOOST_AUTO_TEST_CASE(use_from_a_foreign_thread_stops_a_debug_build) {
  poller.stop();
  std::thread([&] { poller.run(); }).join();
  BOOST_TEST(test::aborts(
      [&] { static_cast<void>(poller.add(near.fd(), watcher, 0, Poller::Mode::edge)); }));
  poller.bind_to_this_thread();
}
#endif

BOOST_AUTO_TEST_CASE(open_without_fds_fails_as_a_value) {
  Poller starved;
  const test::NoMoreFds limit;
  BOOST_TEST(base::name(starved.open().error().code) == "out_of_fds");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
