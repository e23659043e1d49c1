#include "reactor/offload.h"

#include <pthread.h>

#include <csignal>
#include <system_error>

#include "reactor/base/check.h"

namespace tidegate::reactor {
namespace {

// While it lives this thread, and so what it starts, takes no signal: a new thread has no moment
// in which one could reach it.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

}  // namespace

void OffloadTicket::cancel() {
  if (!wanted_) return;
  TG_DCHECK(poller_.on_own_thread());
  wanted_->store(false, std::memory_order_relaxed);
  wanted_.reset();
}

std::shared_ptr<const JobsWanted> OffloadTicket::wanted() {
  TG_DCHECK(poller_.on_own_thread());
  if (!wanted_) wanted_ = std::make_shared<JobsWanted>(true);
  return wanted_;
}

Offload::Offload(OffloadOptions options) : options_(std::move(options)) {
  TG_CHECK(options_.threads > 0 && options_.max_queued > 0);
  ring_.resize(options_.max_queued);
}

Offload::~Offload() {
  stop();
}

base::Status Offload::start() {
  TG_CHECK(threads_.empty() && !stopping_);
  const SignalsBlocked inherited;
  for (std::size_t i = 0; i < options_.threads; ++i) {
    const std::string name = options_.name + "-" + std::to_string(i);
    try {
      threads_.emplace_back([this, name] {
        ::pthread_setname_np(::pthread_self(), name.substr(0, 15).c_str());
        run();
      });
    } catch (const std::system_error& failure) {
      stop();
      return base::Error::from_errno(failure.code().value());
    }
  }
  return {};
}

void Offload::stop() {
  std::vector<std::unique_ptr<OffloadJob>> dropped;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    while (count_ > 0) dropped.push_back(take());
  }
  wake_.notify_all();
  stats_.cancelled.fetch_add(dropped.size(), std::memory_order_relaxed);
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

base::Status Offload::reserve() {
  const std::lock_guard lock(mutex_);
  if (stopping_ || places_taken_ == options_.max_queued) {
    stats_.rejected.fetch_add(1, std::memory_order_relaxed);
    return base::Error{stopping_ ? base::Errc::cancelled : base::Errc::limit, 0};
  }
  ++places_taken_;
  stats_.submitted.fetch_add(1, std::memory_order_relaxed);
  stats_.queued.fetch_add(1, std::memory_order_relaxed);
  return {};
}

void Offload::enqueue(std::unique_ptr<OffloadJob> job) {
  {
    const std::lock_guard lock(mutex_);
    ring_[(first_ + count_) % ring_.size()] = std::move(job);
    ++count_;
    // Stopped since the place was promised: nobody else will look at the ring.
    if (stopping_) job = take();
  }
  if (job != nullptr) {
    stats_.cancelled.fetch_add(1, std::memory_order_relaxed);
  } else {
    wake_.notify_one();
  }
}

std::unique_ptr<OffloadJob> Offload::take() {
  std::unique_ptr<OffloadJob> job = std::move(ring_[first_]);
  first_ = (first_ + 1) % ring_.size();
  --count_;
  --places_taken_;
  stats_.queued.fetch_sub(1, std::memory_order_relaxed);
  return job;
}

void Offload::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || count_ > 0; });
    if (stopping_) return;
    std::unique_ptr<OffloadJob> job = take();
    lock.unlock();
    carry_out(std::move(job));
    lock.lock();
  }
}

// Not to be left by an exception: the runtime's last words then name it.
void Offload::carry_out(std::unique_ptr<OffloadJob> job) noexcept {
  if (!job->wanted()) {
    stats_.cancelled.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  job->work();
  stats_.completed.fetch_add(1, std::memory_order_relaxed);
  Poller& home = job->home();
  if (job->wanted()) home.post(std::unique_ptr<base::Task>(std::move(job)));
}

}  // namespace tidegate::reactor
