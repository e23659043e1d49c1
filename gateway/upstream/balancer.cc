#include "gateway/upstream/balancer.h"

namespace tidegate::gateway::upstream {
namespace {

// Smooth weighted round robin: every pick adds each one's weight to its credit and takes the sum
// from the winner, so that weights 5,1,1 give a a b a c a a and not a a a a a b c. Credits count
// half weights, so that the offset can be less than one.
class RoundRobin final : public Balancer {
 public:
  explicit RoundRobin(std::size_t offset) : offset_(offset) {}

  std::optional<std::size_t> pick(std::span<const Candidate> candidates) override {
    if (credit_.size() != candidates.size()) begin(candidates.size());
    std::optional<std::size_t> best;
    std::int64_t total = 0;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      if (!candidates[i].usable) continue;
      const std::int64_t share = 2 * std::int64_t{candidates[i].weight};
      credit_[i] += share;
      total += share;
      if (!best || credit_[i] > credit_[*best]) best = i;
    }
    if (best) credit_[*best] -= total;
    return best;
  }

 private:
  void begin(std::size_t count) {
    credit_.assign(count, 0);
    // Less than one weight: it decides ties and nothing else.
    if (count > 0) credit_[offset_ % count] = 1;
  }

  std::size_t offset_;
  std::vector<std::int64_t> credit_;
};

// Fewest requests in flight per weight; ties go round.
class LeastRequest final : public Balancer {
 public:
  explicit LeastRequest(std::size_t offset) : next_(offset) {}

  std::optional<std::size_t> pick(std::span<const Candidate> candidates) override {
    const std::size_t count = candidates.size();
    std::optional<std::size_t> best;
    for (std::size_t step = 0; step < count; ++step) {
      const std::size_t i = (next_ + step) % count;
      if (!candidates[i].usable) continue;
      if (!best || lighter(candidates[i], candidates[*best])) best = i;
    }
    if (best) next_ = *best + 1;
    return best;
  }

 private:
  // (active + 1) / weight compared without dividing.
  static bool lighter(const Candidate& a, const Candidate& b) {
    return (std::uint64_t{a.active} + 1) * b.weight < (std::uint64_t{b.active} + 1) * a.weight;
  }

  std::size_t next_;
};

}  // namespace

std::unique_ptr<Balancer> Balancer::make(conf::BalancerPolicy policy, std::size_t offset) {
  if (policy == conf::BalancerPolicy::least_request) return std::make_unique<LeastRequest>(offset);
  return std::make_unique<RoundRobin>(offset);
}

}  // namespace tidegate::gateway::upstream
