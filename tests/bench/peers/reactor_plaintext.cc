// The same server on this library's Stream, with what a server that is not a benchmark has besides:
// a connection that is silent for a minute is closed, and one that does not take its answers is
// not read from until it does. With "--pollers N" one poller accepts and N others serve; how many
// connections each was given is printed at the end. SIGTERM ends it.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <vector>

#include "reactor/acceptor.h"
#include "reactor/pipeline.h"
#include "reactor/poller_group.h"
#include "reactor/signals.h"
#include "reactor/stream.h"
#include "tests/bench/peers/plaintext.h"

namespace tidegate::reactor {
namespace {

constexpr base::Nanos kIdle = 60 * base::kSecond;

// The connections of one poller, and the answers they give. Owner: Server. Thread: its poller's.
class Lane final : public AcceptObserver, public ArrivalTaker, private TimerHandler {
 public:
  /// Requires: the poller is not running yet.
  explicit Lane(Poller& poller) : poller_(poller), seconds_(*this) { on_timeout(seconds_); }

  void on_accept(Socket socket, const base::Address& /*peer*/) override {
    serve(std::move(socket));
  }
  void on_arrival(Socket socket, const base::PeerAddress& /*peer*/) override {
    serve(std::move(socket));
  }

  Poller& poller() { return poller_; }
  [[nodiscard]] const plaintext_answers& answers() const { return answers_; }
  [[nodiscard]] std::size_t served() const { return served_; }

  /// The connection that had this fd is over.
  void forget(int fd) {
    poller_.retire(std::move(by_fd_[static_cast<std::size_t>(fd)]));
    poller_.load().fetch_sub(1, std::memory_order_relaxed);
  }

 private:
  void serve(Socket socket);
  void on_timeout(Timer& timer) override {
    plaintext_set_date(&answers_, std::time(nullptr));
    poller_.arm(timer, base::kSecond);
  }

  Poller& poller_;
  Timer seconds_;
  plaintext_answers answers_{};
  std::vector<std::unique_ptr<Retirable>> by_fd_;
  std::size_t served_ = 0;
};

class Connection final : public Retirable, private StreamObserver, private TimerHandler {
 public:
  explicit Connection(Lane& lane) : lane_(lane), stream_(lane.poller(), *this), idle_(*this) {}

  base::Status open(Socket socket) {
    fd_ = socket.fd();
    lane_.poller().arm(idle_, kIdle);
    return stream_.open(std::move(socket));
  }

 private:
  std::size_t on_data(std::string_view bytes) override {
    lane_.poller().arm(idle_, kIdle);
    plaintext_found found = plaintext_scan(bytes.data(), bytes.size());
    const std::size_t consumed = found.consumed;
    while (found.requests > 0) {
      char output[PLAINTEXT_MAX_OUTPUT];
      stream_.write({output, plaintext_fill(&lane_.answers(), &found, output, sizeof output)});
    }
    closing_ = found.close != 0;
    if (closing_ || stream_.above_high_mark()) stream_.hold(ReadHold::backpressure);
    if (bytes.size() - consumed > PLAINTEXT_MAX_HEAD || (closing_ && stream_.unsent() == 0)) {
      leave();
    }
    return consumed;
  }
  void on_write_drained() override {
    if (closing_ && stream_.unsent() == 0) return leave();
    if (!closing_) stream_.lift(ReadHold::backpressure);
  }
  void on_eof() override { leave(); }
  void on_close(base::Error /*why*/) override { lane_.forget(fd_); }
  void on_timeout(Timer& /*timer*/) override { leave(); }
  void leave() {
    stream_.close();
    lane_.forget(fd_);
  }

  Lane& lane_;
  Stream stream_;
  Timer idle_;
  int fd_ = -1;
  bool closing_ = false;
};

void Lane::serve(Socket socket) {
  const auto place = static_cast<std::size_t>(socket.fd());
  auto connection = std::make_unique<Connection>(*this);
  if (!connection->open(std::move(socket))) return;
  if (place >= by_fd_.size()) by_fd_.resize(place + 1);
  by_fd_[place] = std::move(connection);
  ++served_;
}

class Server final : private SignalObserver {
 public:
  /// `pollers` 0: the one that accepts serves, too.
  explicit Server(std::size_t pollers)
      : group_({.name = "plaintext", .count = pollers}), signals_(poller_, *this) {}
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() { join(); }

  base::Status open(std::uint16_t port, bool alone) {
    if (auto opened = poller_.open(); !opened) return opened;
    if (auto opened = signals_.open({SIGTERM, SIGINT}); !opened) return opened;
    if (auto opened = alone ? accept_here() : accept_for_group(); !opened) return opened;
    const sockaddr_in at = plaintext_address(port);
    const auto* generic = reinterpret_cast<const sockaddr*>(&at);
    return acceptor_->open(base::Address::from_sockaddr(generic, sizeof at), {});
  }

  [[nodiscard]] std::uint16_t port() const { return acceptor_->local_address().port(); }

  void run() {
    poller_.run();
    join();
  }
  [[nodiscard]] const std::vector<std::unique_ptr<Lane>>& lanes() const { return lanes_; }

 private:
  base::Status accept_here() {
    lanes_.push_back(std::make_unique<Lane>(poller_));
    acceptor_ = std::make_unique<Acceptor>(poller_, *lanes_.front());
    return {};
  }

  base::Status accept_for_group() {
    if (auto opened = group_.open(); !opened) return opened;
    std::vector<Pipeline::Lane> named;
    for (std::size_t i = 0; i < group_.size(); ++i) {
      lanes_.push_back(std::make_unique<Lane>(group_[i]));
      named.push_back({&group_[i], lanes_.back().get()});
    }
    pipeline_ = std::make_unique<Pipeline>(poller_, std::move(named), Placement::fewest);
    acceptor_ = std::make_unique<Acceptor>(poller_, *pipeline_);
    return group_.start();
  }

  void join() {
    group_.stop();
    group_.join();
  }

  void on_signal(int /*number*/) override { poller_.stop(); }

  Poller poller_;
  PollerGroup group_;
  Signals signals_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::unique_ptr<Pipeline> pipeline_;
  std::unique_ptr<Acceptor> acceptor_;
};

// Takes "--pollers N" from the end of the command line; 0 without it.
std::size_t take_pollers(int& argc, char** argv) {
  if (argc < 3 || std::strcmp(argv[argc - 2], "--pollers") != 0) return 0;
  argc -= 2;
  return std::strtoul(argv[argc + 1], nullptr, 10);
}

int serve(int argc, char** argv) {
  const std::size_t pollers = take_pollers(argc, argv);
  Server server(pollers);
  if (auto opened = server.open(plaintext_port(argc, argv), pollers == 0); !opened) {
    std::fprintf(stderr, "open: %s\n", opened.error().describe().c_str());
    return 1;
  }
  plaintext_announce(server.port(), sizeof(Connection));
  server.run();
  for (const auto& lane : server.lanes()) {
    if (pollers > 0) std::printf("%zu connections\n", lane->served());
  }
  return 0;
}

}  // namespace
}  // namespace tidegate::reactor

int main(int argc, char** argv) {
  return tidegate::reactor::serve(argc, argv);
}
