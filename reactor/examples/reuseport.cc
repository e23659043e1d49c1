// Every poller listens on the same address (SO_REUSEPORT) and serves what it accepts: no poller
// waits for another, and no connection changes threads. The kernel spreads them by a hash of both
// ends' addresses, so that many clients spread evenly and few may not: see `pipeline` for those.
//
//   reactor-reuseport [ADDRESS]      127.0.0.1:7001 when none is given
//   nc 127.0.0.1 7001                says which poller has you, then echoes
//
// Giving a Server a whole group is all it takes. At the end it prints who got how many.
#include <string>

#include "reactor/examples/program.h"

using namespace tidegate::reactor;
namespace examples = tidegate::examples;

namespace {

class Clerk final : public Connection {
  using Connection::Connection;

  void on_open() override { write("poller " + std::to_string(poller().index()) + "\n"); }

  std::size_t on_data(std::string_view bytes) override {
    write(bytes);
    return bytes.size();
  }
};

}  // namespace

int main(int argc, char** argv) {
  examples::UntilSignal until_signal;
  if (auto opened = until_signal.open(); !opened) return examples::fail("signals", opened.error());
  PollerGroup group({.name = "clerk", .count = 4});
  if (auto opened = group.open(); !opened) return examples::fail("pollers", opened.error());

  Server<Clerk> server(group);
  const char* address = argc > 1 ? argv[1] : "127.0.0.1:7001";
  if (auto open = examples::listen(server, address); !open) {
    return examples::fail(address, open.error());
  }
  if (auto started = group.start(); !started) return examples::fail("threads", started.error());

  until_signal.wait();
  server.close();
  group.drain(examples::kPatience);
  examples::print_spread(server, group.size());
}
