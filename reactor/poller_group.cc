#include "reactor/poller_group.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <system_error>

namespace tidegate::reactor {
namespace {

// Longer than anybody waits.
constexpr base::Nanos kLongestPatience = std::numeric_limits<base::Nanos>::max() / 2;

std::vector<std::size_t> usable_processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<std::size_t> usable;
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return usable;
  for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) usable.push_back(cpu);
  }
  return usable;
}

// Pinning is a wish: a machine that refuses it still serves.
void pin_this_thread(std::size_t cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  ::pthread_setaffinity_np(::pthread_self(), sizeof set, &set);
}

}  // namespace

PollerGroup::~PollerGroup() {
  stop();
  join();
  // A task may hold what posts to another poller when it is destroyed: all tasks go before the
  // first poller does.
  for (const auto& poller : pollers_) poller->discard_tasks();
}

base::Status PollerGroup::open() {
  for (std::size_t i = 0; i < options_.count; ++i) {
    auto poller = std::make_unique<Poller>(i);
    if (auto opened = poller->open(); !opened) {
      pollers_.clear();
      return opened;
    }
    pollers_.push_back(std::move(poller));
  }
  return {};
}

base::Status PollerGroup::start() {
  const std::vector<std::size_t> processors =
      options_.pin ? usable_processors() : std::vector<std::size_t>();
  for (std::size_t i = 0; i < pollers_.size(); ++i) {
    Poller& poller = *pollers_[i];
    const std::string name = options_.name + "-" + std::to_string(i);
    const bool pin = !processors.empty();
    const std::size_t cpu = pin ? processors[i % processors.size()] : 0;
    try {
      threads_.emplace_back([this, &poller, name, pin, cpu] {
        ::pthread_setname_np(::pthread_self(), name.substr(0, 15).c_str());
        if (pin) pin_this_thread(cpu);
        poller.run();
        note_left();
      });
    } catch (const std::system_error& failure) {
      stop();
      join();
      return base::Error::from_errno(failure.code().value());
    }
  }
  return {};
}

void PollerGroup::stop() {
  for (const auto& poller : pollers_) poller->stop();
}

void PollerGroup::note_left() {
  const std::lock_guard lock(mutex_);
  ++left_;
  left_loop_.notify_all();
}

bool PollerGroup::drain(base::Nanos patience) {
  for (const auto& poller : pollers_) poller->drain();
  bool all_left = false;
  {
    std::unique_lock lock(mutex_);
    // The clock's time and what is added to it must not overflow.
    const base::Nanos limited = std::min(patience, kLongestPatience);
    all_left = left_loop_.wait_for(lock, std::chrono::nanoseconds(limited),
                                   [this] { return left_ == threads_.size(); });
  }
  stop();
  join();
  return all_left;
}

Poller& PollerGroup::least_loaded() {
  const auto load = [](const auto& poller) {
    return poller->load().load(std::memory_order_relaxed);
  };
  return **std::min_element(pollers_.begin(), pollers_.end(),
                            [&](const auto& a, const auto& b) { return load(a) < load(b); });
}

void PollerGroup::join() {
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  left_ = 0;
  for (const auto& poller : pollers_) poller->bind_to_this_thread();
}

}  // namespace tidegate::reactor
