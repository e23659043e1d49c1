#include "reactor/base/log_file.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <csignal>
#include <string>
#include <thread>

#include "tests/unit/reactor/base/log_fixture.h"

using namespace tidegate::base;

namespace {

// A pipe with a path, whose writing end a LogFile can open for itself.
class Pipe {
 public:
  Pipe() { TG_CHECK(::pipe(ends_.data()) == 0); }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    ::close(ends_[0]);
    close_writer();
  }
  [[nodiscard]] int writer() const { return ends_[1]; }  // blocking
  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(ends_[1]); }
  void close_writer() {
    if (ends_[1] >= 0) ::close(ends_[1]);
    ends_[1] = -1;
  }
  // Up to `count` bytes; fewer at the end of input.
  [[nodiscard]] std::string read(std::size_t count) const {
    std::string all(count, '\0');
    std::size_t size = 0;
    while (size < count) {
      const ssize_t got = ::read(ends_[0], all.data() + size, count - size);
      if (got <= 0) break;
      size += static_cast<std::size_t>(got);
    }
    all.resize(size);
    return all;
  }

 private:
  std::array<int, 2> ends_ = {-1, -1};
};

// Stdout is `fd` while it lives, or closed when that is -1. Nothing may be checked meanwhile: what
// the test program says of it goes to stdout too.
class StdoutAs {
 public:
  explicit StdoutAs(int fd) : saved_(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)) {
    TG_CHECK(saved_ >= 0);
    TG_CHECK((fd < 0 ? ::close(STDOUT_FILENO) : ::dup2(fd, STDOUT_FILENO)) >= 0);
  }
  StdoutAs(const StdoutAs&) = delete;
  StdoutAs& operator=(const StdoutAs&) = delete;
  ~StdoutAs() {
    TG_CHECK(::dup2(saved_, STDOUT_FILENO) == STDOUT_FILENO);
    ::close(saved_);
  }

 private:
  int saved_;
};

// Files can have `bytes` at most while it lives: a write in mid-line is then a short one.
class SmallDisk {
 public:
  explicit SmallDisk(rlim_t bytes) : old_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    TG_CHECK(::getrlimit(RLIMIT_FSIZE, &old_) == 0);
    const rlimit small{bytes, old_.rlim_max};
    TG_CHECK(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    TG_CHECK(::setrlimit(RLIMIT_FSIZE, &old_) == 0);
    std::signal(SIGXFSZ, old_handler_);
  }

 private:
  void (*old_handler_)(int);
  rlimit old_{};
};

