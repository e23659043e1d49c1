#include "reactor/callback_watch.h"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <string>
#include <thread>
#include <typeinfo>

#include "reactor/poller.h"
#include "tests/support/loopback.h"
#include "tests/support/recording_handler.h"
#include "tests/support/recording_observer.h"
#include "tests/support/scripted_backend.h"
#include "tests/support/turns.h"

namespace tidegate::reactor {
namespace {

std::string name_of(const std::type_info* type) {
  return type == nullptr ? "nobody" : type->name();
}

BOOST_AUTO_TEST_SUITE(callback_watch)

BOOST_AUTO_TEST_CASE(names_who_runs_and_counts_the_callbacks) {
  CallbackWatch watch;
  BOOST_TEST(name_of(watch.running()) == "nobody");
  watch.begin(typeid(int));
  BOOST_TEST(name_of(watch.running()) == typeid(int).name());
  watch.rename(typeid(long));
  BOOST_TEST(name_of(watch.running()) == typeid(long).name());
  watch.begin(typeid(char));
  watch.rest();
  BOOST_TEST(name_of(watch.running()) == "nobody");
  BOOST_TEST(watch.started() == 2U);
}

BOOST_AUTO_TEST_CASE(the_longest_is_measured_and_named_as_it_was_when_it_ended) {
  CallbackWatch watch;
  BOOST_TEST(name_of(watch.longest_of()) == "nobody");
  watch.begin(typeid(int));
  watch.begin(typeid(char));
  watch.rename(typeid(long));
  const base::Nanos from = base::monotonic_now();
  test::spin_past(from + 4 * base::kMillisecond);
  watch.begin(typeid(short));
  const auto most = static_cast<std::uint64_t>(base::monotonic_now() - from);
  watch.rest();
  BOOST_TEST(name_of(watch.longest_of()) == typeid(long).name());
  // The unit is nanoseconds; to the percent, since two clocks are compared.
  BOOST_TEST(watch.longest_ns() >= 4'000'000U / 100 * 99);
  BOOST_TEST(watch.longest_ns() <= most / 100 * 110 + 100'000);
}

BOOST_AUTO_TEST_CASE(time_in_which_nothing_runs_is_nobodys) {
  CallbackWatch watch;
  watch.begin(typeid(int));
  watch.rest();
  const std::uint64_t before = watch.longest_ns();
  test::spin_past(base::monotonic_now() + 3 * base::kMillisecond);
  watch.begin(typeid(char));
  watch.rest();
  BOOST_TEST(before < 3'000'000U);
  BOOST_TEST(watch.longest_ns() < 3'000'000U);
}

BOOST_AUTO_TEST_SUITE_END()

struct Slow final : StreamObserver {
  explicit Slow(Poller& p) : poller(p) {}
  std::size_t on_data(std::string_view bytes) override {
    running = name_of(poller.watch().running());
    test::spin_past(base::monotonic_now() + 20 * base::kMillisecond);
    return bytes.size();
  }
  void on_eof() override {}
  void on_close(base::Error /*why*/) override {}
  Poller& poller;
  std::string running;
};

struct WatchedPoller {
  WatchedPoller() { BOOST_TEST_REQUIRE(poller.open().ok()); }
  [[nodiscard]] std::string running() const { return name_of(poller.watch().running()); }
  Poller poller;
};

BOOST_FIXTURE_TEST_SUITE(poller_watch, WatchedPoller)

BOOST_AUTO_TEST_CASE(every_kind_of_callback_is_named_while_it_runs_and_nobody_in_between) {
  test::SocketPair pair = test::unix_pair();
  test::RecordingHandler handler;
  std::vector<std::string> seen;
  auto place = poller.add(pair.first.fd(), handler, kWrite, Trigger::edge);
  BOOST_TEST_REQUIRE(place.ok());
  handler.inside = [&](Ready ready) {
    seen.push_back(running());
    if (!ready.requeued()) place->requeue();
  };
  test::Bell bell;
  Timer timer(bell);
  bell.inside = [&](Timer&) { seen.push_back(running()); };
  poller.arm(timer, 0);
  test::spin_past(poller.now() + 2 * base::kMillisecond);
  class Named final : public base::Task {
   public:
    explicit Named(std::function<void()> f) : f_(std::move(f)) {}
    void run() override { f_(); }

   private:
    std::function<void()> f_;
  };
  poller.post(std::make_unique<Named>([&] { seen.push_back(running()); }));
  poller.turn(0);
  const std::vector<std::string> expected = {typeid(test::RecordingHandler).name(),
                                             typeid(test::RecordingHandler).name(),
                                             typeid(test::Bell).name(), typeid(Named).name()};
  BOOST_TEST(seen == expected, boost::test_tools::per_element());
  BOOST_TEST(running() == "nobody");
  BOOST_TEST(poller.watch().started() == 4U);
}

BOOST_AUTO_TEST_CASE(the_longest_callback_of_a_stream_is_its_observers) {
  test::SocketPair pair = test::unix_pair();
  Slow slow(poller);
  Stream stream(poller, slow);
  BOOST_TEST_REQUIRE(stream.open(std::move(pair.first)).ok());
  BOOST_TEST_REQUIRE(pair.second.write(std::string_view("x")).count == 1U);
  BOOST_TEST(test::turn_until(poller, [&] { return !slow.running.empty(); }));
  poller.turn(0);
  BOOST_TEST(slow.running == typeid(Slow).name());
  BOOST_TEST(name_of(poller.watch().longest_of()) == typeid(Slow).name());
  BOOST_TEST(poller.watch().longest_ns() > 10'000'000U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(poller_stats, WatchedPoller)

BOOST_AUTO_TEST_CASE(timers_and_their_lag_are_counted) {
  test::Bell bell;
  Timer first(bell);
  Timer second(bell);
  base::Nanos armed_at = 0;
  poller.post([&] {
    armed_at = poller.now();
    poller.arm(first, 0);
    poller.arm(second, 3 * base::kMillisecond);
  });
  poller.turn(0);
  test::spin_past(armed_at + 10 * base::kMillisecond);
  base::Nanos rung_in = 0;
  bell.inside = [&](Timer&) { rung_in = poller.now(); };
  poller.turn(0);
  const auto late = [&](base::Nanos delay) {
    const base::Nanos tick = base::kMillisecond;
    const base::Nanos due = (armed_at + delay + tick - 1) / tick * tick;
    return static_cast<std::uint64_t>(rung_in - due);
  };
  BOOST_TEST(bell.rung == 2);
  BOOST_TEST(poller.stats().timers.get() == 2U);
  BOOST_TEST(poller.stats().longest_timer_lag_ns.get() == late(0));
  BOOST_TEST(poller.stats().timer_lag_ns.get() == late(0) + late(3 * base::kMillisecond));
}

BOOST_AUTO_TEST_CASE(a_later_timer_with_less_lag_does_not_shorten_the_longest) {
  test::Bell bell;
  Timer timer(bell);
  poller.arm(timer, 0);
  test::spin_past(poller.now() + 5 * base::kMillisecond);
  poller.turn(0);
  const std::uint64_t longest = poller.stats().longest_timer_lag_ns.get();
  BOOST_TEST(longest > 0U);
  poller.arm(timer, 0);
  while (bell.rung < 2) poller.turn(-1);
  BOOST_TEST(poller.stats().longest_timer_lag_ns.get() >= longest);
}

BOOST_AUTO_TEST_CASE(waiting_and_working_are_told_apart) {
  poller.turn(0);
  const std::uint64_t waited = poller.stats().wait_ns.get();
  poller.turn(4 * base::kMillisecond);
  BOOST_TEST(poller.stats().wait_ns.get() - waited >= 4'000'000U);
  const std::uint64_t busy = poller.stats().busy_ns.get();
  poller.post([] { test::spin_past(base::monotonic_now() + 4 * base::kMillisecond); });
  poller.turn(0);
  poller.turn(0);
  BOOST_TEST(poller.stats().busy_ns.get() - busy >= 4'000'000U);
}

BOOST_AUTO_TEST_CASE(fds_are_counted_and_the_pollers_own_among_them) {
  BOOST_TEST(poller.stats().registered.get() == 1U);
  test::SocketPair pair = test::unix_pair();
  test::RecordingHandler handler;
  auto first = poller.add(pair.first.fd(), handler, kRead, Trigger::edge);
  auto second = poller.add(pair.second.fd(), handler, kRead, Trigger::edge);
  BOOST_TEST_REQUIRE((first.ok() && second.ok()));
  BOOST_TEST(poller.stats().registered.get() == 3U);
  first->remove();
  BOOST_TEST(poller.stats().registered.get() == 2U);
  second->release_for_close();
  BOOST_TEST(poller.stats().registered.get() == 1U);
}

BOOST_AUTO_TEST_CASE(a_sleep_is_ended_by_one_wake_up_however_many_posts_there_are) {
  Poller sleeper;
  auto made = std::make_unique<test::ScriptedBackend>();
  test::ScriptedBackend& backend = *made;
  BOOST_TEST_REQUIRE(sleeper.open(std::move(made)).ok());
  // The one fd that is registered by now is the poller's own.
  const int wake_up_fd = backend.watched.begin()->first;
  const auto wake_ups_written = [&] {
    std::uint64_t count = 0;
    return ::read(wake_up_fd, &count, sizeof count) == sizeof count ? count : 0;
  };
  std::uint64_t written = 0;
  int ran = 0;
  backend.inside_wait = [&] {
    for (int i = 0; i < 1000; ++i) {
      sleeper.post([&] {
        ++ran;
        // An awake poller needs none.
        sleeper.post([&] { BOOST_TEST(wake_ups_written() == 0U); });
      });
    }
    written += wake_ups_written();
    backend.inside_wait = [] {};
  };
  backend.batches = {{backend.event(wake_up_fd)}};
  while (ran < 1000) sleeper.turn(-1);
  BOOST_TEST(written == 1U);
  BOOST_TEST(sleeper.stats().wakeups.get() == 1U);
}

BOOST_AUTO_TEST_CASE(a_wake_up_without_a_task_is_counted_too) {
  Poller sleeper;
  auto made = std::make_unique<test::ScriptedBackend>();
  test::ScriptedBackend& backend = *made;
  BOOST_TEST_REQUIRE(sleeper.open(std::move(made)).ok());
  backend.batches = {{backend.event(backend.watched.begin()->first)}};
  sleeper.turn(-1);  // as `stop` does
  BOOST_TEST(sleeper.stats().wakeups.get() == 1U);
}

BOOST_AUTO_TEST_CASE(the_write_buffer_is_one_and_has_its_size) {
  const std::span<char> buffer = poller.write_buffer();
  BOOST_TEST(buffer.size() == Poller::kWriteScratch);
  // As addresses: char pointers are compared as text.
  BOOST_TEST((poller.write_buffer().data() == buffer.data()));
  BOOST_TEST((poller.read_buffer().data() != buffer.data()));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
