#include "reactor/placement.h"

#include <functional>
#include <string_view>

namespace tidegate::reactor {

std::size_t Placer::pick(const base::PeerAddress& peer) {
  switch (how_) {
    case Placement::fewest:
      return fewest();
    case Placement::round_robin:
      return next_++ % pollers_.size();
    case Placement::by_address: {
      char host[base::PeerAddress::kTextSize];
      const std::string_view text(host, peer.write_host(host));
      return text == "unix" ? 0 : std::hash<std::string_view>()(text) % pollers_.size();
    }
  }
  return 0;
}

std::size_t Placer::fewest() {
  const std::size_t count = pollers_.size();
  std::size_t best = next_ % count;
  std::uint32_t least = pollers_[best]->load().load(std::memory_order_relaxed);
  for (std::size_t step = 1; step < count && least > 0; ++step) {
    const std::size_t i = (next_ + step) % count;
    const std::uint32_t load = pollers_[i]->load().load(std::memory_order_relaxed);
    if (load < least) {
      best = i;
      least = load;
    }
  }
  next_ = best + 1;
  return best;
}

}  // namespace tidegate::reactor
