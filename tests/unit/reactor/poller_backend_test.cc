#include "reactor/poller_backend.h"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <vector>

#include "reactor/epoll_backend.h"
#include "reactor/poller.h"
#include "tests/support/recording_handler.h"
#include "tests/support/scripted_backend.h"
#include "tests/support/turns.h"

namespace tidegate::reactor {
namespace {

using test::Bell;
using test::RecordingHandler;
using Batch = std::vector<PollerBackend::Event>;

// Numbers no other fd of the process has.
constexpr int kOne = 1001;
constexpr int kTwo = 1002;

struct ScriptedPoller {
  ScriptedPoller() {
    auto made = std::make_unique<test::ScriptedBackend>();
    backend = made.get();
    BOOST_TEST_REQUIRE(poller.open(std::move(made)).ok());
  }

  Registration watch(int fd, EventHandler& handler, unsigned interest = kRead,
                     Trigger trigger = Trigger::edge) {
    auto added = poller.add(fd, handler, interest, trigger);
    BOOST_TEST_REQUIRE(added.ok());
    return std::move(*added);
  }

  Poller poller;
  test::ScriptedBackend* backend = nullptr;
  RecordingHandler one;
  RecordingHandler two;
};

BOOST_FIXTURE_TEST_SUITE(poller_backend, ScriptedPoller)

BOOST_AUTO_TEST_CASE(what_the_backend_tells_reaches_the_handler_of_the_cookie) {
  const Registration place_one = watch(kOne, one);
  const Registration place_two = watch(kTwo, two, kWrite, Trigger::level);
  BOOST_TEST(backend->watched.at(kTwo).interest == unsigned{kWrite});
  BOOST_TEST((backend->watched.at(kTwo).trigger == Trigger::level));
  backend->batches = {{backend->event(kTwo, Ready::kWritable | Ready::kHangUp)}};
  poller.turn(0);
  BOOST_TEST(one.events == 0);
  BOOST_TEST(two.events == 1);
  BOOST_TEST((two.last.writable() && two.last.ending() && !two.last.readable()));
}

BOOST_AUTO_TEST_CASE(a_stale_cookie_for_a_recycled_fd_reaches_nobody) {
  Registration old_place = watch(kOne, one);
  const PollerBackend::Event stale = backend->event(kOne);
  old_place.release_for_close();
  const Registration new_place = watch(kOne, two);
  backend->batches = {{stale}, {backend->event(kOne)}};
  poller.turn(0);
  BOOST_TEST(one.events + two.events == 0);
  poller.turn(0);
  BOOST_TEST(one.events == 0);
  BOOST_TEST(two.events == 1);
}

BOOST_AUTO_TEST_CASE(an_event_behind_the_removal_of_its_registration_is_dropped) {
  const Registration place_one = watch(kOne, one);
  Registration place_two = watch(kTwo, two);
  one.inside = [&](Ready) { place_two.remove(); };
  backend->batches = {{backend->event(kOne), backend->event(kTwo)}};
  poller.turn(0);
  BOOST_TEST(one.events == 1);
  BOOST_TEST(two.events == 0);
}

BOOST_AUTO_TEST_CASE(an_event_behind_the_recycling_of_its_fd_is_dropped) {
  const Registration place_one = watch(kOne, one);
  Registration place_two = watch(kTwo, two);
  RecordingHandler heir;
  one.inside = [&](Ready) {
    place_two.release_for_close();
    place_two = watch(kTwo, heir);
  };
  backend->batches = {{backend->event(kOne), backend->event(kTwo)}};
  poller.turn(0);
  BOOST_TEST(two.events + heir.events == 0);
}

BOOST_AUTO_TEST_CASE(a_cookie_finds_its_handler_until_it_is_removed) {
  Registration place = watch(kOne, one);
  const Cookie cookie = place.cookie();
  BOOST_TEST(poller.find(cookie) == &one);
  place.hand_to(two);
  BOOST_TEST(poller.find(cookie) == &two);
  place.remove();
  const Registration next = watch(kOne, one);
  BOOST_TEST(poller.find(cookie) == nullptr);
  BOOST_TEST(poller.find(next.cookie()) == &one);
}

BOOST_AUTO_TEST_CASE(the_backend_is_asked_to_remove_an_open_fd_and_to_forget_one_about_to_close) {
  Registration place_one = watch(kOne, one);
  Registration place_two = watch(kTwo, two);
  place_one.remove();
  place_two.release_for_close();
  place_one.remove();
  place_two.release_for_close();
  BOOST_TEST(backend->removed == std::vector<int>{kOne}, boost::test_tools::per_element());
  BOOST_TEST(backend->forgotten == std::vector<int>{kTwo}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(open_fails_as_the_backend_does) {
  auto broken = std::make_unique<test::ScriptedBackend>();
  broken->verdict = base::Error{base::Errc::out_of_memory, ENOMEM};
  Poller unlucky;
  BOOST_TEST(base::name(unlucky.open(std::move(broken)).error().code) == "out_of_memory");
}

BOOST_AUTO_TEST_CASE(an_add_that_the_backend_refuses_leaves_the_fd_free) {
  const std::uint64_t before = poller.stats().registered.get();
  backend->verdict = base::Error{base::Errc::out_of_memory, ENOMEM};
  BOOST_TEST(!poller.add(kOne, one, kRead, Trigger::edge).ok());
  BOOST_TEST(poller.stats().registered.get() == before);
  backend->verdict = {};
  BOOST_TEST(watch(kOne, two).active());
}

BOOST_AUTO_TEST_CASE(a_change_passes_the_cookie_on_and_fails_as_the_backend_does) {
  Registration place = watch(kOne, one);
  BOOST_TEST(place.change(kRead | kWrite, Trigger::level).ok());
  BOOST_TEST(backend->watched.at(kOne).cookie == place.cookie());
  BOOST_TEST(backend->watched.at(kOne).interest == unsigned{kRead | kWrite});
  BOOST_TEST((backend->watched.at(kOne).trigger == Trigger::level));
  backend->verdict = base::Error{base::Errc::out_of_memory, ENOMEM};
  BOOST_TEST(base::name(place.change(0, Trigger::edge).error().code) == "out_of_memory");
  BOOST_TEST(place.active());
}

BOOST_AUTO_TEST_CASE(an_idle_poller_waits_without_limit) {
  for (int i = 0; i < 3; ++i) poller.turn(-1);
  BOOST_TEST(backend->waits == (std::vector<base::Nanos>{-1, -1, -1}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_poller_with_a_task_or_a_requeue_only_looks_and_then_waits_again) {
  Registration place = watch(kOne, one);
  poller.post([] {});
  poller.turn(-1);
  poller.turn(-1);
  place.requeue();
  poller.turn(-1);
  poller.turn(-1);
  BOOST_TEST(backend->waits == (std::vector<base::Nanos>{0, -1, 0, -1}),
             boost::test_tools::per_element());
  BOOST_TEST(one.requeues == 1);
}

BOOST_AUTO_TEST_CASE(more_tasks_than_a_turn_runs_keep_the_poller_from_waiting) {
  for (int i = 0; i < Notifier::kTasksPerTurn + 1; ++i) poller.post([] {});
  for (int i = 0; i < 3; ++i) poller.turn(-1);
  BOOST_TEST(backend->waits == (std::vector<base::Nanos>{0, 0, -1}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_event_costs_one_wait_and_not_another_to_see_that_there_is_no_more) {
  const Registration place = watch(kOne, one);
  backend->batches = {{backend->event(kOne)}, {backend->event(kOne)}};
  for (int i = 0; i < 3; ++i) poller.turn(-1);
  BOOST_TEST(backend->waits == (std::vector<base::Nanos>{-1, -1, -1}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_poller_with_a_timer_waits_for_it_to_the_nanosecond) {
  Bell bell;
  Timer timer(bell);
  poller.turn(0);
  poller.arm(timer, 50 * base::kMillisecond);
  const base::Nanos exact = poller.now() + 50 * base::kMillisecond;
  const base::Nanos due =
      (exact + base::kMillisecond - 1) / base::kMillisecond * base::kMillisecond;
  const base::Nanos before = base::monotonic_now();
  base::Nanos inside = 0;
  backend->inside_wait = [&] { inside = base::monotonic_now(); };
  poller.turn(-1);
  // The clock was read between `before` and `inside`: no whole milliseconds, nothing added.
  const base::Nanos read_at = due - backend->waits.back();
  BOOST_TEST(read_at >= before);
  BOOST_TEST(read_at <= inside);
}

BOOST_AUTO_TEST_CASE(a_shorter_limit_on_the_turn_goes_before_the_timer) {
  Bell bell;
  Timer timer(bell);
  poller.arm(timer, 20 * base::kSecond);
  poller.turn(12345);
  BOOST_TEST(backend->waits.back() == 12345);
}

BOOST_AUTO_TEST_CASE(a_wait_that_a_signal_ends_is_a_turn_in_which_nothing_happened) {
  const Registration place = watch(kOne, one);
  poller.turn(-1);  // the script is empty: 0 events, as after a signal
  BOOST_TEST(one.events == 0);
  backend->batches = {{backend->event(kOne)}};
  poller.turn(-1);
  BOOST_TEST(one.events == 1);
}

BOOST_AUTO_TEST_CASE(the_largest_batch_and_the_events_are_counted) {
  const Registration place_one = watch(kOne, one);
  const Registration place_two = watch(kTwo, two);
  const Batch both = {backend->event(kOne), backend->event(kTwo)};
  backend->batches = {{both[0]}, both, {both[1]}};
  for (int i = 0; i < 3; ++i) poller.turn(0);
  BOOST_TEST(poller.stats().largest_batch.get() == 2U);
  BOOST_TEST(poller.stats().events.get() == 4U);
  BOOST_TEST(poller.stats().turns.get() == 3U);
}

BOOST_AUTO_TEST_CASE(fds_above_the_dense_table_are_served_and_recycled_like_others) {
  constexpr int kSparse = FdTable::kDense + 5;
  Registration old_place = watch(kSparse, one);
  const PollerBackend::Event stale = backend->event(kSparse);
  old_place.release_for_close();
  Registration new_place = watch(kSparse, two);
  new_place.requeue();
  backend->batches = {{stale, backend->event(kSparse)}};
  poller.turn(0);
  BOOST_TEST(one.events == 0);
  BOOST_TEST(two.events == 1);
  BOOST_TEST(two.requeues == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
