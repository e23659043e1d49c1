// Sends a file at a steady pace; the speed can be changed while clients are being served.
//
//   reactor-download FILE [ADDRESS [CONTROL [SPEED]]]
//       127.0.0.1:7004, 127.0.0.1:7005 and 1048576 bytes per second when none are given
//   nc 127.0.0.1 7004 > copy                     downloads
//   echo speed 65536 | nc -N 127.0.0.1 7005      changes the speed of each download
//
// Nothing sleeps: a periodic timer of each download says how much may go out by now. The speed is a
// PollerLocal: every poller has its own copy, read without a lock at each tick, and a broadcast
// sets them all and tells when the last has it. Pages of the file are read by the poller itself, as
// is right for what the page cache has; for slow disks see `async_work`.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <string>

#include "reactor/examples/program.h"
#include "reactor/periodic_timer.h"
#include "reactor/poller_local.h"

using namespace tidegate::reactor;
namespace base = tidegate::base;
namespace examples = tidegate::examples;

namespace {

using Speed = std::uint64_t;  // bytes per second
constexpr Speed kFastest = Speed{1} << 40;

// Nothing when `text` is no speed.
Speed parse_speed(std::string_view text) {
  Speed speed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), speed);
  const bool good = error == std::errc() && end == text.data() + text.size();
  return good && speed <= kFastest ? speed : 0;
}

class Download final : public Connection, private TickHandler {
 public:
  Download(Poller& poller, int file, PollerLocal<Speed>& speeds)
      : Connection(poller), file_(file), speeds_(speeds), pace_(poller, *this) {}

 private:
  static constexpr std::uint64_t kTicksPerSecond = 20;
  static constexpr std::uint64_t kStall = 30 * kTicksPerSecond;

  void on_open() override { pace_.start(base::kSecond / static_cast<int>(kTicksPerSecond)); }
  std::size_t on_data(std::string_view bytes) override { return bytes.size(); }
  // The client has nothing to say, and may say so: the file comes all the same.
  void on_eof() override {}
  // With RST: a part must not look like the whole.
  void on_shutdown() override { abort(); }
  void on_end(EndReason /*why*/, base::Error /*error*/) override { pace_.stop(); }

  void on_tick(PeriodicTimer& /*timer*/, std::uint64_t passed) override {
    // In twentieths of a byte, so that slow speeds lose nothing to rounding. What was not sent
    // because the client was slower than that is forgone.
    const Speed speed = speeds_.on(poller());
    credit_ = std::min(credit_, kTicksPerSecond) + speed * std::min(passed, kTicksPerSecond);
    stalled_ = stream().unsent() > 0 && stream().take_bytes_written() == 0 ? stalled_ + passed : 0;
    if (stalled_ >= kStall) return abort();
    send();
  }

  void on_drained() override { send(); }

  void send() {
    while (pace_.running() && credit_ >= kTicksPerSecond && !stream().above_high_mark()) {
      const std::span<char> page = poller().write_buffer();
      const std::size_t most = std::min<std::size_t>(page.size(), credit_ / kTicksPerSecond);
      const ssize_t got = ::pread(file_, page.data(), most, offset_);
      if (got < 0) return abort();
      if (got == 0) {
        pace_.stop();
        return finish();
      }
      write({page.data(), static_cast<std::size_t>(got)});
      offset_ += got;
      credit_ -= static_cast<std::uint64_t>(got) * kTicksPerSecond;
    }
  }

  int file_;
  PollerLocal<Speed>& speeds_;
  PeriodicTimer pace_;
  std::uint64_t credit_ = 0;
  std::uint64_t stalled_ = 0;  // ticks without a byte taken
  off_t offset_ = 0;
};

// Takes lines like "speed 65536", and answers when every poller has it.
class Control final : public Connection {
 public:
  Control(Poller& poller, PollerLocal<Speed>& speeds) : Connection(poller), speeds_(speeds) {}

 private:
  static constexpr std::size_t kMaxLine = 64;

  std::size_t on_data(std::string_view bytes) override {
    std::size_t taken = 0;
    for (std::size_t end; (end = bytes.find('\n', taken)) != std::string_view::npos;) {
      obey(bytes.substr(taken, end - taken));
      taken = end + 1;
    }
    if (bytes.size() - taken > kMaxLine) abort();
    return taken;
  }

  void obey(std::string_view line) {
    constexpr std::string_view kWord = "speed ";
    const Speed speed = line.starts_with(kWord) ? parse_speed(line.substr(kWord.size())) : 0;
    if (speed == 0) return write("speed BYTES_PER_SECOND\n");
    ++awaited_;
    // The answer comes in a later turn, and this connection may be gone by then.
    speeds_.broadcast(speed, poller(), [here = std::weak_ptr(here_)](std::size_t reached) {
      if (const auto self = here.lock()) (*self)->report(reached);
    });
  }

  void report(std::size_t reached) {
    --awaited_;
    write("reached " + std::to_string(reached) + " pollers\n");
    if (leaving_ && awaited_ == 0) finish();
  }

  void on_eof() override { leave(); }
  void on_shutdown() override { leave(); }
  void leave() {
    leaving_ = true;
    if (awaited_ == 0) finish();
  }

  PollerLocal<Speed>& speeds_;
  std::shared_ptr<Control*> here_ = std::make_shared<Control*>(this);
  int awaited_ = 0;  // broadcasts under way
  bool leaving_ = false;
};

int usage() {
  std::fprintf(stderr, "usage: reactor-download FILE [ADDRESS [CONTROL [SPEED]]]\n");
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  const Speed speed = parse_speed(argc > 4 ? argv[4] : "1048576");
  if (argc < 2 || speed == 0) return usage();
  const int file = ::open(argv[1], O_RDONLY | O_CLOEXEC);
  if (file < 0) return examples::fail(argv[1], base::Error::from_errno(errno));

  examples::UntilSignal until_signal;
  if (auto opened = until_signal.open(); !opened) return examples::fail("signals", opened.error());
  PollerGroup group({.name = "download", .count = 2});
  if (auto opened = group.open(); !opened) return examples::fail("pollers", opened.error());

  PollerLocal<Speed> speeds(group, speed);
  Server<Download> downloads(
      group, [&](Poller& p) { return std::make_unique<Download>(p, file, speeds); });
  Server<Control> control(group, [&](Poller& p) { return std::make_unique<Control>(p, speeds); });
  const char* address = argc > 2 ? argv[2] : "127.0.0.1:7004";
  const char* control_address = argc > 3 ? argv[3] : "127.0.0.1:7005";
  if (auto open = examples::listen(control, control_address, "control"); !open) {
    return examples::fail(control_address, open.error());
  }
  if (auto open = examples::listen(downloads, address); !open) {
    return examples::fail(address, open.error());
  }
  if (auto started = group.start(); !started) return examples::fail("threads", started.error());

  until_signal.wait();
  downloads.close();
  control.close();
  group.drain(examples::kPatience);
  ::close(file);
}
