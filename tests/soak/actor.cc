#include "tests/soak/actor.h"

#include <memory>
#include <string>

namespace tidegate::soak {
namespace {

// Counts its end whether it is run or dropped.
class Counted {
 public:
  explicit Counted(Pair& pair) : pair_(&pair) { pair.begun.fetch_add(1); }
  Counted(Counted&& other) noexcept : pair_(std::exchange(other.pair_, nullptr)) {}
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  ~Counted() {
    if (pair_ != nullptr) pair_->ended.fetch_add(1);
  }

 private:
  Pair* pair_;
};

}  // namespace

Actor::Actor(reactor::Poller& poller, Stage& stage, std::uint32_t seed)
    : poller_(poller),
      stage_(stage),
      ledger_(stage.ledger),
      random_(seed),
      ticks_(poller, *this),
      ticket_(poller) {
  for (int i = 0; i < 500; ++i) alarms_.push_back(std::make_unique<Alarm>(poller, ledger_));
}

void Actor::stop() {
  ticks_.stop();
  ticket_.cancel();
  while (!calls_.empty()) poller_.retire(std::move(calls_.extract(calls_.begin()).mapped()));
  while (!borrowers_.empty()) {
    poller_.retire(std::move(borrowers_.extract(borrowers_.begin()).mapped()));
  }
  pool_.reset();
  alarms_.clear();
}

void Actor::on_tick(reactor::PeriodicTimer& /*timer*/, std::uint64_t passed) {
  if (passed == 0) ledger_.complain("a tick without a period");
  // The longest backlog is made up for, as a late server would see it.
  for (std::uint64_t i = 0; i < std::min<std::uint64_t>(passed, 4); ++i) act();
}

void Actor::act() {
  switch (random_() % 8) {
    case 0:
    case 1:
      return dial();
    case 2:
      return post();
    case 3:
      return write_elsewhere();
    case 4:
      return move_an_alarm();
    case 5:
      return borrow();
    case 6:
      return hand_over();
    default:
      return random_() % 16 == 0 ? renew_pool() : broadcast();
  }
}

template <typename T>
T& Actor::add(Owned<T>& all) {
  auto made = std::make_unique<T>(poller_, ledger_, random_(), [this, &all](T& leaving) {
    poller_.retire(std::move(all.extract(&leaving).mapped()));
  });
  T& added = *made;
  all.emplace(&added, std::move(made));
  return added;
}

void Actor::dial() {
  if (calls_.size() >= kMost) return;
  const base::Address& to = stage_.addresses[random_() % stage_.addresses.size()];
  add(calls_).start(to);
}

void Actor::post() {
  reactor::Poller& to = stage_.group[random_() % stage_.group.size()];
  for (std::uint32_t i = random_() % 16; i > 0; --i) to.post([c = Counted(ledger_.posts)] {});
}

void Actor::write_elsewhere() {
  const reactor::RemoteStream name = stage_.names.get(random_());
  if (!name.named()) return;
  const std::size_t size = random_() % 2000;
  name.write(std::string(size, 'r'), [c = Counted(ledger_.receipts)](base::Status /*status*/) {});
}

void Actor::move_an_alarm() {
  for (int i = 0; i < 50; ++i) {
    Alarm& alarm = *alarms_[random_() % alarms_.size()];
    if (random_() % 4 == 0) {
      alarm.cancel();
    } else {
      alarm.set(static_cast<base::Nanos>(random_() % 400) * base::kMillisecond / 4);
    }
  }
}

void Actor::broadcast() {
  const std::uint64_t seen = stage_.local.on(poller_);
  if (seen > 0 && seen == last_seen_) return;
  last_seen_ = seen;
  stage_.local.broadcast(random_(), poller_,
                         [c = Counted(ledger_.rounds)](std::size_t /*reached*/) {});
}

void Actor::borrow() {
  if (pool_ == nullptr) renew_pool();
  if (borrowers_.size() < kMost) add(borrowers_).ask(*pool_);
}

void Actor::renew_pool() {
  reactor::ConnectPoolOptions options;
  options.min_idle = random_() % 3;
  options.max_live = 3 + random_() % 8;
  options.max_waiting = 32;
  options.max_uses = 20;
  options.retry_min = base::kMillisecond;
  pool_ = std::make_unique<reactor::ConnectPool>(poller_, stage_.addresses.front(), options);
}

void Actor::hand_over() {
  if (random_() % 8 == 0) ticket_.cancel();
  const base::Status taken = stage_.offload.submit(
      ticket_, [c = Counted(ledger_.jobs), n = random_()] { return n * 2; },
      [this, c = Counted(ledger_.jobs)](std::uint32_t) {
        if (!poller_.on_own_thread()) ledger_.complain("a result came to another poller's thread");
      });
  if (!taken && taken.error().code != base::Errc::limit &&
      taken.error().code != base::Errc::cancelled) {
    ledger_.complain("a job was refused for no reason");
  }
}

}  // namespace tidegate::soak
