#include "reactor/dial_race.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace tidegate::reactor {
namespace {

constexpr base::Error kNoAddress{base::Errc::unreachable, 0};

// Address by address from either family, until the longer list is left alone (RFC 8305 §4).
std::vector<base::Address> interleave(std::span<const base::Address> addresses,
                                      const std::optional<base::Address>& source) {
  std::vector<base::Address> first;
  std::vector<base::Address> others;
  for (const base::Address& address : addresses) {
    if (source && address.family() != source->family()) continue;
    const bool leads = first.empty() || address.family() == first.front().family();
    auto& list = leads ? first : others;
    if (list.size() < DialRace::kMaxAddresses) list.push_back(address);
  }
  std::vector<base::Address> ordered;
  for (std::size_t i = 0; i < std::max(first.size(), others.size()); ++i) {
    if (i < first.size()) ordered.push_back(first[i]);
    if (i < others.size()) ordered.push_back(others[i]);
  }
  if (ordered.size() > DialRace::kMaxAddresses) ordered.resize(DialRace::kMaxAddresses);
  return ordered;
}

}  // namespace

// One address being dialled.
class DialRace::Attempt final : private DialObserver {
 public:
  explicit Attempt(DialRace& race) : race_(race), dial_(race.poller_, *this) {}

  void start(const base::Address& to, const DialOptions& options) { dial_.start(to, options); }
  [[nodiscard]] const Dial& dial() const { return dial_; }

 private:
  // Both destroy this object.
  void on_connected(Socket socket, Registration registration, Ready ready) override {
    race_.on_attempt_connected(std::move(socket), std::move(registration), ready);
  }
  void on_connect_failed(base::Error why) override { race_.on_attempt_failed(*this, why); }

  DialRace& race_;
  Dial dial_;
};

DialRace::DialRace(Poller& poller, DialObserver& observer)
    : poller_(poller), observer_(observer), delay_(*this), patience_(*this) {}

DialRace::~DialRace() = default;

void DialRace::start(std::span<const base::Address> addresses, const DialRaceOptions& options) {
  TG_CHECK(!under_way());
  options_ = options;
  options_.attempt_delay = std::max(options.attempt_delay, kMinAttemptDelay);
  // The race has the only patience.
  options_.dial.patience = std::numeric_limits<base::Nanos>::max();
  addresses_ = interleave(addresses, options.dial.source);
  next_ = 0;
  why_ = kNoAddress;
  stage_ = DialStage::connect;
  failed_option_ = "";
  poller_.arm(patience_, addresses_.empty() ? 0 : options.dial.patience);
  attempt_next();
}

void DialRace::cancel() {
  delay_.cancel();
  patience_.cancel();
  attempts_.clear();
}

void DialRace::attempt_next() {
  if (next_ == addresses_.size()) return;
  const base::Address& to = addresses_[next_++];
  attempts_.push_back(std::make_unique<Attempt>(*this));
  attempts_.back()->start(to, options_.dial);
  if (next_ < addresses_.size()) poller_.arm(delay_, options_.attempt_delay);
}

void DialRace::on_attempt_connected(Socket socket, Registration registration, Ready ready) {
  cancel();
  poller_.running_for(typeid(observer_));
  observer_.on_connected(std::move(socket), std::move(registration), ready);
}

void DialRace::on_attempt_failed(Attempt& attempt, base::Error why) {
  note_failure(attempt.dial(), why);
  const bool was_latest = attempts_.back().get() == &attempt;
  std::erase_if(attempts_, [&](const auto& one) { return one.get() == &attempt; });
  if (was_latest) {
    delay_.cancel();
    attempt_next();
  }
  if (attempts_.empty()) fail(why_);
}

void DialRace::note_failure(const Dial& dial, base::Error why) {
  const bool kept_says_more =
      why.code == base::Errc::unreachable && why_.code != base::Errc::unreachable;
  if (kept_says_more) return;
  why_ = why;
  stage_ = dial.failed_stage();
  failed_option_ = dial.failed_option();
}

void DialRace::fail(base::Error why) {
  cancel();
  poller_.running_for(typeid(observer_));
  observer_.on_connect_failed(why);
}

void DialRace::on_timeout(Timer& timer) {
  if (&timer == &delay_) {
    attempt_next();
  } else if (addresses_.empty()) {
    fail(why_);
  } else {
    stage_ = DialStage::connect;
    failed_option_ = "";
    fail({base::Errc::timed_out, 0});
  }
}

}  // namespace tidegate::reactor
