// Work that takes long is done by other threads; the poller goes on serving and answers when the
// result comes back.
//
//   reactor-async_work [ADDRESS]         127.0.0.1:7007 when none is given
//   echo 2000000 | nc -N 127.0.0.1 7007
//
// Each line asks how many primes there are below a number. An Offload counts them on threads of its
// own; `done` runs on the poller that asked, and only if the connection still lives: its ticket is
// a member, and ends with it. A client that leaves takes what it asked for, and nobody has begun,
// out of the queue. Limits: questions of one client under way, and questions that wait for a
// thread. At the end it prints what became of them.
#include <charconv>
#include <optional>
#include <string>

#include "reactor/examples/program.h"
#include "reactor/offload.h"

using namespace tidegate::reactor;
namespace base = tidegate::base;
namespace examples = tidegate::examples;

namespace {

constexpr unsigned kLargest = 20'000'000;

// Slow on purpose.
unsigned count_primes_below(unsigned limit) {
  unsigned count = limit > 2 ? 1 : 0;
  for (unsigned number = 3; number < limit; number += 2) {
    bool prime = true;
    for (unsigned factor = 3; prime && factor * factor <= number; factor += 2) {
      prime = number % factor != 0;
    }
    if (prime) ++count;
  }
  return count;
}

std::optional<unsigned> parse_limit(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > kLargest) return {};
  return value;
}

class Client final : public Connection {
 public:
  Client(Poller& poller, Offload& offload)
      : Connection(poller), offload_(offload), ticket_(poller) {}

 private:
  static constexpr int kMostUnderWay = 4;
  static constexpr std::size_t kMaxLine = 64;

  std::size_t on_data(std::string_view bytes) override {
    std::size_t taken = 0;
    while (!leaving_) {
      const std::size_t end = bytes.find('\n', taken);
      if (end == std::string_view::npos) break;
      // The rest waits here, and then in the kernel, until there is an answer.
      if (under_way_ == kMostUnderWay) {
        stream().hold(ReadHold::exchange);
        return taken;
      }
      ask(bytes.substr(taken, end - taken));
      taken = end + 1;
    }
    if (bytes.size() - taken > kMaxLine) abort();
    return taken;
  }

  void ask(std::string_view line) {
    const auto limit = parse_limit(line);
    if (!limit) return write("a number up to " + std::to_string(kLargest) + ", please\n");
    const auto submitted = offload_.submit(
        ticket_, [n = *limit] { return count_primes_below(n); },
        [this, n = *limit](unsigned count) { answer(n, count); });
    if (!submitted) return write("too busy\n");
    ++under_way_;
  }

  // With several threads, answers come in the order in which they are ready.
  void answer(unsigned limit, unsigned count) {
    --under_way_;
    write(std::to_string(count) + " primes below " + std::to_string(limit) + "\n");
    stream().lift(ReadHold::exchange);
    if (leaving_) leave();
  }

  // The client has asked all its questions, or the server is closing: what is under way is still
  // answered.
  void on_eof() override { leave(); }
  void on_shutdown() override { leave(); }
  void leave() {
    leaving_ = true;
    if (under_way_ == 0) finish();
  }

  // Now, not when the turn is over and this object goes: results may be on their way.
  void on_end(EndReason /*why*/, base::Error /*error*/) override { ticket_.cancel(); }

  Offload& offload_;
  OffloadTicket ticket_;
  int under_way_ = 0;
  bool leaving_ = false;
};

void print(const OffloadStats& stats) {
  std::printf("questions: %llu submitted, %llu worked on, %llu not wanted any more, %llu refused\n",
              static_cast<unsigned long long>(stats.submitted),
              static_cast<unsigned long long>(stats.completed),
              static_cast<unsigned long long>(stats.cancelled),
              static_cast<unsigned long long>(stats.rejected));
}

}  // namespace

int main(int argc, char** argv) {
  examples::UntilSignal until_signal;
  if (auto opened = until_signal.open(); !opened) return examples::fail("signals", opened.error());
  PollerGroup group({.name = "async", .count = 1});
  if (auto opened = group.open(); !opened) return examples::fail("pollers", opened.error());

  Offload offload({.threads = 2, .max_queued = 64, .name = "primes"});
  Server<Client> server(group, [&](Poller& p) { return std::make_unique<Client>(p, offload); });
  const char* address = argc > 1 ? argv[1] : "127.0.0.1:7007";
  if (auto open = examples::listen(server, address); !open) {
    return examples::fail(address, open.error());
  }
  if (auto started = group.start(); !started) return examples::fail("threads", started.error());
  if (auto started = offload.start(); !started) return examples::fail("threads", started.error());

  until_signal.wait();
  server.close();
  group.drain(examples::kPatience);
  offload.stop();  // while the pollers that wait for results still exist
  print(offload.stats());
}
