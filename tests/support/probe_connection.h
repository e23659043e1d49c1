// A server's connection that writes down what it is told, and does what a test wants.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "reactor/connection.h"

namespace tidegate::test {

class ProbeConnection;

// What all connections of one server were told. Belongs to one poller's thread.
struct ProbeLog {
  /// One word per call: open, data, eof, drained, shutdown, and end with its reason.
  std::vector<std::string> calls;
  std::string received;
  std::vector<reactor::EndReason> ends;
  std::vector<base::Error> errors;
  int alive = 0;
  ProbeConnection* last = nullptr;  // opened last
  /// Runs inside each call, after it was written down.
  std::function<void(ProbeConnection&, const std::string&)> inside = [](ProbeConnection&,
                                                                        const std::string&) {};
  /// By default what a Connection does by itself follows on_eof and on_shutdown.
  bool finishes_by_itself = true;

  [[nodiscard]] std::ptrdiff_t count(std::string_view call) const {
    return std::count(calls.begin(), calls.end(), call);
  }
  [[nodiscard]] std::string text() const {
    std::string all;
    for (const std::string& call : calls) all += (all.empty() ? "" : " ") + call;
    return all;
  }
};

class ProbeConnection final : public reactor::Connection {
 public:
  ProbeConnection(reactor::Poller& poller, ProbeLog& log) : Connection(poller), log_(log) {
    ++log_.alive;
  }
  ~ProbeConnection() override { --log_.alive; }

  using Connection::abort;
  using Connection::finish;
  using Connection::set_idle_limit;
  using Connection::stream;
  using Connection::write;

 private:
  void on_open() override {
    log_.last = this;
    tell("open");
  }
  std::size_t on_data(std::string_view bytes) override {
    log_.received += bytes;
    tell("data");
    return bytes.size();
  }
  void on_eof() override {
    tell("eof");
    if (log_.finishes_by_itself) Connection::on_eof();
  }
  void on_drained() override { tell("drained"); }
  void on_shutdown() override {
    tell("shutdown");
    if (log_.finishes_by_itself) Connection::on_shutdown();
  }
  void on_end(reactor::EndReason why, base::Error error) override {
    log_.ends.push_back(why);
    log_.errors.push_back(error);
    tell("end:" + std::string(reactor::name(why)));
  }
  void tell(const std::string& call) {
    log_.calls.push_back(call);
    log_.inside(*this, call);
  }

  ProbeLog& log_;
};

}  // namespace tidegate::test
