#include "reactor/poller.h"

#include <algorithm>

#include "reactor/epoll_backend.h"

namespace tidegate::reactor {

void Registration::remove() {
  if (poller_ == nullptr) return;
  TG_DCHECK(poller_->on_own_thread());
  poller_->backend_->remove(FdTable::fd_of(cookie_));
  poller_->table_.erase(cookie_);
  poller_->stats_.registered.set(poller_->table_.size());
  poller_ = nullptr;
}

void Registration::release_for_close() {
  if (poller_ == nullptr) return;
  TG_DCHECK(poller_->on_own_thread());
  poller_->backend_->forget(FdTable::fd_of(cookie_));
  poller_->table_.erase(cookie_);
  poller_->stats_.registered.set(poller_->table_.size());
  poller_ = nullptr;
}

base::Status Registration::change(unsigned interest, Trigger trigger) {
  TG_CHECK(poller_ != nullptr);
  TG_DCHECK(poller_->on_own_thread());
  return poller_->backend_->change(FdTable::fd_of(cookie_), cookie_, interest, trigger);
}

void Registration::hand_to(EventHandler& handler) {
  TG_DCHECK(poller_->on_own_thread());
  FdTable::Entry* entry = poller_->table_.find(cookie_);
  TG_CHECK(entry != nullptr);
  entry->handler = &handler;
}

void Registration::requeue() {
  if (poller_ == nullptr) return;
  TG_DCHECK(poller_->on_own_thread());
  FdTable::Entry* entry = poller_->table_.find(cookie_);
  if (entry == nullptr || entry->requeued) return;
  entry->requeued = true;
  poller_->requeued_.push_back(cookie_);
}

Poller::Poller(std::size_t index)
    : backend_(std::make_unique<EpollBackend>()),
      index_(index),
      now_(base::monotonic_now()),
      timers_(now_, &watch_),
      thread_(std::this_thread::get_id()) {
  events_.resize(kEventsPerTurn);
}

Poller::~Poller() {
  thread_.store(std::this_thread::get_id());
  // What is destroyed here may still deregister, retire and post.
  stopping_.store(true, std::memory_order_relaxed);
  discard_tasks();
  reap();
  notifier_registration_.release_for_close();
}

base::Status Poller::open(std::unique_ptr<PollerBackend> backend) {
  if (backend != nullptr) backend_ = std::move(backend);
  if (const base::Status made = backend_->open(); !made) return made;
  if (const base::Status made = notifier_.open(); !made) return made;
  auto registration = add(notifier_.fd(), notifier_, kRead, Trigger::edge);
  if (!registration) return registration.error();
  notifier_registration_ = std::move(*registration);
  return {};
}

bool Poller::on_own_thread() const {
  return thread_.load(std::memory_order_relaxed) == std::this_thread::get_id();
}

base::Result<Registration> Poller::add(int fd, EventHandler& handler, unsigned interest,
                                       Trigger trigger) {
  TG_DCHECK(on_own_thread());
  const Cookie cookie = table_.insert(fd, handler);
  if (const base::Status added = backend_->add(fd, cookie, interest, trigger); !added) {
    table_.erase(cookie);
    return added.error();
  }
  stats_.registered.set(table_.size());
  return Registration(*this, cookie);
}

void Poller::run() noexcept {
  thread_.store(std::this_thread::get_id());
  now_ = busy_since_ = base::monotonic_now();
  while (!stopping_.load(std::memory_order_acquire)) {
    if (draining_.load(std::memory_order_relaxed) && has_nothing_left()) break;
    turn(-1);
  }
  watch_.rest();
}

void Poller::stop() {
  stopping_.store(true, std::memory_order_seq_cst);
  notifier_.wake();
}

void Poller::drain() {
  // A task is seen by whoever is about to sleep, and the wake-up that comes with it is enough.
  post([this] { draining_.store(true, std::memory_order_relaxed); });
}

bool Poller::has_nothing_left() const {
  return table_.size() <= 1 && requeued_.empty() && !notifier_.has_tasks();
}

base::Nanos Poller::patience(base::Nanos now, base::Nanos max_wait) {
  if (!requeued_.empty() || notifier_.has_tasks()) return 0;
  base::Nanos wait = timers_.until_next(now);
  if (max_wait >= 0 && (wait < 0 || max_wait < wait)) wait = max_wait;
  if (wait == 0 || !notifier_.prepare_to_sleep()) return 0;
  if (stopping_.load(std::memory_order_seq_cst)) return 0;
  return wait;
}

void Poller::turn(base::Nanos max_wait) {
  const base::Nanos before = base::monotonic_now();
  const auto count =
      static_cast<std::size_t>(backend_->wait(std::span(events_), patience(before, max_wait)));
  notifier_.awake();
  now_ = base::monotonic_now();
  in_turn_ = true;
  note_turn(before, now_, count);
  dispatch(count);
  dispatch_requeued();
  fire_timers();
  run_tasks();
  destroy_retired();
  in_turn_ = false;
  watch_.rest();
}

void Poller::note_turn(base::Nanos waited_from, base::Nanos woke, std::size_t events) {
  stats_.turns.add();
  stats_.events.add(events);
  if (events > stats_.largest_batch.get()) stats_.largest_batch.set(events);
  if (busy_since_ != 0) stats_.busy_ns.add(static_cast<std::uint64_t>(waited_from - busy_since_));
  stats_.wait_ns.add(static_cast<std::uint64_t>(woke - waited_from));
  busy_since_ = woke;
}

void Poller::dispatch(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const PollerBackend::Event event = events_[i];
    const FdTable::Entry* entry = table_.find(event.cookie);
    if (entry == nullptr) continue;
    watch_.begin(typeid(*entry->handler));
    entry->handler->on_ready(event.ready);
  }
}

