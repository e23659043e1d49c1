// A stream's observer that writes down what it is told.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "reactor/stream.h"

namespace tidegate::test {

class RecordingObserver final : public reactor::StreamObserver {
 public:
  /// One word per call: data, eof, drained, peer_fin, peer_reset, close.
  std::vector<std::string> calls;
  /// Everything consumed, in order.
  std::string consumed;
  /// What each on_data was given.
  std::vector<std::string> offered;
  base::Error closed_with;

  /// How much of what is offered to consume; all of it by default.
  std::function<std::size_t(std::string_view)> appetite = [](std::string_view bytes) {
    return bytes.size();
  };
  /// Runs inside each call, after it was written down.
  std::function<void(const std::string& call)> inside = [](const std::string& /*call*/) {};

  std::size_t on_data(std::string_view bytes) override {
    offered.emplace_back(bytes);
    const std::size_t count = appetite(bytes);
    consumed.append(bytes.substr(0, count));
    tell("data");
    return count;
  }
  void on_eof() override { tell("eof"); }
  void on_write_drained() override { tell("drained"); }
  void on_peer_gone(bool reset) override { tell(reset ? "peer_reset" : "peer_fin"); }
  void on_close(base::Error why) override {
    closed_with = why;
    tell("close");
  }

  [[nodiscard]] bool told(std::string_view call) const { return count(call) != 0; }
  [[nodiscard]] std::ptrdiff_t count(std::string_view call) const {
    return std::count(calls.begin(), calls.end(), call);
  }

 private:
  void tell(const std::string& call) {
    calls.push_back(call);
    inside(call);
  }
};

/// For comparing with BOOST_TEST.
inline std::string joined(const std::vector<std::string>& words) {
  std::string all;
  for (const std::string& word : words) {
    if (!all.empty()) all += ' ';
    all += word;
  }
  return all;
}

}  // namespace tidegate::test
