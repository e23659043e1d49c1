// The connections that one poller serves for one Server, and how they ended.
//
// Owner:  a Server. Thread: its poller's; the counts may be read from any.
// Limits: `most` at a time; one above is reset and counted, as is one that `make` returns null for.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>

#include "reactor/base/cell.h"
#include "reactor/base/intrusive_list.h"
#include "reactor/connection.h"
#include "reactor/pipeline.h"

namespace tidegate::reactor {

using ConnectionMaker = std::function<std::unique_ptr<Connection>(Poller&)>;

class ConnectionList final : public ArrivalTaker {
 public:
  struct Stats {
    base::Cell opened;
    base::Cell live;
    base::Cell refused;                         // over the limit, or the kernel would not watch it
    std::array<base::Cell, kEndReasons> ended;  // by EndReason
  };

  /// `poller` and `make` outlive this object.
  ConnectionList(Poller& poller, const ConnectionMaker& make, std::size_t most)
      : poller_(poller), make_(make), most_(most) {}
  ConnectionList(const ConnectionList&) = delete;
  ConnectionList& operator=(const ConnectionList&) = delete;
  /// Ends what is left as `stopped`.
  ~ConnectionList();

  void on_arrival(Socket socket, const base::PeerAddress& peer) override;

  /// Tells every connection, and those that still arrive, that the server is closing. Once.
  void shut_down();

  [[nodiscard]] Poller& poller() { return poller_; }
  [[nodiscard]] const Stats& stats() const { return stats_; }

 private:
  friend class Connection;
  void leave(Connection& connection, EndReason why);
  void refuse(const Socket& socket);

  Poller& poller_;
  const ConnectionMaker& make_;
  std::size_t most_;
  bool closing_ = false;
  base::IntrusiveList<Connection> connections_;  // owned
  Stats stats_;
};

}  // namespace tidegate::reactor
