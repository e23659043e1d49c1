#include "reactor/offload.h"

#include <pthread.h>

#include <array>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <csignal>
#include <memory>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <vector>

#include "reactor/poller_group.h"
#include "tests/support/aborts.h"
#include "tests/support/turns.h"

namespace tidegate::reactor {
namespace {

// Holds a pool's thread inside its work until it is opened.
class Gate {
 public:
  /// To be called by the work.
  void pass() {
    entered_.release();
    open_.acquire();
  }
  void wait_until_entered() { entered_.acquire(); }
  void open() { open_.release(); }

 private:
  std::counting_semaphore<> entered_{0};
  std::counting_semaphore<> open_{0};
};

struct OffloadFixture {
  OffloadFixture() { BOOST_TEST_REQUIRE(poller.open().ok()); }

  void start(OffloadOptions options) {
    pool = std::make_unique<Offload>(std::move(options));
    BOOST_TEST_REQUIRE(pool->start().ok());
  }

  /// Fills the pool's only thread with work that waits at `gate`.
  void block_thread(OffloadTicket& with) {
    BOOST_TEST_REQUIRE(pool->submit(
                               with, [this] { gate.pass(); }, [this] { ++done; })
                           .ok());
    gate.wait_until_entered();
  }

  [[nodiscard]] std::string submit_to(OffloadTicket& with) {
    const base::Status taken = pool->submit(
        with, [this] { ++worked; }, [this] { ++done; });
    return std::string(base::name(taken.error().code));
  }

