#include "reactor/base/log_thread.h"

#include <pthread.h>

#include <algorithm>
#include <csignal>
#include <iterator>
#include <system_error>
#include <utility>

#include "reactor/base/check.h"

namespace tidegate::base {
namespace {

// Signals belong to other threads; a closed stdout must be an error here and not a SIGPIPE.
void block_signals() {
  sigset_t all;
  sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

LogThread::~LogThread() {
  stopping_.store(true);
  if (thread_.joinable()) {
    wake();
    thread_.join();
  } else {
    write_queued();
  }
  for (const auto& ring : rings_) ring->close();
}

Result<std::uint32_t> LogThread::open_destination(const std::string& path) {
  TG_CHECK(!thread_.joinable());
  for (std::size_t i = 0; i < destinations_.size(); ++i) {
    if (destinations_[i].file.path() == path) return static_cast<std::uint32_t>(i);
  }
  LogFile file(path);
  if (const Status opened = file.open(wall_()); !opened) return opened.error();
  destinations_.push_back({std::move(file), {}});
  return static_cast<std::uint32_t>(destinations_.size() - 1);
}

Status LogThread::start() {
  try {
    thread_ = std::thread([this] {
      ::pthread_setname_np(::pthread_self(), "log");
      block_signals();
      run();
    });
  } catch (const std::system_error& failure) {
    return Error::from_errno(failure.code().value());
  }
  return {};
}

std::shared_ptr<LogRing> LogThread::join() {
  {
    const std::lock_guard lock(mutex_);
    if (ring_count_ < kMaxRings) {
      ++ring_count_;
      return new_rings_.emplace_back(std::make_shared<LogRing>(this));
    }
  }
  wake();  // rings of threads that ended meanwhile are given back
  return nullptr;
}

void LogThread::wake_for(LogRing::Push pushed) {
  const State state = state_.load();
  if (state == State::awake) return;
  if (state == State::napping && pushed != LogRing::Push::crowded) return;
  wake();
}

void LogThread::reopen() {
  reopen_wanted_.store(true);
  wake();
}

void LogThread::wake() {
  if (state_.exchange(State::awake) == State::awake) return;
  // `rest` holds the mutex from its announcement to its wait: past this line it is waiting.
  { const std::lock_guard lock(mutex_); }
  wake_.notify_one();
}

void LogThread::run() {
  for (;;) {
    const bool last_round = stopping_.load();
    if (reopen_wanted_.exchange(false)) reopen_files();
    const bool found = write_queued();
    if (last_round) return;
    rest(found ? State::napping : State::asleep);
  }
}

// No wake-up is lost: a producer queues, then reads the state; this announces the state, then looks
// at the rings; all four are sequentially consistent, so at least one of the two sees the other.
void LogThread::rest(State how) {
  std::unique_lock lock(mutex_);
  state_.store(how);
  if (!has_work(how)) {
    const auto woken = [this] { return state_.load() == State::awake; };
    if (how == State::napping) {
      wake_.wait_for(lock, kNap, woken);
    } else {
      wake_.wait(lock, woken);
    }
  }
  state_.store(State::awake);
}

bool LogThread::has_work(State how) const {
  if (stopping_.load() || reopen_wanted_.load()) return true;
  if (how == State::napping) return false;
  const auto has_lines = [](const auto& ring) { return !ring->empty(); };
  return std::any_of(rings_.begin(), rings_.end(), has_lines) ||
         std::any_of(new_rings_.begin(), new_rings_.end(), has_lines);
}

void LogThread::take_in_new_rings() {
  const std::lock_guard lock(mutex_);
  std::move(new_rings_.begin(), new_rings_.end(), std::back_inserter(rings_));
  new_rings_.clear();
}

bool LogThread::write_queued() {
  take_in_new_rings();
  bool found = false;
  const std::size_t given_back = std::erase_if(rings_, [&](const std::shared_ptr<LogRing>& ring) {
    // Read first: what was queued before the thread ended is then seen by the drain.
    const bool last = ring->abandoned();
    ring->drain([&](std::uint32_t to, std::string_view line) {
      found = true;
      queue(to, line);
    });
    return last;
  });
  if (given_back > 0) {
    const std::lock_guard lock(mutex_);
    ring_count_ -= given_back;
  }
  for (Destination& destination : destinations_) flush(destination);
  return found;
}

void LogThread::queue(std::uint32_t to, std::string_view line) {
  Destination& destination = destinations_[to];
  if (destination.batch.size() + line.size() > kBatchBytes) flush(destination);
  destination.batch += line;
}

void LogThread::flush(Destination& to) {
  if (to.batch.empty()) return;
  if (to.file.dated()) note_open(to.file.follow(wall_()));
  const LogFile::Written outcome = to.file.write(to.batch);
  written_.fetch_add(outcome.lines, std::memory_order_relaxed);
  dropped_.fetch_add(outcome.lost, std::memory_order_relaxed);
  to.batch.clear();
}

void LogThread::reopen_files() {
  for (Destination& destination : destinations_) note_open(destination.file.open(wall_()));
}

void LogThread::note_open(Status outcome) {
  // The old file goes on when the new one cannot be had: late lines in it beat lost ones.
  if (!outcome) failed_opens_.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace tidegate::base
