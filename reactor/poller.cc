#include "reactor/poller.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

namespace tidegate::reactor {
namespace {

std::uint32_t to_epoll(unsigned interest, Poller::Mode mode) {
  std::uint32_t events = 0;
  if ((interest & Poller::kRead) != 0) events |= EPOLLIN | EPOLLRDHUP;
  if ((interest & Poller::kWrite) != 0) events |= EPOLLOUT;
  if (mode == Poller::Mode::edge) events |= EPOLLET;
  return events;
}

Ready to_ready(std::uint32_t events) {
  unsigned bits = 0;
  if ((events & EPOLLIN) != 0) bits |= Ready::kReadable;
  if ((events & EPOLLOUT) != 0) bits |= Ready::kWritable;
  if ((events & EPOLLRDHUP) != 0) bits |= Ready::kPeerClosed;
  if ((events & EPOLLHUP) != 0) bits |= Ready::kHangUp;
  if ((events & EPOLLERR) != 0) bits |= Ready::kError;
  return Ready(bits);
}

}  // namespace

void Registration::remove() {
  if (poller_ == nullptr) return;
  TG_DCHECK(poller_->on_own_thread());
  ::epoll_ctl(poller_->epoll_fd_, EPOLL_CTL_DEL, FdTable::fd_of(cookie_), nullptr);
  release_for_close();
}

void Registration::release_for_close() {
  if (poller_ == nullptr) return;
  TG_DCHECK(poller_->on_own_thread());
  poller_->table_.erase(cookie_);
  poller_->stats_.registered.set(poller_->table_.size());
  poller_ = nullptr;
}

void Registration::hand_to(EventHandler& handler) {
  FdTable::Entry* entry = poller_->table_.find(cookie_);
  TG_CHECK(entry != nullptr);
  entry->handler = &handler;
}

void Registration::requeue() {
  if (poller_ == nullptr) return;
  FdTable::Entry* entry = poller_->table_.find(cookie_);
  if (entry == nullptr || entry->requeued) return;
  entry->requeued = true;
  poller_->requeued_.push_back(cookie_);
}

Poller::Poller() : now_(base::monotonic_now()), timers_(now_), thread_(std::this_thread::get_id()) {
  events_.resize(kEventsPerTurn);
}

Poller::~Poller() {
  thread_.store(std::this_thread::get_id());
  reap();
  if (epoll_fd_ >= 0) {
    notifier_registration_.release_for_close();
    ::close(epoll_fd_);
  }
}

base::Status Poller::open() {
  epoll_fd_ = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll_fd_ < 0) return base::Error::from_errno(errno);
  if (const base::Status made = notifier_.open(); !made) return made;
  auto registration = add(notifier_.fd(), notifier_, kRead, Mode::edge);
  if (!registration) return registration.error();
  notifier_registration_ = std::move(*registration);
  return {};
}

bool Poller::on_own_thread() const {
  return thread_.load(std::memory_order_relaxed) == std::this_thread::get_id();
}

base::Result<Registration> Poller::add(int fd, EventHandler& handler, unsigned interest,
                                       Mode mode) {
  TG_DCHECK(on_own_thread());
  const Cookie cookie = table_.insert(fd, handler);
  epoll_event event{};
  event.events = to_epoll(interest, mode);
  event.data.u64 = cookie;
  if (::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) != 0) {
    const int code = errno;
    table_.erase(cookie);
    return base::Error::from_errno(code);
  }
  stats_.registered.set(table_.size());
  return Registration(*this, cookie);
}

void Poller::run() {
  thread_.store(std::this_thread::get_id());
  now_ = busy_since_ = base::monotonic_now();
  while (!stopping_.load(std::memory_order_acquire)) turn(-1);
}

void Poller::stop() {
  stopping_.store(true, std::memory_order_seq_cst);
  notifier_.wake();
}

int Poller::wait_millis(base::Nanos now, base::Nanos max_wait) {
  if (!requeued_.empty() || notifier_.has_tasks()) return 0;
  base::Nanos wait = timers_.until_next(now);
  if (max_wait >= 0 && (wait < 0 || max_wait < wait)) wait = max_wait;
  if (wait == 0 || !notifier_.prepare_to_sleep()) return 0;
  if (stopping_.load(std::memory_order_seq_cst)) return 0;
  if (wait < 0) return -1;
  const base::Nanos millis = (wait + base::kMillisecond - 1) / base::kMillisecond;
  return static_cast<int>(std::min<base::Nanos>(millis, std::numeric_limits<int>::max()));
}

void Poller::turn(base::Nanos max_wait) {
  const base::Nanos before = base::monotonic_now();
  const int timeout = wait_millis(before, max_wait);
  int count = ::epoll_wait(epoll_fd_, events_.data(), kEventsPerTurn, timeout);
  TG_CHECK(count >= 0 || errno == EINTR);
  count = std::max(count, 0);
  notifier_.awake();
  now_ = base::monotonic_now();
  note_turn(before, now_, count);
  dispatch(count);
  dispatch_requeued();
  timers_.advance(now_);
  stats_.tasks.add(static_cast<std::uint64_t>(notifier_.run_tasks()));
  reap();
}

void Poller::note_turn(base::Nanos waited_from, base::Nanos woke, int events) {
  stats_.turns.add();
  stats_.events.add(static_cast<std::uint64_t>(events));
  if (busy_since_ != 0) stats_.busy_ns.add(static_cast<std::uint64_t>(waited_from - busy_since_));
  stats_.wait_ns.add(static_cast<std::uint64_t>(woke - waited_from));
  busy_since_ = woke;
}

void Poller::dispatch(int count) {
  for (int i = 0; i < count; ++i) {
    const epoll_event event = events_[static_cast<std::size_t>(i)];
    const FdTable::Entry* entry = table_.find(event.data.u64);
    if (entry != nullptr) entry->handler->on_ready(to_ready(event.events));
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
    entry->handler->on_ready(Ready(Ready::kRequeued));
  }
  requeued_now_.clear();
}

void Poller::reap() {
  // Destructors may retire more.
  while (!retired_.empty()) {
    std::vector<std::unique_ptr<Retirable>> dead;
    dead.swap(retired_);
  }
}

std::span<char> Poller::read_buffer() {
  // Reserved whole and touched only as far as reads reach: an idle poller pays for no page.
  if (!read_buffer_) read_buffer_.reset(new char[kMaxRead]);
  return {read_buffer_.get(), read_size_};
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
