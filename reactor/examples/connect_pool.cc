// A front to Redis: many clients, few connections behind them.
//
//   reactor-connect_pool [ADDRESS [REDIS]]      127.0.0.1:7008 and 127.0.0.1:6379 when not given
//   printf 'SET colour blue\nGET colour\n' | nc -N 127.0.0.1 7008
//
// Every poller has a ConnectPool, which keeps one link ready and opens four at most. For each line
// a client sends, its session borrows a link, asks, answers, and gives the link back. Who finds
// none waits its turn, with a deadline. A client is read no further until it has its answer.
//
// Links are shared, so only commands that leave nothing behind on them are let through; and a link
// whose answer is still to come is closed, never given back: the next user would take it for its
// own.
#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <vector>

#include "reactor/connect_pool.h"
#include "reactor/examples/program.h"

using namespace tidegate::reactor;
namespace base = tidegate::base;
namespace examples = tidegate::examples;

namespace {

// A line as Redis takes it: "GET a" becomes *2 $3 GET $1 a, each followed by CRLF. The third word
// is the rest of the line. Nothing when it is no command for us.
std::optional<std::string> command(std::string_view line) {
  std::vector<std::string_view> words;
  while (!line.empty()) {
    const std::size_t end = words.size() == 2 ? line.size() : std::min(line.find(' '), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  static constexpr std::pair<std::string_view, std::size_t> kKnown[] = {
      {"PING", 1}, {"GET", 2}, {"DEL", 2}, {"INCR", 2}, {"SET", 3}};
  const bool known = std::any_of(std::begin(kKnown), std::end(kKnown), [&](const auto& each) {
    return words.size() == each.second && words[0] == each.first;
  });
  if (!known) return {};
  std::string text = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string_view word : words) {
    text.append("$").append(std::to_string(word.size())).append("\r\n").append(word).append("\r\n");
  }
  return text;
}

struct Reply {
  std::size_t size = 0;  // in bytes; 0: not all there
  std::string text;
};

// The kinds of reply that our commands have: +text -error :number $length text.
Reply read_reply(std::string_view bytes) {
  const std::size_t line_end = bytes.find("\r\n");
  if (line_end == std::string_view::npos) return {};
  const std::string_view line = bytes.substr(1, line_end - 1);
  if (bytes[0] == '-') return {line_end + 2, "error: " + std::string(line)};
  if (bytes[0] != '$') return {line_end + 2, std::string(line)};
  if (line == "-1") return {line_end + 2, "(none)"};
  std::size_t length = 0;
  std::from_chars(line.data(), line.data() + line.size(), length);
  if (bytes.size() < line_end + 2 + length + 2) return {};
  return {line_end + 2 + length + 2, std::string(bytes.substr(line_end + 2, length))};
}

class Asker {
 public:
  virtual void on_answer(std::string_view text) = 0;

 protected:
  ~Asker() = default;
};

// One command on a borrowed link, and exactly one answer.
class Question final : private PoolObserver, private StreamObserver, private TimerHandler {
 public:
  explicit Question(Asker& asker) : asker_(asker), waiter_(*this), patience_(*this) {}

  /// Requires: not under way.
  void ask(ConnectPool& pool, std::string command) {
    command_ = std::move(command);
    pool.acquire(waiter_, kPatience);
  }

  [[nodiscard]] bool waits_for_link() const { return waiter_.waiting(); }

  /// Nothing will be answered.
  void cancel() {
    waiter_.cancel();
    patience_.cancel();
    lease_.discard();
  }

 private:
  static constexpr base::Nanos kPatience = 2 * base::kSecond;
  static constexpr std::size_t kMaxReply = 64 * 1024;

  void on_link(PoolLease lease) override {
    lease_ = std::move(lease);
    Stream& stream = lease_.stream();
    stream.set_observer(*this);
    stream.write(command_);
    stream.poller().arm(patience_, kPatience);
  }

  std::size_t on_data(std::string_view bytes) override {
    const Reply reply = read_reply(bytes);
    if (reply.size == 0) {
      if (bytes.size() > kMaxReply) fail("too long an answer");
      return 0;
    }
    patience_.cancel();
    // The pool looks at it when this has returned, and keeps it if there is nothing more.
    lease_.release();
    asker_.on_answer(reply.text);
    return reply.size;
  }

  void on_no_link(base::Error why) override { fail(why.describe()); }
  void on_eof() override { fail("no answer"); }
  void on_close(base::Error why) override { fail(why.describe()); }
  void on_timeout(Timer& /*timer*/) override { fail("no answer in time"); }

  void fail(std::string_view why) {
    cancel();
    asker_.on_answer("error: " + std::string(why));
  }

  Asker& asker_;
  std::string command_;
  PoolWaiter waiter_;
  PoolLease lease_;
  Timer patience_;
};

class Session final : public Connection, private Asker {
 public:
  Session(Poller& poller, ConnectPool& pool) : Connection(poller), pool_(pool), question_(*this) {}

 private:
  static constexpr std::size_t kMaxLine = 4 * 1024;
  static constexpr base::Nanos kIdle = 60 * base::kSecond;

  void on_open() override { set_idle_limit(kIdle); }

  std::size_t on_data(std::string_view bytes) override {
    std::size_t taken = 0;
    while (!asking_ && !stream().held()) {
      const std::size_t end = bytes.find('\n', taken);
      if (end == std::string_view::npos) {
        if (bytes.size() - taken > kMaxLine) abort();
        break;
      }
      ask(bytes.substr(taken, end - taken));
      taken = end + 1;
    }
    return taken;
  }

  void ask(std::string_view line) {
    auto text = command(line);
    if (!text) return write("commands: PING, GET key, SET key value, DEL key, INCR key\n");
    asking_ = true;
    stream().hold(ReadHold::exchange);
    question_.ask(pool_, std::move(*text));
  }

  void on_answer(std::string_view text) override {
    asking_ = false;
    write(std::string(text) + "\n");
    stream().lift(ReadHold::exchange);
    if (leaving_) finish();
  }

  // A question that has a link is still answered; one that waits for a link is not.
  void on_shutdown() override {
    leaving_ = true;
    if (!asking_) return finish();
    if (!question_.waits_for_link()) return;
    question_.cancel();
    on_answer("error: the server is closing");
  }

  void on_end(EndReason /*why*/, base::Error /*error*/) override { question_.cancel(); }

  ConnectPool& pool_;
  Question question_;
  bool asking_ = false;
  bool leaving_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  const char* address = argc > 1 ? argv[1] : "127.0.0.1:7008";
  const char* redis_address = argc > 2 ? argv[2] : "127.0.0.1:6379";
  const auto redis = base::Address::parse(redis_address);
  if (!redis) return examples::fail(redis_address, redis.error());

  examples::UntilSignal until_signal;
  if (auto opened = until_signal.open(); !opened) return examples::fail("signals", opened.error());
  PollerGroup group({.name = "front", .count = 2});
  if (auto opened = group.open(); !opened) return examples::fail("pollers", opened.error());

  std::vector<std::unique_ptr<ConnectPool>> pools;  // [i] on group[i]
  for (std::size_t i = 0; i < group.size(); ++i) {
    const ConnectPoolOptions options{.min_idle = 1, .max_live = 4};
    pools.push_back(std::make_unique<ConnectPool>(group[i], *redis, options));
  }
  Server<Session> server(group, [&](Poller& poller) {
    return std::make_unique<Session>(poller, *pools[poller.index()]);
  });
  if (auto open = examples::listen(server, address); !open) {
    return examples::fail(address, open.error());
  }
  if (auto started = group.start(); !started) return examples::fail("threads", started.error());

  until_signal.wait();
  server.close();
  // Idle links would keep their pollers from ending; a session that asks again is told cancelled.
  for (std::size_t i = 0; i < group.size(); ++i) {
    group[i].post([&pool = *pools[i]] { pool.close(); });
  }
  group.drain(examples::kPatience);
}
