// What the `main` of every example but `echo` needs; `echo` spells it out.
#pragma once

#include <csignal>
#include <cstdio>
#include <string_view>

#include "reactor/server.h"
#include "reactor/signals.h"

namespace tidegate::examples {

// How long an ending server waits for its clients; then they are cut off. Longer than
// Connection::kLinger, so that only who keeps taking bytes meets it.
inline constexpr base::Nanos kPatience = 10 * base::kSecond;

// Lets the main thread wait for SIGINT or SIGTERM. Made and opened before any thread starts, which
// then inherits that the signals are blocked.
class UntilSignal final : private reactor::SignalObserver {
 public:
  UntilSignal() : signals_(poller_, *this) {}

  base::Status open() {
    if (auto opened = poller_.open(); !opened) return opened;
    return signals_.open({SIGINT, SIGTERM});
  }

  void wait() { poller_.run(); }

 private:
  void on_signal(int /*number*/) override { poller_.stop(); }

  reactor::Poller poller_;
  reactor::Signals signals_;
};

/// Complains on stderr; 1, for `main` to return.
inline int fail(std::string_view what, base::Error why) {
  std::fprintf(stderr, "%.*s: %s\n", static_cast<int>(what.size()), what.data(),
               why.describe().c_str());
  return 1;
}

/// Listens on an address in text form and says so on stdout, with the real port; what `purpose`
/// tells apart the addresses of one program.
inline base::Status listen(reactor::ServerCore& server, std::string_view address,
                           std::string_view purpose = "listening") {
  const auto parsed = base::Address::parse(address);
  if (!parsed) return parsed.error();
  if (auto opened = server.listen(*parsed); !opened) return opened;
  std::printf("%.*s on %s\n", static_cast<int>(purpose.size()), purpose.data(),
              server.local_address().to_string().c_str());
  std::fflush(stdout);
  return {};
}

/// One line for each poller that served: how many connections came to it.
inline void print_spread(const reactor::ServerCore& server, std::size_t pollers) {
  for (std::size_t i = 0; i < pollers; ++i) {
    std::printf("poller %zu: %llu connections\n", i,
                static_cast<unsigned long long>(server.stats(i).opened.get()));
  }
}

}  // namespace tidegate::examples
