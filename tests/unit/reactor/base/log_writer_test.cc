#include "reactor/base/log_writer.h"

#include <array>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "reactor/base/log_ring.h"
#include "reactor/base/log_thread.h"
#include "tests/unit/reactor/base/log_fixture.h"

using namespace tidegate::base;

namespace {

void in_threads(std::size_t count, const std::function<void(std::size_t)>& work) {
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < count; ++i) threads.emplace_back(work, i);
  for (std::thread& thread : threads) thread.join();
}

void wait_until_written(const LogWriter& writer, std::uint64_t lines) {
  while (writer.written() < lines) std::this_thread::yield();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(log_writer)

BOOST_AUTO_TEST_CASE(writes_everything_before_it_is_gone_started_or_not) {
  for (const bool started : {true, false}) {
    BOOST_TEST_CONTEXT("started: " << started) {
      const LogFolder folder;
      {
        LogWriter writer;
        const auto to = writer.open_destination(folder.file("a.log"));
        if (started) BOOST_TEST_REQUIRE(writer.start().ok());
        writer.append(*to, "one\n");
        writer.append(*to, "two\n");
      }
      BOOST_TEST(folder.content("a.log") == "one\ntwo\n");
    }
  }
}

BOOST_AUTO_TEST_CASE(wakes_up_for_a_line_after_any_length_of_sleep) {
  const LogFolder folder;
  LogWriter writer;
  const auto to = writer.open_destination(folder.file("a.log"));
  BOOST_TEST_REQUIRE(writer.start().ok());
  for (std::uint64_t i = 1; i <= 200; ++i) {
    writer.append(*to, "line\n");
    wait_until_written(writer, i);
  }
  BOOST_TEST(writer.written() == 200U);
  BOOST_TEST(writer.dropped() == 0U);
}

BOOST_AUTO_TEST_CASE(keeps_each_threads_order_and_loses_no_line_silently) {
  constexpr std::size_t kThreads = 6;
  constexpr std::size_t kLines = 5000;
  const LogFolder folder;
  std::uint64_t dropped = 0;
  {
    LogWriter writer;
    const auto to = writer.open_destination(folder.file("a.log"));
    BOOST_TEST_REQUIRE(writer.start().ok());
    in_threads(kThreads, [&](std::size_t thread) {
      for (std::size_t i = 0; i < kLines; ++i) {
        writer.append(*to, std::to_string(thread) + " " + std::to_string(i) + "\n");
      }
    });
    dropped = writer.dropped();
  }
  std::array<std::size_t, kThreads> next{};
  std::size_t out_of_order = 0;
  const std::vector<std::string> lines = folder.lines("a.log");
  for (const std::string& line : lines) {
    const std::size_t thread = std::stoul(line);
    const std::size_t number = std::stoul(line.substr(line.find(' ')));
    if (number < next[thread]) ++out_of_order;
    next[thread] = number + 1;
  }
  BOOST_TEST(out_of_order == 0U);
  BOOST_TEST(lines.size() + dropped == kThreads * kLines);
}

BOOST_AUTO_TEST_CASE(gives_one_destination_for_one_path_and_keeps_destinations_apart) {
  const LogFolder folder;
  {
    LogWriter writer;
    const auto a = writer.open_destination(folder.file("a.log"));
    const auto b = writer.open_destination(folder.file("b.log"));
    const auto again = writer.open_destination(folder.file("a.log"));
    BOOST_TEST(*a == *again);
    BOOST_TEST(*a != *b);
    BOOST_TEST_REQUIRE(writer.start().ok());
    writer.append(*a, "to a\n");
    writer.append(*b, "to b\n");
  }
  BOOST_TEST(folder.content("a.log") == "to a\n");
  BOOST_TEST(folder.content("b.log") == "to b\n");
}

BOOST_AUTO_TEST_CASE(reports_a_destination_that_cannot_be_opened) {
  const LogFolder folder;
  LogWriter writer;
  BOOST_TEST(!writer.open_destination(folder.file("missing/a.log")).ok());
}

BOOST_AUTO_TEST_CASE(drops_and_counts_what_finds_its_ring_full) {
  const LogFolder folder;
  const std::string line = std::string(1015, 'x') + '\n';  // 1024 in the ring
  constexpr std::size_t kFits = LogRing::kBytes / 1024;
  {
    LogWriter writer;
    const auto to = writer.open_destination(folder.file("a.log"));
    for (std::size_t i = 0; i < kFits + 3; ++i) writer.append(*to, line);
    BOOST_TEST(writer.dropped() == 3U);
  }
  BOOST_TEST(folder.lines("a.log").size() == kFits);
}

BOOST_AUTO_TEST_CASE(counts_what_a_full_disk_loses) {
  LogWriter writer;
  const auto to = writer.open_destination("/dev/full");
  BOOST_TEST_REQUIRE(writer.start().ok());
  for (int i = 0; i < 10; ++i) writer.append(*to, "line\n");
  while (writer.dropped() < 10) std::this_thread::yield();
  BOOST_TEST(writer.dropped() == 10U);
  BOOST_TEST(writer.written() == 0U);
}

BOOST_AUTO_TEST_CASE(cuts_a_line_that_is_too_long_and_still_ends_it) {
  const LogFolder folder;
  {
    LogWriter writer;
    const auto to = writer.open_destination(folder.file("a.log"));
    writer.append(*to, std::string(LogWriter::kMaxLine + 100, 'x') + '\n');
    writer.append(*to, "next\n");
  }
  const auto lines = folder.lines("a.log");
  BOOST_TEST_REQUIRE(lines.size() == 2U);
  BOOST_TEST(lines[0].size() == LogWriter::kMaxLine - 1);
  BOOST_TEST(lines[1] == "next");
}

BOOST_AUTO_TEST_CASE(writes_to_a_new_file_after_reopen) {
  const LogFolder folder;
  LogWriter writer;
  const auto to = writer.open_destination(folder.file("a.log"));
  BOOST_TEST_REQUIRE(writer.start().ok());
  writer.append(*to, "one\n");
  wait_until_written(writer, 1);
  std::filesystem::rename(folder.file("a.log"), folder.file("a.log.1"));
  writer.reopen();
  while (!std::filesystem::exists(folder.file("a.log"))) std::this_thread::yield();
  writer.append(*to, "two\n");
  wait_until_written(writer, 2);
  BOOST_TEST(folder.content("a.log.1") == "one\n");
  BOOST_TEST(folder.content("a.log") == "two\n");
}

BOOST_AUTO_TEST_CASE(one_thread_may_log_to_several_writers_one_after_another_or_at_once) {
  const LogFolder folder;
  for (int i = 0; i < 5; ++i) {
    LogWriter first;
    LogWriter second;
    const auto a = first.open_destination(folder.file("a.log"));
    const auto b = second.open_destination(folder.file("b.log"));
    first.append(*a, "a\n");
    second.append(*b, "b\n");
    first.append(*a, "a\n");
  }
  BOOST_TEST(folder.content("a.log") == "a\na\na\na\na\na\na\na\na\na\n");
  BOOST_TEST(folder.content("b.log") == "b\nb\nb\nb\nb\n");
}

BOOST_AUTO_TEST_CASE(takes_the_lines_of_threads_that_ended_and_gives_their_rings_to_others) {
  LogWriter writer;
  const auto to = writer.open_destination("/dev/null");
  const auto log_one = [&](std::size_t) { writer.append(*to, "line\n"); };
  in_threads(LogThread::kMaxRings, log_one);
  in_threads(1, log_one);
  BOOST_TEST(writer.dropped() == 1U);
  BOOST_TEST_REQUIRE(writer.start().ok());
  wait_until_written(writer, LogThread::kMaxRings);
  in_threads(LogThread::kMaxRings, log_one);
  wait_until_written(writer, 2 * LogThread::kMaxRings);
  BOOST_TEST(writer.dropped() == 1U);
}

BOOST_AUTO_TEST_CASE(each_batch_goes_to_the_file_of_its_time) {
  const LogFolder folder;
  std::atomic<Nanos> now{86'399 * kSecond};
  LogWriter writer([&now] { return now.load(); });
  const auto dated = writer.open_destination(folder.file("a-%F.log"));
  const auto plain = writer.open_destination(folder.file("plain.log"));
  BOOST_TEST(*dated == *writer.open_destination(folder.file("a-%F.log")));
  BOOST_TEST_REQUIRE(writer.start().ok());
  writer.append(*dated, "one\n");
  writer.append(*plain, "one\n");
  wait_until_written(writer, 2);
  now = 86'400 * kSecond;
  writer.append(*dated, "two\n");
  writer.append(*plain, "two\n");
  wait_until_written(writer, 4);
  BOOST_TEST(folder.content("a-1970-01-01.log") == "one\n");
  BOOST_TEST(folder.content("a-1970-01-02.log") == "two\n");
  BOOST_TEST(folder.content("plain.log") == "one\ntwo\n");
  BOOST_TEST(writer.failed_opens() == 0U);
}

BOOST_AUTO_TEST_CASE(counts_the_files_it_could_not_open_and_loses_no_line_to_them) {
  const LogFolder folder;
  std::atomic<Nanos> now{0};
  LogWriter writer([&now] { return now.load(); });
  const auto to = writer.open_destination(folder.file("a-%d.log"));
  BOOST_TEST_REQUIRE(writer.start().ok());
  std::filesystem::create_directory(folder.file("a-02.log"));
  now = 86'400 * kSecond;
  for (std::uint64_t i = 1; i <= 3; ++i) {
    writer.append(*to, "line\n");
    wait_until_written(writer, i);
  }
  BOOST_TEST(writer.failed_opens() == 1U);  // the clock stands still: one try
  writer.reopen();
  while (writer.failed_opens() < 2) std::this_thread::yield();
  now = 86'401 * kSecond;
  std::filesystem::remove(folder.file("a-02.log"));
  writer.append(*to, "line\n");
  wait_until_written(writer, 4);
  BOOST_TEST(folder.lines("a-01.log").size() == 3U);
  BOOST_TEST(folder.lines("a-02.log").size() == 1U);
  BOOST_TEST(writer.dropped() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
