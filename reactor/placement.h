// Which poller of several gets the next piece of work.
//
// Owner and thread: whoever places, one thread each; several may place on the same pollers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "reactor/base/address.h"
#include "reactor/poller.h"

namespace tidegate::reactor {

enum class Placement : std::uint8_t {
  fewest,       // the lowest `Poller::load`; ties rotate, so that few connections spread evenly too
  round_robin,  // one after the other, whatever they have
  by_address,   // the same host always comes to the same poller; unix peers come to the first
};

class Placer {
 public:
  /// `pollers`, not empty, outlive this object.
  Placer(Placement how, std::vector<Poller*> pollers) : how_(how), pollers_(std::move(pollers)) {}

  /// The index, among the pollers given, of the one to use for `peer`. Raises no load.
  std::size_t pick(const base::PeerAddress& peer);

  [[nodiscard]] std::span<Poller* const> pollers() const { return pollers_; }

 private:
  std::size_t fewest();

  Placement how_;
  std::vector<Poller*> pollers_;
  std::size_t next_ = 0;  // where ties begin, or whose turn it is
};

}  // namespace tidegate::reactor
