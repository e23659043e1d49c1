#include "reactor/base/log_ring.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <thread>
#include <vector>

using tidegate::base::LogRing;

namespace {

std::vector<std::string> drained(LogRing& ring) {
  std::vector<std::string> lines;
  ring.drain([&](std::uint32_t to, std::string_view line) {
    lines.push_back(std::to_string(to) + ":" + std::string(line));
  });
  return lines;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(log_ring)

BOOST_AUTO_TEST_CASE(gives_lines_in_order_with_their_destination) {
  LogRing ring(nullptr);
  BOOST_TEST(ring.empty());
  ring.push(1, "one\n");
  ring.push(0, "");
  ring.push(2, "three, which is longer\n");
  BOOST_TEST(!ring.empty());
  const std::vector<std::string> want = {"1:one\n", "0:", "2:three, which is longer\n"};
  BOOST_TEST(drained(ring) == want, boost::test_tools::per_element());
  BOOST_TEST(ring.empty());
}

BOOST_AUTO_TEST_CASE(keeps_every_byte_through_many_wraps) {
  LogRing ring(nullptr);
  for (std::size_t round = 0; round < 2000; ++round) {
    const std::string line(round * 7 % 5000, static_cast<char>('a' + round % 26));
    BOOST_TEST_REQUIRE((ring.push(3, line) != LogRing::Push::full));
    const auto lines = drained(ring);
    BOOST_TEST_REQUIRE(lines.size() == 1U);
    BOOST_TEST_REQUIRE(lines[0] == "3:" + line);
  }
}

BOOST_AUTO_TEST_CASE(says_when_it_is_crowded_and_when_full_and_recovers) {
  LogRing ring(nullptr);
  const std::string line(1016, 'x');  // 1024 with its header
  std::size_t queued = 0;
  std::size_t crowded = 0;
  for (;;) {
    const LogRing::Push pushed = ring.push(0, line);
    if (pushed == LogRing::Push::full) break;
    ++(pushed == LogRing::Push::queued ? queued : crowded);
  }
  BOOST_TEST(queued == LogRing::kBytes / 1024 / 2);
  BOOST_TEST(crowded == LogRing::kBytes / 1024 / 2);
  BOOST_TEST(drained(ring).size() == queued + crowded);
  BOOST_TEST((ring.push(0, line) == LogRing::Push::queued));
}

BOOST_AUTO_TEST_CASE(serves_its_owner_until_it_is_closed) {
  const int owner = 0;
  const int other = 0;
  LogRing ring(&owner);
  BOOST_TEST(ring.serves(&owner));
  BOOST_TEST(!ring.serves(&other));
  ring.close();
  BOOST_TEST(!ring.serves(&owner));
}

BOOST_AUTO_TEST_CASE(hands_lines_over_while_both_ends_run) {
  constexpr int kLines = 200'000;
  LogRing ring(nullptr);
  std::thread producer([&] {
    for (int i = 0; i < kLines; ++i) {
      while (ring.push(0, std::to_string(i)) == LogRing::Push::full) std::this_thread::yield();
    }
    ring.abandon();
  });
  int expected = 0;
  bool in_order = true;
  for (bool last = false; !last;) {
    last = ring.abandoned();
    ring.drain([&](std::uint32_t, std::string_view line) {
      in_order = in_order && line == std::to_string(expected);
      ++expected;
    });
  }
  producer.join();
  BOOST_TEST(in_order);
  BOOST_TEST(expected == kLines);
}

BOOST_AUTO_TEST_SUITE_END()