std::string many_lines(std::size_t count) {
  std::string lines;
  for (std::size_t i = 0; i < count; ++i) lines += std::string(99, 'x') + '\n';
  return lines;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(log_file)

BOOST_AUTO_TEST_CASE(appends_to_what_a_file_holds) {
  const LogFolder folder;
  for (int i = 0; i < 2; ++i) {
    LogFile file(folder.file("a.log"));
    BOOST_TEST_REQUIRE(file.open().ok());
    const LogFile::Written written = file.write("one\ntwo\n");
    BOOST_TEST(written.lines == 2U);
    BOOST_TEST(written.lost == 0U);
  }
  BOOST_TEST(folder.content("a.log") == "one\ntwo\none\ntwo\n");
}

BOOST_AUTO_TEST_CASE(reports_a_file_that_cannot_be_opened) {
  const LogFolder folder;
  LogFile file(folder.file("missing/a.log"));
  const Status opened = file.open();
  BOOST_TEST(!opened.ok());
  BOOST_TEST(opened.error().os_errno == ENOENT);
}

BOOST_AUTO_TEST_CASE(reports_a_stdout_that_is_closed) {
  LogFile file("stdout");
  Status opened;
  {
    const StdoutAs closed(-1);
    opened = file.open();
  }
  BOOST_TEST(!opened.ok());
  BOOST_TEST(opened.error().os_errno == EBADF);
  BOOST_TEST(file.open().ok());
}

BOOST_AUTO_TEST_CASE(counts_the_lines_a_full_device_loses) {
  LogFile file("/dev/full");
  BOOST_TEST_REQUIRE(file.open().ok());
  for (int i = 0; i < 2; ++i) {
    const LogFile::Written written = file.write("one\ntwo\n");
    BOOST_TEST(written.lines == 0U);
    BOOST_TEST(written.lost == 2U);
  }
}

BOOST_AUTO_TEST_CASE(goes_on_after_partial_writes) {
  Pipe pipe;
  const std::string batch = many_lines(5000);
  LogFile file(pipe.path(), 60'000);
  BOOST_TEST_REQUIRE(file.open().ok());
  std::string received;
  std::thread reader([&] { received = pipe.read(batch.size()); });
  const LogFile::Written written = file.write(batch);
  reader.join();
  BOOST_TEST(written.lines == 5000U);
  BOOST_TEST((received == batch));
}

BOOST_AUTO_TEST_CASE(gives_up_on_a_reader_that_stalls_and_ends_the_torn_line) {
  Pipe pipe;
  const std::string batch = many_lines(5000);
  LogFile file(pipe.path(), 1);
  BOOST_TEST_REQUIRE(file.open().ok());
  const LogFile::Written written = file.write(batch);
  BOOST_TEST(written.lost > 0U);
  BOOST_TEST(written.lines + written.lost == 5000U);
  constexpr std::size_t kPipeBytes = 65536;
  BOOST_TEST(pipe.read(kPipeBytes).size() == kPipeBytes);
  BOOST_TEST(file.write("next\n").lines == 1U);
  BOOST_TEST(pipe.read(6) == "\nnext\n");
}

BOOST_AUTO_TEST_CASE(a_blocking_stdout_whose_reader_stalls_loses_whole_lines_and_hangs_nobody) {
  Pipe pipe;
  LogFile file("stdout", 1);
  LogFile::Written first;
  LogFile::Written second;
  {
    const StdoutAs blocking(pipe.writer());
    TG_CHECK(file.open().ok());
    first = file.write(many_lines(5000));
    second = file.write("one\ntwo\n");
  }
  pipe.close_writer();
  BOOST_TEST(first.lost > 0U);
  BOOST_TEST(first.lines + first.lost == 5000U);
  BOOST_TEST(second.lost == 2U);
  BOOST_TEST((pipe.read(5000 * 100) == many_lines(first.lines)));
}

BOOST_AUTO_TEST_CASE(a_blocking_stdout_takes_all_that_is_read) {
  Pipe pipe;
  const std::string batch = std::string(10'000, 'y') + '\n' + many_lines(5000);
  LogFile file("stdout", 60'000);
  std::string received;
  std::thread reader([&] { received = pipe.read(batch.size()); });
  LogFile::Written written;
  {
    const StdoutAs blocking(pipe.writer());
    TG_CHECK(file.open().ok());
    written = file.write(batch);
  }
  reader.join();
  BOOST_TEST(written.lines == 5001U);
  BOOST_TEST((received == batch));
}

BOOST_AUTO_TEST_CASE(the_end_of_a_torn_line_waits_for_the_reader_like_any_byte) {
  Pipe pipe;
  LogFile file(pipe.path(), 20);
  BOOST_TEST_REQUIRE(file.open().ok());
  constexpr std::size_t kPipeBytes = 65536;
  BOOST_TEST(file.write(std::string(2 * kPipeBytes, 'a') + '\n').lost == 1U);
  std::string received;
  std::thread reader([&] { received = pipe.read(kPipeBytes); });
  while (file.write("second\n").lines == 0) {  // the reader may be late
  }
  reader.join();
  BOOST_TEST(received.find_first_not_of('a') == std::string::npos);
  pipe.close_writer();
  { const LogFile closed(std::move(file)); }
  BOOST_TEST(pipe.read(100) == "\nsecond\n");
}

BOOST_AUTO_TEST_CASE(a_batch_is_lost_when_not_even_the_end_of_the_torn_line_can_be_written) {
  Pipe pipe;
  LogFile file(pipe.path(), 1);
  BOOST_TEST_REQUIRE(file.open().ok());
  file.write(many_lines(5000));
  const LogFile::Written second = file.write("one\ntwo\n");
  BOOST_TEST(second.lines == 0U);
  BOOST_TEST(second.lost == 2U);
}

BOOST_AUTO_TEST_CASE(a_torn_line_is_ended_in_the_same_file_opened_again_and_not_in_another) {
  for (const bool renamed : {false, true}) {
    BOOST_TEST_CONTEXT("renamed: " << renamed) {
      const LogFolder folder;
      LogFile file(folder.file("a.log"));
      BOOST_TEST_REQUIRE(file.open().ok());
      {
        const SmallDisk small(3);
        BOOST_TEST(file.write("torn\n").lost == 1U);
      }
      if (renamed) std::filesystem::rename(folder.file("a.log"), folder.file("a.log.1"));
      BOOST_TEST_REQUIRE(file.open().ok());
      BOOST_TEST(file.write("next\n").lines == 1U);
      BOOST_TEST(folder.content("a.log") == (renamed ? "next\n" : "tor\nnext\n"));
    }
  }
}

BOOST_AUTO_TEST_CASE(opens_a_new_file_after_a_rename_and_keeps_the_old_when_it_cannot) {
  const LogFolder folder;
  LogFile file(folder.file("a.log"));
  BOOST_TEST_REQUIRE(file.open().ok());
  file.write("one\n");
  std::filesystem::rename(folder.file("a.log"), folder.file("a.log.1"));
  std::filesystem::create_directory(folder.file("a.log"));
  BOOST_TEST(!file.open().ok());
  file.write("two\n");
  std::filesystem::remove(folder.file("a.log"));
  BOOST_TEST(file.open().ok());
  file.write("three\n");
  BOOST_TEST(folder.content("a.log.1") == "one\ntwo\n");
  BOOST_TEST(folder.content("a.log") == "three\n");
}

constexpr Nanos kDay = 86'400 * kSecond;

BOOST_AUTO_TEST_CASE(a_dated_path_goes_over_to_the_next_file_at_midnight_and_not_before) {
  const LogFolder folder;
  LogFile file(folder.file("a-%Y%m%d.log"));
  BOOST_TEST(file.path() == folder.file("a-%Y%m%d.log"));
  BOOST_TEST_REQUIRE(file.open(0).ok());
  file.write("one\n");
  BOOST_TEST(file.follow(kDay - 1).ok());
  file.write("two\n");
  BOOST_TEST(!std::filesystem::exists(folder.file("a-19700102.log")));
  BOOST_TEST(file.follow(kDay).ok());
  file.write("three\n");
  BOOST_TEST(file.follow(3 * kDay).ok());
  file.write("four\n");
  BOOST_TEST(folder.content("a-19700101.log") == "one\ntwo\n");
  BOOST_TEST(folder.content("a-19700102.log") == "three\n");
  BOOST_TEST(folder.content("a-19700104.log") == "four\n");
}

BOOST_AUTO_TEST_CASE(a_dated_file_that_cannot_be_had_is_tried_again_once_a_second) {
  const LogFolder folder;
  LogFile file(folder.file("a-%d.log"));
  BOOST_TEST_REQUIRE(file.open(0).ok());
  std::filesystem::create_directory(folder.file("a-02.log"));
  BOOST_TEST(!file.follow(kDay).ok());
  file.write("one\n");
  std::filesystem::remove(folder.file("a-02.log"));
  BOOST_TEST(file.follow(kDay + LogFile::kRetry - 1).ok());  // not tried
  file.write("two\n");
  BOOST_TEST(file.follow(kDay + LogFile::kRetry).ok());
  file.write("three\n");
  BOOST_TEST(folder.content("a-01.log") == "one\ntwo\n");
  BOOST_TEST(folder.content("a-02.log") == "three\n");
}

BOOST_AUTO_TEST_CASE(a_clock_set_back_does_not_put_off_the_next_try) {
  const LogFolder folder;
  LogFile file(folder.file("a-%d.log"));
  BOOST_TEST_REQUIRE(file.open(9 * kDay).ok());
  std::filesystem::create_directory(folder.file("a-03.log"));
  BOOST_TEST(!file.follow(2 * kDay).ok());
  BOOST_TEST(file.follow(kDay).ok());
  file.write("one\n");
  BOOST_TEST(folder.content("a-02.log") == "one\n");
}

BOOST_AUTO_TEST_CASE(a_dated_file_is_opened_again_under_its_name_after_a_rename) {
  const LogFolder folder;
  LogFile file(folder.file("a-%d.log"));
  BOOST_TEST_REQUIRE(file.open(0).ok());
  file.write("one\n");
  std::filesystem::rename(folder.file("a-01.log"), folder.file("a-01.log.1"));
  BOOST_TEST(file.follow(1).ok());
  file.write("two\n");
  BOOST_TEST(file.open(1).ok());
  file.write("three\n");
  BOOST_TEST(folder.content("a-01.log.1") == "one\ntwo\n");
  BOOST_TEST(folder.content("a-01.log") == "three\n");
}

BOOST_AUTO_TEST_SUITE_END()
