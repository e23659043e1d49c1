#include "reactor/stall_detector.h"

#include <cxxabi.h>
#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <system_error>

namespace tidegate::reactor {

std::string readable_name(const std::type_info& type) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> text(
      abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), std::free);
  return status == 0 ? text.get() : type.name();
}

StallGauge::Verdict StallGauge::sample(std::uint64_t started, bool running, base::Nanos now) {
  const bool same = running && running_ && started == seen_;
  running_ = running;
  if (!same) {
    seen_ = started;
    const bool ended = std::exchange(told_, false);
    if (ended) lasted_ = now - since_;
    since_ = now;
    return ended ? Verdict::ends : Verdict::fine;
  }
  lasted_ = now - since_;
  if (lasted_ < threshold_) return Verdict::fine;
  return std::exchange(told_, true) ? Verdict::goes_on : Verdict::begins;
}

StallDetector::StallDetector(StallObserver& observer, base::Nanos threshold)
    : observer_(observer), threshold_(std::max(threshold, base::kMillisecond)) {}

StallDetector::~StallDetector() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void StallDetector::add(const Poller& poller) {
  watched_.push_back({&poller, StallGauge(threshold_), {}});
}

void StallDetector::add(PollerGroup& group) {
  for (std::size_t i = 0; i < group.size(); ++i) add(group[i]);
}

base::Status StallDetector::start() {
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error& failure) {
    return base::Error::from_errno(failure.code().value());
  }
  return {};
}

void StallDetector::run() {
  ::pthread_setname_np(::pthread_self(), "stall-detector");
  // Signals are for the threads that the program chose for them.
  sigset_t all;
  sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, std::chrono::nanoseconds(threshold_ / 4),
                         [this] { return stopping_; })) {
    const base::Nanos now = base::monotonic_now();
    for (Watched& watched : watched_) look_at(watched, now);
  }
}

void StallDetector::look_at(Watched& watched, base::Nanos now) {
  const CallbackWatch& watch = watched.poller->watch();
  const std::type_info* who = watch.running();
  switch (watched.gauge.sample(watch.started(), who != nullptr, now)) {
    case StallGauge::Verdict::fine:
    case StallGauge::Verdict::goes_on:
      return;
    case StallGauge::Verdict::begins:
      watched.what = readable_name(*who);
      stalls_.fetch_add(1, std::memory_order_relaxed);
      observer_.on_stall({watched.poller, watched.what, watched.gauge.lasted()});
      return;
    case StallGauge::Verdict::ends:
      observer_.on_stall_end({watched.poller, watched.what, watched.gauge.lasted()});
      return;
  }
}

}  // namespace tidegate::reactor