  Poller poller;
  std::atomic<int> worked{0};
  int done = 0;
  Gate gate;
  std::unique_ptr<OffloadTicket> ticket = std::make_unique<OffloadTicket>(poller);
  std::unique_ptr<Offload> pool;  // stopped first
};

BOOST_FIXTURE_TEST_SUITE(offload, OffloadFixture)

BOOST_AUTO_TEST_CASE(works_elsewhere_and_answers_on_the_tickets_poller) {
  start({.threads = 1});
  const std::thread::id here = std::this_thread::get_id();
  std::thread::id worker = here;
  std::thread::id answered;
  const auto work = [] { return std::this_thread::get_id(); };
  BOOST_TEST(pool->submit(*ticket, work,
                          [&](std::thread::id id) {
                            worker = id;
                            answered = std::this_thread::get_id();
                          })
                 .ok());
  BOOST_TEST(test::turn_until(poller, [&] { return answered != std::thread::id(); }));
  BOOST_TEST((worker != here));
  BOOST_TEST((answered == here));
}

BOOST_AUTO_TEST_CASE(carries_values_that_can_only_be_moved_in_and_out) {
  start({.threads = 1});
  std::unique_ptr<int> got;
  auto work = [in = std::make_unique<int>(41)]() mutable {
    ++*in;
    return std::move(in);
  };
  const auto keep = [&](std::unique_ptr<int> out) { got = std::move(out); };
  BOOST_TEST(pool->submit(*ticket, std::move(work), keep).ok());
  BOOST_TEST(test::turn_until(poller, [&] { return got != nullptr; }));
  BOOST_TEST(*got == 42);
}

BOOST_AUTO_TEST_CASE(never_answers_from_inside_submit_and_before_start_only_queues) {
  pool = std::make_unique<Offload>(OffloadOptions{.threads = 1});
  BOOST_TEST(submit_to(*ticket) == "ok");
  test::settle(poller);
  BOOST_TEST(worked == 0);
  BOOST_TEST(pool->stats().queued == 1U);
  BOOST_TEST_REQUIRE(pool->start().ok());
  BOOST_TEST(test::turn_until(poller, [&] { return done == 1; }));
  BOOST_TEST(pool->stats().queued == 0U);
}

BOOST_AUTO_TEST_CASE(one_thread_works_in_the_order_of_submission) {
  start({.threads = 1});
  std::vector<int> order;
  for (int i = 0; i < 5; ++i) {
    BOOST_TEST(pool->submit(
                       *ticket, [i] { return i; }, [&](int n) { order.push_back(n); })
                   .ok());
  }
  BOOST_TEST(test::turn_until(poller, [&] { return order.size() == 5; }));
  BOOST_TEST(order == (std::vector<int>{0, 1, 2, 3, 4}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_full_queue_refuses_at_once_and_takes_nothing) {
  start({.threads = 1, .max_queued = 2});
  block_thread(*ticket);
  BOOST_TEST(submit_to(*ticket) == "ok");
  BOOST_TEST(submit_to(*ticket) == "ok");
  auto payload = std::make_unique<int>(7);
  auto work = [payload = std::move(payload)] { return *payload; };
  const auto ignore = [](int /*value*/) {};
  const base::Status refused = pool->submit(*ticket, std::move(work), ignore);
  BOOST_TEST(base::name(refused.error().code) == "limit");
  BOOST_TEST(work() == 7);  // NOLINT(bugprone-use-after-move): refused, so not moved from
  BOOST_TEST(pool->stats().rejected == 1U);
  BOOST_TEST(pool->stats().queued == 2U);
  gate.open();
  BOOST_TEST(test::turn_until(poller, [&] { return done == 3; }));
  BOOST_TEST(submit_to(*ticket) == "ok");
}

BOOST_AUTO_TEST_CASE(a_result_for_a_dead_handler_is_dropped_and_its_queued_work_skipped) {
  start({.threads = 1});
  block_thread(*ticket);
  BOOST_TEST(submit_to(*ticket) == "ok");
  ticket.reset();
  gate.open();
  BOOST_TEST(test::spin_until([&] { return pool->stats().cancelled == 1; }));
  test::settle(poller);
  BOOST_TEST(done == 0);
  BOOST_TEST(worked == 0);
  BOOST_TEST(pool->stats().completed == 1U);
}

BOOST_AUTO_TEST_CASE(a_result_that_is_on_its_way_already_misses_a_handler_that_dies_now) {
  start({.threads = 1});
  BOOST_TEST(submit_to(*ticket) == "ok");
  BOOST_TEST(test::spin_until([&] { return pool->stats().completed == 1; }));
  pool->stop();  // the result waits in the poller now
  ticket.reset();
  test::settle(poller);
  BOOST_TEST(done == 0);
}

BOOST_AUTO_TEST_CASE(a_cancelled_ticket_can_be_used_again_and_others_are_not_touched) {
  start({.threads = 1});
  OffloadTicket other(poller);
  int others_done = 0;
  block_thread(*ticket);
  BOOST_TEST(submit_to(*ticket) == "ok");
  BOOST_TEST(pool->submit(
                     other, [] {}, [&] { ++others_done; })
                 .ok());
  ticket->cancel();
  BOOST_TEST(submit_to(*ticket) == "ok");
  gate.open();
  BOOST_TEST(test::turn_until(poller, [&] { return done == 1 && others_done == 1; }));
  test::settle(poller);
  BOOST_TEST(done == 1);
  BOOST_TEST(worked == 1);
}

BOOST_AUTO_TEST_CASE(a_handler_may_die_inside_its_done_and_hears_no_more) {
  start({.threads = 1});
  for (int i = 0; i < 3; ++i) {
    BOOST_TEST(pool->submit(
                       *ticket, [] {},
                       [this] {
                         ++done;
                         ticket.reset();
                       })
                   .ok());
  }
  BOOST_TEST(test::spin_until([&] { return pool->stats().completed == 3; }));
  pool->stop();
  test::settle(poller);
  BOOST_TEST(done == 1);
}

BOOST_AUTO_TEST_CASE(done_may_submit_the_next_work) {
  start({.threads = 1, .max_queued = 1});
  int rounds = 0;
  struct Again {
    Offload& pool;
    OffloadTicket& ticket;
    int& rounds;
    void operator()() const {
      if (++rounds < 10)
        BOOST_TEST(pool.submit(
                           ticket, [] {}, Again{*this})
                       .ok());
    }
  };
  BOOST_TEST(pool->submit(
                     *ticket, [] {}, Again{*pool, *ticket, rounds})
                 .ok());
  BOOST_TEST(test::turn_until(poller, [&] { return rounds == 10; }));
}

BOOST_AUTO_TEST_CASE(stop_drops_the_queue_and_delivers_what_had_begun) {
  start({.threads = 1});
  block_thread(*ticket);
  BOOST_TEST(submit_to(*ticket) == "ok");
  std::thread opener([this] {
    // Once the queue is dropped, `stop` waits for nothing but the gate.
    static_cast<void>(test::spin_until([&] { return pool->stats().cancelled == 1; }));
    gate.open();
  });
  pool->stop();
  opener.join();
  BOOST_TEST(test::turn_until(poller, [&] { return done == 1; }));
  test::settle(poller);
  BOOST_TEST(done == 1);
  BOOST_TEST(worked == 0);
  BOOST_TEST(pool->stats().queued == 0U);
  BOOST_TEST(submit_to(*ticket) == "cancelled");
  pool->stop();
}

BOOST_AUTO_TEST_CASE(a_result_outlives_its_pool) {
  start({.threads = 1});
  BOOST_TEST(submit_to(*ticket) == "ok");
  BOOST_TEST(test::spin_until([&] { return pool->stats().completed == 1; }));
  pool.reset();
  test::settle(poller);
  BOOST_TEST(done == 1);
}

BOOST_AUTO_TEST_CASE(everything_taken_is_freed_when_pool_or_poller_is_gone) {
  const auto token = std::make_shared<int>(0);
  for (const bool poller_stopped : {false, true}) {
    BOOST_TEST_CONTEXT("poller stopped: " << poller_stopped) {
      Poller home;
      BOOST_TEST_REQUIRE(home.open().ok());
      if (poller_stopped) home.stop();
      OffloadTicket theirs(home);
      start({.threads = 1});
      const auto work = [token] { return token; };
      const auto take = [token](const std::shared_ptr<int>& /*result*/) {};
      BOOST_TEST(pool->submit(theirs, work, take).ok());
      BOOST_TEST(test::spin_until([&] { return pool->stats().completed == 1; }));
      BOOST_TEST(pool->submit(theirs, work, take).ok());
      pool.reset();
    }
    BOOST_TEST(token.use_count() == 1);
  }
}

BOOST_AUTO_TEST_CASE(what_work_captured_is_gone_before_its_result_arrives) {
  start({.threads = 1});
  const auto token = std::make_shared<int>(0);
  long seen = 0;
  BOOST_TEST(pool->submit(
                     *ticket, [token] {}, [&] { seen = token.use_count(); })
                 .ok());
  BOOST_TEST(test::turn_until(poller, [&] { return seen != 0; }));
  BOOST_TEST(seen == 1);
}

BOOST_AUTO_TEST_CASE(threads_have_names_and_take_no_signal) {
  start({.threads = 1, .name = "slow"});
  struct Seen {
    std::string name;
    bool all_blocked = true;
  };
  Seen seen;
  const auto look = [] {
    std::array<char, 16> name{};
    ::pthread_getname_np(::pthread_self(), name.data(), name.size());
    sigset_t mask{};
    ::pthread_sigmask(SIG_BLOCK, nullptr, &mask);
    Seen found{name.data(), true};
    for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGPIPE, SIGALRM}) {
      found.all_blocked = found.all_blocked && sigismember(&mask, number) == 1;
    }
    return found;
  };
  BOOST_TEST(pool->submit(*ticket, look, [&](Seen found) { seen = std::move(found); }).ok());
  BOOST_TEST(test::turn_until(poller, [&] { return !seen.name.empty(); }));
  BOOST_TEST(seen.name == "slow-0");
  BOOST_TEST(seen.all_blocked);
  sigset_t own{};
  ::pthread_sigmask(SIG_BLOCK, nullptr, &own);
  BOOST_TEST(sigismember(&own, SIGTERM) == 0);
}

BOOST_AUTO_TEST_CASE(work_that_throws_stops_the_process) {
  BOOST_TEST(test::aborts([] {
    Poller home;
    if (!home.open()) return;
    OffloadTicket theirs(home);
    Offload thrower({.threads = 1});
    if (!thrower.start()) return;
    const auto work = [] { throw std::runtime_error("no"); };
    if (!thrower.submit(theirs, work, [] {})) return;
    static_cast<void>(test::spin_until([] { return false; }));
  }));
}

// Handlers of several pollers that come, go and ask all the time.
class Asker {
 public:
  Asker(Poller& poller, Offload& pool, std::atomic<int>& running)
      : poller_(poller), pool_(pool), running_(running) {}

