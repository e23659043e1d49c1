// Everything the reactor library does, at random and at once, on four pollers: connections that
// come and go in every way, timers, tasks, writes from other threads, pools, offloaded work.
//
//   reactor-soak [--seconds N] [--seed S]
//
// The same seed gives every actor the same decisions. At the end everything that was begun must
// have ended, exactly once, and no file descriptor may be left. Exit status 1 when that is not so.
#include <dirent.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "reactor/server.h"
#include "reactor/stall_detector.h"
#include "tests/soak/actor.h"

namespace tidegate::soak {
namespace {

constexpr std::size_t kPollers = 4;

struct Options {
  unsigned seconds = 10;
  std::uint32_t seed = 1;
};

Options parse(int count, char** words) {
  Options options;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string_view name = words[i];
    const unsigned long value = std::strtoul(words[i + 1], nullptr, 10);
    if (name == "--seconds") options.seconds = static_cast<unsigned>(value);
    if (name == "--seed") options.seed = static_cast<std::uint32_t>(value);
  }
  return options;
}

int open_fds() {
  int count = 0;
  DIR* folder = ::opendir("/proc/self/fd");
  if (folder == nullptr) return -1;
  while (::readdir(folder) != nullptr) ++count;
  ::closedir(folder);
  return count;
}

// Refuses: bound, and never listening.
base::Address refusing(reactor::Socket& holder) {
  holder = std::move(*reactor::Socket::open(AF_INET));
  if (!holder.bind(*base::Address::parse("127.0.0.1:0"))) std::abort();
  return holder.local_address();
}

bool check(const Pair& pair) {
  const std::uint64_t begun = pair.begun.load();
  const std::uint64_t ended = pair.ended.load();
  std::printf("%-42s %10llu %10llu%s\n", pair.what, static_cast<unsigned long long>(begun),
              static_cast<unsigned long long>(ended), begun == ended ? "" : "  DIFFER");
  return begun == ended && begun > 0;
}

struct Pollers {
  Pollers() : group({"soak", kPollers, false}) {
    if (!group.open()) std::abort();
  }
  reactor::PollerGroup group;
};

void play(const Options& options, Ledger& ledger) {
  Pollers pollers;
  reactor::PollerGroup& group = pollers.group;
  Names names;
  reactor::PollerLocal<std::uint64_t> local(group);
  reactor::Offload offload({2, 64, "slow"});
  std::atomic<std::uint32_t> next_seed{options.seed * 1000};
  reactor::Server<Guest> server(group, [&](reactor::Poller& poller) {
    return std::make_unique<Guest>(poller, ledger, names, next_seed.fetch_add(1));
  });
  const std::string path = "@tidegate-soak-" + std::to_string(::getpid());
  if (!server.listen(*base::Address::parse("127.0.0.1:0"))) std::abort();
  if (!server.listen(*base::Address::parse("unix:" + path))) std::abort();
  reactor::Socket closed_door;
  Stage stage{group,   ledger,
              names,   local,
              offload, {server.local_address(0), server.local_address(1), refusing(closed_door)}};
  std::vector<std::unique_ptr<Actor>> actors;
  for (std::size_t i = 0; i < kPollers; ++i) {
    const auto seed = static_cast<std::uint32_t>(options.seed * 100 + i);
    actors.push_back(std::make_unique<Actor>(group[i], stage, seed));
    actors.back()->start();
  }
  if (!offload.start() || !group.start()) std::abort();
  std::this_thread::sleep_for(std::chrono::seconds(options.seconds));
  for (std::size_t i = 0; i < kPollers; ++i) {
    group[i].post([a = actors[i].get()] { a->stop(); });
  }
  offload.stop();
  server.close();
  if (!group.drain(30 * base::kSecond)) ledger.complain("the pollers did not come to rest");
  for (std::size_t i = 0; i < kPollers; ++i) {
    if (group[i].load().load() != 0) ledger.complain("a poller's load is not zero");
    if (group[i].blocks().in_use() != 0) ledger.complain("a block was not given back");
  }
}

int run(const Options& options) {
  std::signal(SIGPIPE, SIG_IGN);
  Ledger ledger;
  const int before = open_fds();
  play(options, ledger);
  const int after = open_fds();
  if (after != before) ledger.complain("file descriptors are left");
  bool good = ledger.broken.load() == 0;
  for (const Pair* pair : {&ledger.guests, &ledger.dials, &ledger.calls, &ledger.posts,
                           &ledger.receipts, &ledger.rounds, &ledger.links, &ledger.jobs}) {
    good = check(*pair) && good;
  }
  std::printf("%-42s %10llu\n%-42s %10llu\n%-42s %10d %10d\n", "timeouts",
              static_cast<unsigned long long>(ledger.timeouts.load()), "bytes echoed",
              static_cast<unsigned long long>(ledger.echoed.load()), "file descriptors", before,
              after);
  std::printf("seed %u: %s\n", options.seed, good ? "good" : "BROKEN");
  return good ? 0 : 1;
}

}  // namespace
}  // namespace tidegate::soak

int main(int count, char** words) {
  return tidegate::soak::run(tidegate::soak::parse(count, words));
}
