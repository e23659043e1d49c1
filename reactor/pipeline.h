// From an acceptor's poller to the pollers that serve: places each accepted socket by policy, and
// hands a batch over as one task per poller, so that a burst costs one wake-up each.
//
// A pipeline of one lane on the acceptor's own poller keeps the sockets where they were accepted:
// what SO_REUSEPORT listeners want.
//
// Owner:  whoever owns the acceptor. Thread: the acceptor's; takers are called on their poller's.
// Fails as: a socket on its way to a poller that has stopped is closed, never leaked.
#pragma once

#include <cstddef>
#include <vector>

#include "reactor/acceptor.h"
#include "reactor/placement.h"
#include "reactor/poller.h"

namespace tidegate::reactor {

// Where connections arrive; one for each poller that serves.
class ArrivalTaker {
 public:
  /// Called on its poller's thread. That poller's `load` was raised by one for this connection:
  /// lower it when the connection ends.
  virtual void on_arrival(Socket socket, const base::PeerAddress& peer) = 0;

 protected:
  ~ArrivalTaker() = default;
};

class Pipeline final : public AcceptObserver {
 public:
  struct Lane {
    Poller* poller;
    ArrivalTaker* taker;
  };

  /// `here` is the acceptor's poller. Everything named by `lanes`, not empty, outlives this object
  /// and what it posted.
  Pipeline(Poller& here, std::vector<Lane> lanes, Placement how);

  void on_accept(Socket socket, const base::Address& peer) override;
  void on_accept_batch_end() override;

 private:
  struct Arrival {
    Socket socket;
    base::PeerAddress peer;
  };
  class Batch;

  Poller& here_;
  std::vector<Lane> lanes_;
  Placer placer_;
  std::vector<std::vector<Arrival>> waiting_;  // [i] for lanes_[i]
};

}  // namespace tidegate::reactor