  void go_on() {
    TG_CHECK(poller_.on_own_thread());
    if (++round_ == kRounds) {
      ticket_.reset();
      --running_;
      return;
    }
    if (round_ % 7 == 0) ticket_ = std::make_unique<OffloadTicket>(poller_);
    const auto answer = [this, asked = round_](std::unique_ptr<int> got) {
      TG_CHECK(poller_.on_own_thread() && *got == asked + 1);
    };
    const auto work = [asked = round_] { return std::make_unique<int>(asked + 1); };
    static_cast<void>(pool_.submit(*ticket_, work, answer).ok());
    poller_.post([this] { go_on(); });
  }

 private:
  static constexpr int kRounds = 5000;
  Poller& poller_;
  Offload& pool_;
  std::atomic<int>& running_;
  int round_ = 0;
  std::unique_ptr<OffloadTicket> ticket_ = std::make_unique<OffloadTicket>(poller_);
};

BOOST_AUTO_TEST_CASE(handlers_of_many_pollers_come_and_go_while_work_is_under_way) {
  PollerGroup group({.name = "home", .count = 3});
  BOOST_TEST_REQUIRE(group.open().ok());
  start({.threads = 3, .max_queued = 64});
  std::atomic<int> running{6};
  std::vector<std::unique_ptr<Asker>> askers;
  for (std::size_t i = 0; i < 6; ++i) {
    askers.push_back(std::make_unique<Asker>(group[i % 3], *pool, running));
    group[i % 3].post([asker = askers.back().get()] { asker->go_on(); });
  }
  BOOST_TEST_REQUIRE(group.start().ok());
  BOOST_TEST(test::spin_until([&] { return running == 0; }));
  group.stop();  // before the pool: results go to pollers that take no more
  pool->stop();
  group.join();
  const OffloadStats& stats = pool->stats();
  BOOST_TEST(stats.submitted == stats.completed + stats.cancelled);
  BOOST_TEST(stats.submitted + stats.rejected == 6U * 4999U);
  BOOST_TEST(stats.queued == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
