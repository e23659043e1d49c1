// The same server on this library's Stream, with what a server that is not a benchmark has besides:
// a connection that is silent for a minute is closed, and one that does not take its answers is
// not read from until it does. SIGTERM ends it.
#include <csignal>
#include <cstdio>
#include <ctime>
#include <memory>
#include <vector>

#include "reactor/acceptor.h"
#include "reactor/signals.h"
#include "reactor/stream.h"
#include "tests/bench/peers/plaintext.h"

namespace tidegate::reactor {
namespace {

constexpr base::Nanos kIdle = 60 * base::kSecond;

class Connection;

class Server final : private AcceptObserver, private SignalObserver, private TimerHandler {
 public:
  Server() : acceptor_(poller_, *this), signals_(poller_, *this), seconds_(*this) {}

  base::Status open(std::uint16_t port) {
    if (auto opened = poller_.open(); !opened) return opened;
    if (auto opened = signals_.open({SIGTERM, SIGINT}); !opened) return opened;
    const sockaddr_in at = plaintext_address(port);
    const auto* generic = reinterpret_cast<const sockaddr*>(&at);
    on_timeout(seconds_);
    return acceptor_.open(base::Address::from_sockaddr(generic, sizeof at), {});
  }

  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_address().port(); }
  void run() { poller_.run(); }

  Poller& poller() { return poller_; }
  [[nodiscard]] const plaintext_answers& answers() const { return answers_; }

  /// The connection that had this fd is over.
  void forget(int fd) { poller_.retire(std::move(by_fd_[static_cast<std::size_t>(fd)])); }

 private:
  void on_accept(Socket socket, const base::Address& peer) override;
  void on_signal(int /*number*/) override { poller_.stop(); }
  void on_timeout(Timer& timer) override {
    plaintext_set_date(&answers_, std::time(nullptr));
    poller_.arm(timer, base::kSecond);
  }

  Poller poller_;
  Acceptor acceptor_;
  Signals signals_;
  Timer seconds_;
  plaintext_answers answers_{};
  std::vector<std::unique_ptr<Retirable>> by_fd_;
};

class Connection final : public Retirable, private StreamObserver, private TimerHandler {
 public:
  explicit Connection(Server& server)
      : server_(server), stream_(server.poller(), *this), idle_(*this) {}

  base::Status open(Socket socket) {
    fd_ = socket.fd();
    server_.poller().arm(idle_, kIdle);
    return stream_.open(std::move(socket));
  }

 private:
  std::size_t on_data(std::string_view bytes) override {
    server_.poller().arm(idle_, kIdle);
    plaintext_found found = plaintext_scan(bytes.data(), bytes.size());
    const std::size_t consumed = found.consumed;
    while (found.requests > 0) {
      char output[PLAINTEXT_MAX_OUTPUT];
      stream_.write({output, plaintext_fill(&server_.answers(), &found, output, sizeof output)});
    }
    closing_ = found.close != 0;
    if (closing_ || stream_.above_high_mark()) stream_.hold(ReadHold::backpressure);
    if (bytes.size() - consumed > PLAINTEXT_MAX_HEAD || (closing_ && stream_.unsent() == 0))
      leave();
    return consumed;
  }
  void on_write_drained() override {
    if (closing_ && stream_.unsent() == 0) return leave();
    if (!closing_) stream_.lift(ReadHold::backpressure);
  }
  void on_eof() override { leave(); }
  void on_close(base::Error /*why*/) override { server_.forget(fd_); }
  void on_timeout(Timer& /*timer*/) override { leave(); }
  void leave() {
    stream_.close();
    server_.forget(fd_);
  }

  Server& server_;
  Stream stream_;
  Timer idle_;
  int fd_ = -1;
  bool closing_ = false;
};

void Server::on_accept(Socket socket, const base::Address& /*peer*/) {
  const auto place = static_cast<std::size_t>(socket.fd());
  auto connection = std::make_unique<Connection>(*this);
  if (!connection->open(std::move(socket))) return;
  if (place >= by_fd_.size()) by_fd_.resize(place + 1);
  by_fd_[place] = std::move(connection);
}

}  // namespace
}  // namespace tidegate::reactor

int main(int argc, char** argv) {
  using tidegate::reactor::Connection;
  tidegate::reactor::Server server;
  if (auto opened = server.open(plaintext_port(argc, argv)); !opened) {
    std::fprintf(stderr, "open: %s\n", opened.error().describe().c_str());
    return 1;
  }
  plaintext_announce(server.port(), sizeof(Connection));
  server.run();
}
