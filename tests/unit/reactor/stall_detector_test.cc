#include "reactor/stall_detector.h"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <mutex>
#include <string>
#include <vector>

#include "reactor/stream.h"
#include "tests/support/loopback.h"
#include "tests/support/running_poller.h"

namespace tidegate::reactor {

// Outside the anonymous namespace, for the sake of its name.
class BlockingHandler final : public EventHandler {
 public:
  explicit BlockingHandler(std::atomic<bool>& r) : released(r) {}
  void on_ready(Ready /*ready*/) override {
    finished = test::spin_until([this] { return released.load(); });
  }
  std::atomic<bool>& released;
  bool finished = false;
};

namespace {

using Verdict = StallGauge::Verdict;

BOOST_AUTO_TEST_SUITE(stall_gauge)

struct Sample {
  std::uint64_t started;
  bool running;
  base::Nanos now;
  Verdict verdict;
  base::Nanos lasted;  // looked at for stalls only
};

void check(const std::vector<Sample>& samples) {
  StallGauge gauge(100);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    BOOST_TEST_CONTEXT("sample " << i) {
      const Sample& s = samples[i];
      const Verdict verdict = gauge.sample(s.started, s.running, s.now);
      BOOST_TEST((verdict == s.verdict));
      if (s.verdict != Verdict::fine) BOOST_TEST(gauge.lasted() == s.lasted);
    }
  }
}

BOOST_AUTO_TEST_CASE(one_callback_beyond_the_threshold_begins_goes_on_and_ends_once) {
  check({{1, true, 1000, Verdict::fine, 0},
         {1, true, 1099, Verdict::fine, 0},
         {1, true, 1100, Verdict::begins, 100},
         {1, true, 1125, Verdict::goes_on, 125},
         {1, true, 1150, Verdict::goes_on, 150},
         {2, true, 1175, Verdict::ends, 175},
         {2, true, 1200, Verdict::fine, 0},
         {3, false, 1225, Verdict::fine, 0}});
}

BOOST_AUTO_TEST_CASE(many_short_callbacks_are_no_stall) {
  check({{1, true, 0, Verdict::fine, 0},
         {2, true, 60, Verdict::fine, 0},
         {3, true, 120, Verdict::fine, 0},
         {4, true, 180, Verdict::fine, 0},
         {5, true, 240, Verdict::fine, 0}});
}

BOOST_AUTO_TEST_CASE(a_poller_that_waits_is_no_stall_however_long) {
  check({{5, false, 0, Verdict::fine, 0},
         {5, false, 500, Verdict::fine, 0},
         {5, false, 100000, Verdict::fine, 0},
         {6, true, 100001, Verdict::fine, 0},
         {6, true, 100100, Verdict::fine, 0},
         {6, true, 100101, Verdict::begins, 100}});
}

BOOST_AUTO_TEST_CASE(a_stall_ends_when_the_poller_rests) {
  check({{1, true, 0, Verdict::fine, 0},
         {1, true, 100, Verdict::begins, 100},
         {1, false, 130, Verdict::ends, 130},
         {1, false, 500, Verdict::fine, 0}});
}

BOOST_AUTO_TEST_CASE(the_callback_after_a_stall_may_be_another) {
  check({{1, true, 0, Verdict::fine, 0},
         {1, true, 100, Verdict::begins, 100},
         {2, true, 120, Verdict::ends, 120},
         {2, true, 219, Verdict::fine, 0},
         {2, true, 220, Verdict::begins, 100},
         {3, false, 230, Verdict::ends, 110}});
}

BOOST_AUTO_TEST_SUITE_END()

// Releases whoever blocks as soon as the stall was told.
class Witness final : public StallObserver {
 public:
  explicit Witness(std::atomic<bool>& r) : released(r) {}
  void on_stall(const Stall& stall) override {
    const std::lock_guard lock(mutex);
    begun.push_back(stall);
    released = true;
  }
  void on_stall_end(const Stall& stall) override {
    const std::lock_guard lock(mutex);
    ended.push_back(stall);
  }
  [[nodiscard]] std::size_t ends() {
    const std::lock_guard lock(mutex);
    return ended.size();
  }
  std::atomic<bool>& released;
  std::mutex mutex;
  std::vector<Stall> begun;
  std::vector<Stall> ended;
};

constexpr base::Nanos kThreshold = 20 * base::kMillisecond;

struct DetectorFixture {
  std::atomic<bool> released{false};
  Witness witness{released};
  test::RunningPoller poller;
};

BOOST_FIXTURE_TEST_SUITE(stall_detector, DetectorFixture)

BOOST_AUTO_TEST_CASE(names_the_handler_that_blocks_its_poller_and_tells_the_end) {
  test::SocketPair pair = test::unix_pair();
  test::Peer peer(std::move(pair.second));
  BlockingHandler handler(released);
  auto place = poller->add(pair.first.fd(), handler, kRead, Trigger::edge);
  BOOST_TEST_REQUIRE(place.ok());
  StallDetector detector(witness, kThreshold);
  detector.add(*poller);
  BOOST_TEST_REQUIRE(detector.start().ok());
  poller.start();
  peer.send("x");
  BOOST_TEST(test::spin_until([&] { return witness.ends() == 1; }));
  poller.stop();
  BOOST_TEST(handler.finished);
  BOOST_TEST(detector.stalls() == 1U);
  BOOST_TEST_REQUIRE(witness.begun.size() == 1U);
  BOOST_TEST(witness.begun[0].what == "tidegate::reactor::BlockingHandler");
  BOOST_TEST(witness.begun[0].poller == &*poller);
  BOOST_TEST(witness.begun[0].lasted >= kThreshold);
  BOOST_TEST(witness.ended[0].what == witness.begun[0].what);
  BOOST_TEST(witness.ended[0].lasted >= witness.begun[0].lasted);
}

BOOST_AUTO_TEST_CASE(names_the_owner_of_a_stream_and_not_the_stream) {
  struct Owner final : StreamObserver {
    explicit Owner(std::atomic<bool>& r) : released(r) {}
    std::size_t on_data(std::string_view bytes) override {
      static_cast<void>(test::spin_until([this] { return released.load(); }));
      return bytes.size();
    }
    void on_eof() override {}
    void on_close(base::Error /*why*/) override {}
    std::atomic<bool>& released;
  };
  test::SocketPair pair = test::unix_pair();
  test::Peer peer(std::move(pair.second));
  Owner owner(released);
  Stream stream(*poller, owner);
  BOOST_TEST_REQUIRE(stream.open(std::move(pair.first)).ok());
  StallDetector detector(witness, kThreshold);
  detector.add(*poller);
  BOOST_TEST_REQUIRE(detector.start().ok());
  poller.start();
  peer.send("x");
  BOOST_TEST(test::spin_until([&] { return witness.ends() == 1; }));
  poller.stop();
  BOOST_TEST_REQUIRE(witness.begun.size() == 1U);
  BOOST_TEST(witness.begun[0].what.ends_with("::Owner"));
}

BOOST_AUTO_TEST_CASE(each_stall_of_each_poller_of_a_group_is_told) {
  PollerGroup group({.name = "stall", .count = 2});
  BOOST_TEST_REQUIRE(group.open().ok());
  StallDetector detector(witness, kThreshold);
  detector.add(group);
  BOOST_TEST_REQUIRE(detector.start().ok());
  BOOST_TEST_REQUIRE(group.start().ok());
  for (std::size_t round = 0; round < 4; ++round) {
    released = false;
    group[round % 2].post(
        [this] { static_cast<void>(test::spin_until([this] { return released.load(); })); });
    BOOST_TEST_REQUIRE(test::spin_until([&] { return witness.ends() == round + 1; }));
    BOOST_TEST(witness.begun.back().poller == &group[round % 2]);
  }
  BOOST_TEST(detector.stalls() == 4U);
}

BOOST_AUTO_TEST_CASE(can_go_whether_it_was_started_or_not) {
  { const StallDetector idle(witness, kThreshold); }
  StallDetector detector(witness, kThreshold);
  detector.add(*poller);
  BOOST_TEST_REQUIRE(detector.start().ok());
}

BOOST_AUTO_TEST_CASE(a_type_is_named_as_written) {
  BOOST_TEST(readable_name(typeid(BlockingHandler)) == "tidegate::reactor::BlockingHandler");
  BOOST_TEST(readable_name(typeid(int)) == "int");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::reactor
