// Tells each client every 50 ms how many bytes it has sent, and logs who came to what.
#include <csignal>
#include <cstdio>
#include <string>

#include "reactor/base/log.h"
#include "reactor/periodic_timer.h"
#include "reactor/server.h"
#include "reactor/signals.h"

namespace {

namespace base = tidegate::base;
namespace reactor = tidegate::reactor;

class Counter final : public reactor::Connection, private reactor::TickHandler {
 public:
  Counter(reactor::Poller& poller, const base::Log& log)
      : Connection(poller), log_(log), timer_(poller, *this) {}

 private:
  void on_open() override { timer_.start(50 * base::kMillisecond); }

  std::size_t on_data(std::string_view bytes) override {
    bytes_ += bytes.size();
    return bytes.size();
  }

  void on_tick(reactor::PeriodicTimer& /*timer*/, std::uint64_t /*passed*/) override {
    if (bytes_ > 0) write(std::to_string(bytes_) + " bytes\n");
  }

  void on_end(reactor::EndReason why, base::Error /*error*/) override {
    timer_.stop();
    log_.info("client_left", {{"why", reactor::name(why)}, {"bytes", bytes_}});
  }

  const base::Log& log_;
  reactor::PeriodicTimer timer_;
  std::size_t bytes_ = 0;
};

struct Stop final : reactor::SignalObserver {
  explicit Stop(reactor::Poller& p) : poller(p) {}
  void on_signal(int /*number*/) override { poller.stop(); }
  reactor::Poller& poller;
};

}  // namespace

int main() {
  reactor::Poller main_poller;
  Stop stop(main_poller);
  reactor::Signals signals(main_poller, stop);
  reactor::PollerGroup group({.name = "outside", .count = 2});
  if (!main_poller.open() || !signals.open({SIGTERM}) || !group.open()) return 1;

  base::LogWriter writer;
  const auto destination = writer.open_destination("stderr");
  if (!destination || !writer.start()) return 1;
  base::Log log;
  log.attach(writer, *destination, base::LogLevel::info);

  reactor::Server<Counter> server(
      group, [&log](reactor::Poller& p) { return std::make_unique<Counter>(p, log); });
  if (!server.listen(*base::Address::parse("127.0.0.1:0")) || !group.start()) return 1;
  std::printf("listening on %s\n", server.local_address().to_string().c_str());
  std::fflush(stdout);
  main_poller.run();
  server.close();
  return group.drain(10 * base::kSecond) ? 0 : 1;
}
