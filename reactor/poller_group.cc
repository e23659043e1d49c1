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
  // A task, or what was retired, may post to another poller when it is destroyed: all of it goes
  // before the first poller does.
  for (const auto& poller : pollers_) poller->discard_tasks();
  bool any = true;
  while (any) {
    any = false;
    for (const auto& poller : pollers_) any = poller->reap() || any;
  }
}

base::Status PollerGroup::open() {
  TG_CHECK(pollers_.empty());
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
  TG_CHECK(!std::exchange(used_, true));
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
  changed_.notify_all();
}

bool PollerGroup::settle(std::chrono::steady_clock::time_point limit) {
  for (const auto& poller : pollers_) {
    poller->post([this] {
      const std::lock_guard lock(mutex_);
      ++answered_;
      changed_.notify_all();
    });
  }
  std::unique_lock lock(mutex_);
  return changed_.wait_until(lock, limit, [this] { return answered_ + left_ >= threads_.size(); });
}

bool PollerGroup::drain(base::Nanos patience) {
  // The clock's time and what is added to it must not overflow.
  const base::Nanos limited = std::min(patience, kLongestPatience);
  const auto limit = std::chrono::steady_clock::now() + std::chrono::nanoseconds(limited);
  // What was posted before this, and what that posts to others, comes before anybody leaves.
  bool all_left = settle(limit);
  for (const auto& poller : pollers_) poller->drain();
  {
    std::unique_lock lock(mutex_);
    all_left =
        changed_.wait_until(lock, limit, [this] { return left_ == threads_.size(); }) && all_left;
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
  answered_ = 0;
  for (const auto& poller : pollers_) poller->bind_to_this_thread();
}

}  // namespace tidegate::reactor
