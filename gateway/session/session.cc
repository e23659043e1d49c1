#include "gateway/session/session.h"

#include "gateway/session/context.h"
#include "gateway/session/http1_session.h"
#include "gateway/session/tcp_session.h"

namespace tidegate::gateway::session {
namespace {

void refuse(WorkerContext& worker, ListenerContext& listener, const base::PeerAddress& peer,
            Reason reason) {
  listener.counters.connections_closed[static_cast<std::size_t>(reason)].add();
  worker.poller.load().fetch_sub(1, std::memory_order_relaxed);
  const telemetry::AccessLog& log = listener.shared.log;
  if (!log.wants(reason, worker.random.next())) return;
  char client[base::PeerAddress::kTextSize];
  telemetry::AccessRecord record;
  record.listener = listener.shared.config.name;
  record.client = {client, peer.write(client)};
  record.protocol = "tcp";
  record.reason = reason;
  log.write(record, worker.clock.wall(worker.now()));
}

bool take_place(ListenerContext& listener) {
  const std::uint32_t limit = listener.shared.config.max_connections;
  const std::uint32_t before = listener.shared.active.fetch_add(1, std::memory_order_acq_rel);
  if (limit == 0 || before < limit) return true;
  listener.shared.active.fetch_sub(1, std::memory_order_acq_rel);
  return false;
}

template <typename Kind>
void start(WorkerContext& worker, ListenerContext& listener, reactor::Socket socket,
           const base::PeerAddress& peer) {
  auto made = std::make_unique<Kind>(worker, listener, peer);
  if (!made->open(std::move(socket))) {
    listener.shared.active.fetch_sub(1, std::memory_order_acq_rel);
    refuse(worker, listener, peer, Reason::out_of_resources);
    return;
  }
  listener.counters.connections_active.add();
  worker.sessions.push_back(*made.release());
}

}  // namespace

void start_session(WorkerContext& worker, ListenerContext& listener, reactor::Socket socket,
                   const base::PeerAddress& peer) {
  listener.counters.connections.add();
  if (!take_place(listener)) {
    refuse(worker, listener, peer, Reason::listener_limit);
  } else if (listener.shared.config.protocol == conf::Protocol::tcp) {
    start<TcpSession>(worker, listener, std::move(socket), peer);
  } else {
    start<Http1Session>(worker, listener, std::move(socket), peer);
  }
}

void end_session(WorkerContext& worker, ListenerContext& listener, Session& session,
                 Reason reason) {
  listener.counters.connections_active.sub();
  listener.counters.connections_closed[static_cast<std::size_t>(reason)].add();
  listener.shared.active.fetch_sub(1, std::memory_order_acq_rel);
  worker.poller.load().fetch_sub(1, std::memory_order_relaxed);
  base::IntrusiveList<Session>::erase(session);
  worker.poller.retire(std::unique_ptr<reactor::Retirable>(&session));
}

}  // namespace tidegate::gateway::session
