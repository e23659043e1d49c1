// The first program: sends back whatever it receives.
//
//   reactor-echo [ADDRESS]           127.0.0.1:7000 when none is given; port 0 takes a free one
//   nc 127.0.0.1 7000                and type
//
// `Echo` is all there is to it. A Server makes one for each client, stops reading from a client
// that does not take its echo, and ends it when the client does. The rest is what every server's
// `main` does: pollers on threads of their own, an address, and an orderly end at a signal.
#include <csignal>
#include <cstdio>

#include "reactor/server.h"
#include "reactor/signals.h"

using namespace tidegate::reactor;
using tidegate::base::Address;
using tidegate::base::kSecond;

namespace {

class Echo final : public Connection {
  using Connection::Connection;
  std::size_t on_data(std::string_view bytes) override {
    write(bytes);
    return bytes.size();
  }
};

// Ends the run of the main thread's poller at the first signal.
struct Stop final : SignalObserver {
  explicit Stop(Poller& p) : poller(p) {}
  void on_signal(int /*number*/) override { poller.stop(); }
  Poller& poller;
};

int fail(const char* what) {
  std::fprintf(stderr, "%s\n", what);
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  Poller main_poller;
  Stop stop(main_poller);
  // Before any thread starts: the threads inherit that these signals are blocked.
  Signals signals(main_poller, stop);
  PollerGroup group({.name = "echo", .count = 2});
  if (!main_poller.open() || !signals.open({SIGINT, SIGTERM}) || !group.open()) {
    return fail("no pollers");
  }

  Server<Echo> server(group);
  const auto address = Address::parse(argc > 1 ? argv[1] : "127.0.0.1:7000");
  if (!address || !server.listen(*address)) return fail("cannot listen there");
  if (!group.start()) return fail("no threads");
  std::printf("listening on %s\n", server.local_address().to_string().c_str());
  std::fflush(stdout);

  main_poller.run();  // until a signal
  server.close();     // no new clients; the others are sent what is left, then FIN
  // Who does not leave is cut off.
  group.drain(10 * kSecond);
}
