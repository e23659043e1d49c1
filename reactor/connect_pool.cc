#include "reactor/connect_pool.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "reactor/base/check.h"

namespace tidegate::reactor {

// A task that knows when its pool is gone, and the pool when the task is.
class ConnectPool::Pass final : public base::Task {
 public:
  explicit Pass(ConnectPool& pool) : pool_(&pool) {}
  ~Pass() override {
    if (pool_ != nullptr && pool_->scheduled_ == this) pool_->scheduled_ = nullptr;
  }

  void run() override {
    if (pool_ == nullptr) return;
    pool_->scheduled_ = nullptr;  // what comes up from here on is for a pass of its own
    pool_->running_ = this;
    pool_->settle_returned();
    for (int told = 0; told < kOutcomesPerPass && pool_->serve_one(); ++told) {
      if (pool_ == nullptr) return;
    }
    pool_->finish_pass();
    pool_->running_ = nullptr;
  }

  void pool_is_gone() { pool_ = nullptr; }

 private:
  ConnectPool* pool_;
};

ConnectPool::ConnectPool(Poller& poller, const base::Address& to, const ConnectPoolOptions& options)
    : poller_(poller),
      to_(to),
      options_(options),
      refusals_(options.retry_min, options.retry_max),
      deaths_(options.retry_min, options.retry_max),
      retry_(*this) {
  TG_CHECK(options.max_live > 0 && options.min_idle <= options.max_live);
  TG_CHECK(options.max_waiting > 0 && options.dial.patience > 0);
  TG_CHECK(options.retry_min > 0 && options.retry_min <= options.retry_max);
  if (options.min_idle > 0) schedule_pass();
}

ConnectPool::~ConnectPool() {
  for (Pass* pass : {scheduled_, running_}) {
    if (pass != nullptr) pass->pool_is_gone();
  }
  while (PoolWaiter* waiter = queue_.front()) forget(*waiter);
  while (PoolWaiter* waiter = decided_.front()) forget(*waiter);
  while (PoolLink* link = links(Phase::leased).pop_front()) link->orphan();
  for (Links& list : links_) {
    while (PoolLink* link = list.pop_front()) link->end();
  }
}

void ConnectPool::close() {
  TG_DCHECK(poller_.on_own_thread());
  closed_ = true;
  retry_.cancel();
  for (const Phase phase : {Phase::connecting, Phase::fresh, Phase::idle, Phase::returned}) {
    while (PoolLink* link = links(phase).front()) remove(*link);
  }
  while (PoolWaiter* waiter = queue_.front()) {
    forget(*waiter);
    decide(*waiter, {base::Errc::cancelled, 0});
  }
  if (!decided_.empty()) schedule_pass();
}

void ConnectPool::acquire(PoolWaiter& waiter, base::Nanos patience) {
  TG_DCHECK(poller_.on_own_thread());
  TG_CHECK(!waiter.waiting());
  const std::size_t idle = count(Phase::idle);
  if (closed_) {
    decide(waiter, {base::Errc::cancelled, 0});
  } else if (waiting_ >= idle && waiting_ - idle >= options_.max_waiting) {
    decide(waiter, {base::Errc::limit, 0});
    stats_.rejected.add();
  } else {
    waiter.pool_ = this;
    queue_.push_back(waiter);
    stats_.waiting.set(++waiting_);
    poller_.arm(waiter.patience_, patience);
  }
  schedule_pass();
}

void ConnectPool::decide(PoolWaiter& waiter, base::Error why) {
  waiter.pool_ = this;
  waiter.why_ = why;
  decided_.push_back(waiter);
}

void ConnectPool::forget(PoolWaiter& waiter) {
  base::IntrusiveList<PoolWaiter>::erase(waiter);
  waiter.patience_.cancel();
  waiter.pool_ = nullptr;
  if (std::exchange(waiter.why_, {}).code == base::Errc::ok) stats_.waiting.set(--waiting_);
}

void ConnectPool::give_up(PoolWaiter& waiter) {
  forget(waiter);
  stats_.timed_out.add();
  poller_.running_for(typeid(waiter.observer_));
  waiter.observer_.on_no_link({base::Errc::timed_out, 0});
}

void ConnectPool::schedule_pass() {
  if (scheduled_ != nullptr) return;
  auto pass = std::make_unique<Pass>(*this);
  scheduled_ = pass.get();
  // A poller that is stopping destroys it at once: then nobody is served any more.
  poller_.post(std::unique_ptr<base::Task>(std::move(pass)));
}

void ConnectPool::settle_returned() {
  while (PoolLink* link = links(Phase::returned).front()) {
    if (link->is_clean()) {
      make_idle(*link);
    } else {
      remove(*link);
    }
  }
}

bool ConnectPool::serve_one() {
  if (PoolWaiter* waiter = decided_.front()) {
    const base::Error why = waiter->why_;
    forget(*waiter);
    poller_.running_for(typeid(waiter->observer_));
    waiter->observer_.on_no_link(why);
    return true;
  }
  PoolLink* link = queue_.empty() ? nullptr : next_link();
  PoolWaiter* waiter = queue_.front();
  // A link that turned out to be dead may have failed the waiter it was for.
  if (link == nullptr || waiter == nullptr) return !decided_.empty();
  forget(*waiter);
  move(*link, Phase::leased);
  link->idle_timer_.cancel();
  link->stream_.lift(ReadHold::setup);
  if (++link->uses_ > 1) stats_.reused.add();
  deaths_.reset();
  poller_.running_for(typeid(waiter->observer_));
  waiter->observer_.on_link(PoolLease(*link));
  return true;
}

PoolLink* ConnectPool::next_link() {
  while (PoolLink* link = links(Phase::idle).back()) {
    // The peer may have closed it without the poller having been told yet.
    if (link->seen_clean_ == poller_.now() || link->is_clean()) return link;
    lost(*link);
  }
  return links(Phase::fresh).front();
}

void ConnectPool::finish_pass() {
  while (waiting_ == 0) {
    PoolLink* unwanted = links(Phase::fresh).front();
    if (unwanted == nullptr) break;
    make_idle(*unwanted);
  }
  grow();
  const bool can_serve = count(Phase::idle) + count(Phase::fresh) > 0;
  if (!decided_.empty() || (waiting_ > 0 && can_serve)) schedule_pass();
}

void ConnectPool::grow() {
  if (closed_ || retry_.armed()) return;
  const std::size_t wanted = waiting_ + options_.min_idle;
  const std::size_t coming = live_ - count(Phase::leased);
  std::size_t missing = wanted - std::min(wanted, coming);
  missing = std::min(missing, options_.max_live - live_);
  if (refusals_.failing() || deaths_.failing()) {
    missing = count(Phase::connecting) > 0 ? 0 : std::min<std::size_t>(missing, 1);
  }
  for (; missing > 0; --missing) {
    PoolLink* link = std::make_unique<PoolLink>(poller_, *this).release();
    links(Phase::connecting).push_back(*link);
    ++count(Phase::connecting);
    stats_.live.set(++live_);
    link->connect(to_, options_.dial);
  }
}

void ConnectPool::connected(PoolLink& link) {
  stats_.opened.add();
  link.born_ = poller_.now();
  if (options_.max_age > 0) poller_.arm(link.age_timer_, options_.max_age);
  // What the peer says first is for the waiter, who gets the link at the end of the turn.
  link.stream_.hold(ReadHold::setup);
  move(link, Phase::fresh);
  refusals_.reset();
  if (!deaths_.failing()) retry_.cancel();
  schedule_pass();
}

void ConnectPool::connect_failed(PoolLink& link, base::Error why) {
  remove(link);
  fail_one(refusals_, why);
}

void ConnectPool::lost(PoolLink& link) {
  const bool at_once = link.uses_ == 0 && poller_.now() - link.born_ < options_.retry_min;
  remove(link);
  if (at_once) fail_one(deaths_, {base::Errc::reset, 0});
}

void ConnectPool::fail_one(BackOff& back_off, base::Error why) {
  stats_.failures.add();
  // Attempts that were under way when the pause began do not make it longer.
  if (!retry_.armed()) poller_.arm(retry_, back_off.fail());
  PoolWaiter* oldest = queue_.front();
  if (oldest == nullptr) return;
  forget(*oldest);
  decide(*oldest, why);
}

void ConnectPool::on_timeout(Timer& /*timer*/) {
  schedule_pass();
}

void ConnectPool::give_back(PoolLink& link) {
  TG_DCHECK(poller_.on_own_thread());
  if (closed_ || !link.stream_.is_open() || is_worn(link)) {
    remove(link);
    return;
  }
  // Whether it is clean shows when the callback it was given back in has returned.
  link.take_back();
  link.stream_.limit_reads(Poller::kMaxRead);
  move(link, Phase::returned);
  schedule_pass();
}

void ConnectPool::make_idle(PoolLink& link) {
  if (is_worn(link)) {
    remove(link);
    return;
  }
  link.seen_clean_ = poller_.now();
  move(link, Phase::idle);
  link.stream_.lift(ReadHold::setup);
  if (options_.idle_limit > 0) poller_.arm(link.idle_timer_, options_.idle_limit);
}

void ConnectPool::aged(PoolLink& link) {
  link.over_age_ = true;
  if (link.phase() == Phase::idle) remove(link);
}

void ConnectPool::idle_expired(PoolLink& link) {
  // Those that stay are never more than min_idle, so every link above it has a timer still to come.
  if (count(Phase::idle) > options_.min_idle) remove(link);
}

bool ConnectPool::is_worn(const PoolLink& link) const {
  return link.over_age_ || (options_.max_uses > 0 && link.uses_ >= options_.max_uses);
}

void ConnectPool::remove(PoolLink& link) {
  if (link.phase() != Phase::connecting) stats_.closed.add();
  Links::erase(link);
  --count(link.phase());
  stats_.live.set(--live_);
  stats_.idle.set(count(Phase::idle));
  link.end();
  schedule_pass();
}

void ConnectPool::move(PoolLink& link, Phase to) {
  Links::erase(link);
  --count(link.phase());
  link.phase_ = to;
  links(to).push_back(link);
  ++count(to);
  stats_.idle.set(count(Phase::idle));
}

}  // namespace tidegate::reactor
