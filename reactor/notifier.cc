#include "reactor/notifier.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>

namespace tidegate::reactor {

base::Status Notifier::open() {
  event_ = Socket(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!event_.is_open()) return base::Error::from_errno(errno);
  return {};
}

void Notifier::post(std::unique_ptr<base::Task> task) {
  queue_.push(std::move(task));
  wake();
}

void Notifier::wake() {
  // Either we see that it sleeps, or prepare_to_sleep sees what we did before this.
  if (!sleeping_.load(std::memory_order_seq_cst)) return;
  if (!sleeping_.exchange(false, std::memory_order_acq_rel)) return;
  const std::uint64_t one = 1;
  // Only a full counter makes this fail, and then the poller has a wake-up pending anyway.
  [[maybe_unused]] const auto written = ::write(event_.fd(), &one, sizeof one);
}

bool Notifier::prepare_to_sleep() {
  if (!batch_.empty()) return false;
  sleeping_.store(true, std::memory_order_seq_cst);
  if (queue_.empty()) return true;
  awake();
  return false;
}

int Notifier::run_tasks(CallbackWatch& watch) {
  int count = 0;
  while (count < kTasksPerTurn) {
    if (batch_.empty()) {
      if (queue_.empty()) break;
      batch_ = queue_.take_all();
    }
    const std::unique_ptr<base::Task> task = batch_.pop();
    watch.begin(typeid(*task));
    task->run();
    ++count;
  }
  return count;
}

void Notifier::discard_tasks() {
  while (!batch_.empty() || !queue_.empty()) {
    if (batch_.empty()) batch_ = queue_.take_all();
    batch_.pop();
  }
}

void Notifier::on_ready(Ready /*ready*/) {
  // Edge-triggered and only a wake-up: the count does not matter, and resetting it keeps the
  // counter from ever filling.
  ++wakeups_;
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = ::read(event_.fd(), &count, sizeof count);
}

}  // namespace tidegate::reactor