void Poller::dispatch_requeued() {
  if (requeued_.empty()) return;
  // What is requeued from here on waits for the next turn, behind fresh events.
  requeued_now_.swap(requeued_);
  for (const Cookie cookie : requeued_now_) {
    FdTable::Entry* entry = table_.find(cookie);
    if (entry == nullptr) continue;
    entry->requeued = false;
    watch_.begin(typeid(*entry->handler));
    entry->handler->on_ready(Ready(Ready::kRequeued));
  }
  requeued_now_.clear();
}

void Poller::fire_timers() {
  const TimerWheel::Fired fired = timers_.advance(now_);
  if (fired.count == 0) return;
  stats_.timers.add(fired.count);
  stats_.timer_lag_ns.add(fired.lag_sum);
  if (fired.longest_lag > stats_.longest_timer_lag_ns.get()) {
    stats_.longest_timer_lag_ns.set(fired.longest_lag);
  }
}

void Poller::run_tasks() {
  stats_.wakeups.set(notifier_.wakeups());
  if (!notifier_.has_tasks()) return;
  stats_.tasks.add(static_cast<std::uint64_t>(notifier_.run_tasks(watch_)));
}

bool Poller::reap() {
  // Who is destroyed may end a server, which reaps.
  if (in_turn_) return false;
  in_turn_ = true;
  const bool any = destroy_retired();
  in_turn_ = false;
  watch_.rest();
  return any;
}

bool Poller::destroy_retired() {
  const bool any = !retired_.empty();
  // Destructors may retire more. Both vectors keep their room: retiring allocates nothing.
  while (!retired_.empty()) {
    dying_.swap(retired_);
    for (std::unique_ptr<Retirable>& object : dying_) {
      watch_.begin(typeid(*object));
      object.reset();
    }
    dying_.clear();
  }
  return any;
}

std::span<char> Poller::read_buffer() {
  TG_DCHECK(on_own_thread());
  // Reserved whole and touched only as far as reads reach: an idle poller pays for no page.
  if (!read_buffer_) read_buffer_.reset(new char[kMaxRead]);
  return {read_buffer_.get(), read_size_};
}

std::span<char> Poller::write_buffer() {
  TG_DCHECK(on_own_thread());
  if (!write_buffer_) write_buffer_.reset(new char[kWriteScratch]);
  return {write_buffer_.get(), kWriteScratch};
}

void Poller::note_read(std::size_t count) {
  constexpr int kSmallReadsBeforeShrink = 64;
  if (count == read_size_) {
    read_size_ = std::min(read_size_ * 2, kMaxRead);
    small_reads_ = 0;
  } else if (count < read_size_ / 4 && read_size_ > kMinRead &&
             ++small_reads_ == kSmallReadsBeforeShrink) {
    read_size_ /= 2;
    small_reads_ = 0;
  }
}

}  // namespace tidegate::reactor
