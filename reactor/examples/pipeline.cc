// One group of pollers accepts, another serves; a policy decides who serves whom.
//
//   reactor-pipeline [ADDRESS [POLICY]]      127.0.0.1:7002 and "fewest" when none is given
//
//   fewest        the poller with the fewest connections: even, however few there are
//   round_robin   one after the other, whatever they have
//   by_address    clients of one host always meet on one poller, and may share what is local to it
//
//   nc 127.0.0.1 7002                says which poller has you, then echoes
//
// The sockets of one burst cross over as one task per poller. At the end it prints who got how
// many.
#include <optional>
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

std::optional<Placement> policy(std::string_view word) {
  if (word == "fewest") return Placement::fewest;
  if (word == "round_robin") return Placement::round_robin;
  if (word == "by_address") return Placement::by_address;
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  const auto placement = policy(argc > 2 ? argv[2] : "fewest");
  if (!placement) {
    std::fprintf(stderr, "policies are: fewest round_robin by_address\n");
    return 2;
  }
  examples::UntilSignal until_signal;
  if (auto opened = until_signal.open(); !opened) return examples::fail("signals", opened.error());
  PollerGroup accepting({.name = "accept", .count = 1});
  PollerGroup serving({.name = "serve", .count = 4});
  for (PollerGroup* group : {&accepting, &serving}) {
    if (auto opened = group->open(); !opened) return examples::fail("pollers", opened.error());
  }

  Server<Clerk> server({accepting, serving, *placement});
  const char* address = argc > 1 ? argv[1] : "127.0.0.1:7002";
  if (auto open = examples::listen(server, address); !open) {
    return examples::fail(address, open.error());
  }
  for (PollerGroup* group : {&accepting, &serving}) {
    if (auto started = group->start(); !started) return examples::fail("threads", started.error());
  }

  until_signal.wait();
  server.close();
  // In this order: the last connections come from the pollers that accept.
  accepting.drain(examples::kPatience);
  serving.drain(examples::kPatience);
  examples::print_spread(server, serving.size());
}
