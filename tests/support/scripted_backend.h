// A poller's backend that tells what a test wrote down, and writes down what it is asked. Its fds
// are numbers: the kernel knows nothing of them.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "reactor/poller_backend.h"

namespace tidegate::test {

class ScriptedBackend final : public reactor::PollerBackend {
 public:
  struct Watch {
    reactor::Cookie cookie;
    unsigned interest;
    reactor::Trigger trigger;
  };

  /// What `open`, `add` and `change` answer.
  base::Status verdict;
  /// By fd.
  std::map<int, Watch> watched;
  std::vector<int> removed;
  std::vector<int> forgotten;
  /// What each wait brings; nothing is ready when none is left.
  std::deque<std::vector<Event>> batches;
  /// The patience of each wait.
  std::vector<base::Nanos> waits;
  std::function<void()> inside_wait = [] {};

  base::Status open() override { return verdict; }
  base::Status add(int fd, reactor::Cookie cookie, unsigned interest,
                   reactor::Trigger trigger) override {
    if (verdict) watched[fd] = {cookie, interest, trigger};
    return verdict;
  }
  base::Status change(int fd, reactor::Cookie cookie, unsigned interest,
                      reactor::Trigger trigger) override {
    return add(fd, cookie, interest, trigger);
  }
  void remove(int fd) override {
    removed.push_back(fd);
    watched.erase(fd);
  }
  void forget(int fd) override {
    forgotten.push_back(fd);
    watched.erase(fd);
  }
  int wait(std::span<Event> out, base::Nanos patience) override {
    waits.push_back(patience);
    inside_wait();
    if (batches.empty()) return 0;
    const std::vector<Event> batch = std::exchange(batches.front(), {});
    batches.pop_front();
    std::copy(batch.begin(), batch.end(), out.begin());
    return static_cast<int>(batch.size());
  }

  /// An event for whoever is registered with `fd` now.
  [[nodiscard]] Event event(int fd, unsigned ready = reactor::Ready::kReadable) const {
    return {watched.at(fd).cookie, reactor::Ready(ready)};
  }
};

// Another backend that writes down the patience it is asked for.
class WaitSpy final : public reactor::PollerBackend {
 public:
  explicit WaitSpy(std::unique_ptr<reactor::PollerBackend> below) : below_(std::move(below)) {}

  std::vector<base::Nanos> waits;

  base::Status open() override { return below_->open(); }
  base::Status add(int fd, reactor::Cookie cookie, unsigned interest,
                   reactor::Trigger trigger) override {
    return below_->add(fd, cookie, interest, trigger);
  }
  base::Status change(int fd, reactor::Cookie cookie, unsigned interest,
                      reactor::Trigger trigger) override {
    return below_->change(fd, cookie, interest, trigger);
  }
  void remove(int fd) override { below_->remove(fd); }
  void forget(int fd) override { below_->forget(fd); }
  int wait(std::span<Event> out, base::Nanos patience) override {
    waits.push_back(patience);
    return below_->wait(out, patience);
  }

 private:
  std::unique_ptr<reactor::PollerBackend> below_;
};

}  // namespace tidegate::test
