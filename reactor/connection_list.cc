#include "reactor/connection_list.h"

#include <utility>

namespace tidegate::reactor {

ConnectionList::~ConnectionList() {
  while (Connection* connection = connections_.front()) connection->end(EndReason::stopped, {});
  // Its poller does not run any more: nothing of a connection outlives its server.
  poller_.reap();
}

void ConnectionList::on_arrival(Socket socket, const base::PeerAddress& peer) {
  if (stats_.live.get() >= most_) {
    refuse(socket);
    return;
  }
  std::unique_ptr<Connection> made = make_(poller_);
  if (made == nullptr) {
    refuse(socket);
    return;
  }
  Connection& connection = *made;
  connections_.push_back(*made.release());
  stats_.live.add();
  stats_.opened.add();
  if (!connection.begin(*this, std::move(socket), peer)) {
    stats_.opened.sub();
    stats_.live.sub();
    base::IntrusiveList<Connection>::erase(connection);
    poller_.retire(std::unique_ptr<Retirable>(&connection));
    refuse({});
    return;
  }
  if (closing_) connection.shut_down();
}

void ConnectionList::refuse(const Socket& socket) {
  if (socket.is_open()) socket.reset_on_close();
  stats_.refused.add();
  poller_.load().fetch_sub(1, std::memory_order_relaxed);
}

void ConnectionList::leave(Connection& connection, EndReason why) {
  base::IntrusiveList<Connection>::erase(connection);
  stats_.live.sub();
  stats_.ended[static_cast<std::size_t>(why)].add();
  poller_.load().fetch_sub(1, std::memory_order_relaxed);
  poller_.retire(std::unique_ptr<Retirable>(&connection));
}

void ConnectionList::shut_down() {
  if (closing_) return;
  closing_ = true;
  // A callback may end others: each round takes the front of what has not been told yet.
  base::IntrusiveList<Connection> told;
  while (Connection* connection = connections_.pop_front()) {
    told.push_back(*connection);
    connection->shut_down();
  }
  connections_.splice_back(told);
}

}  // namespace tidegate::reactor
