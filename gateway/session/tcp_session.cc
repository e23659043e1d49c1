#include "gateway/session/tcp_session.h"

namespace tidegate::gateway::session {

TcpSession::TcpSession(WorkerContext& worker, ListenerContext& listener,
                       const base::PeerAddress& peer)
    : worker_(worker),
      listener_(listener),
      client_side_(*this, true),
      upstream_side_(*this, false),
      client_(worker.poller, client_side_),
      request_(*this),
      idle_(*this),
      peer_(peer),
      started_(worker.now()) {}

TcpSession::~TcpSession() = default;

base::Status TcpSession::open(reactor::Socket socket) {
  client_.hold(reactor::ReadHold::setup);
  if (auto opened = client_.open(std::move(socket)); !opened) return opened;
  listener_.counters.requests.add();
  listener_.counters.requests_active.add();
  // Asked for from the poller, once the session is in its list: a refusal ends it.
  worker_.poller.arm(idle_, 0);
  return {};
}

void TcpSession::on_timeout(reactor::Timer& /*timer*/) {
  if (lease_.held()) {
    end(Reason::idle_timeout);
  } else {
    request_.start(*worker_.clusters[*listener_.shared.config.cluster], upstream::LeaseKind::fresh);
  }
}

void TcpSession::on_lease(upstream::Lease lease) {
  lease_ = std::move(lease);
  lease_.stream().set_observer(upstream_side_);
  touch();
  client_.lift(reactor::ReadHold::setup);
}

void TcpSession::on_lease_failed(Failure failure) {
  end(failure.reason);
}

reactor::Stream* TcpSession::stream(bool client) {
  if (client) return &client_;
  return lease_.held() ? &lease_.stream() : nullptr;
}

void TcpSession::touch() {
  worker_.poller.arm(idle_, listener_.shared.timeouts.idle);
}

std::size_t TcpSession::Side::on_data(std::string_view bytes) {
  reactor::Stream& to = *session_.stream(!is_client_);
  (is_client_ ? session_.bytes_in_ : session_.bytes_out_) += bytes.size();
  telemetry::ListenerCounters& counters = session_.listener_.counters;
  (is_client_ ? counters.bytes_in : counters.bytes_out).add(bytes.size());
  to.write(bytes);
  if (to.above_high_mark()) {
    session_.stream(is_client_)->hold(reactor::ReadHold::backpressure);
  }
  session_.touch();
  return bytes.size();
}

void TcpSession::Side::on_eof() {
  ended = true;
  session_.stream(!is_client_)->shutdown_write();
  session_.touch();
  session_.finish_if_over();
}

void TcpSession::Side::on_write_drained() {
  session_.touch();
  if (reactor::Stream* other = session_.stream(!is_client_)) {
    other->lift(reactor::ReadHold::backpressure);
  }
  session_.finish_if_over();
}

void TcpSession::Side::on_peer_gone(bool reset) {
  // While connecting nothing of a client that reset is worth passing on. Later its bytes still are.
  if (reset && is_client_ && !session_.lease_.held()) session_.end(Reason::client_reset);
}

void TcpSession::Side::on_close(base::Error why) {
  const bool timed_out = why.code == base::Errc::timed_out;
  if (is_client_) {
    session_.end(timed_out ? Reason::client_stalled : Reason::client_reset);
  } else {
    session_.end(timed_out ? Reason::upstream_stalled : Reason::upstream_reset);
  }
}

void TcpSession::finish_if_over() {
  if (client_side_.ended && upstream_side_.ended && client_.unsent() == 0 &&
      lease_.stream().unsent() == 0) {
    end(Reason::none);
  }
}

void TcpSession::end(Reason reason) {
  if (closed_) return;
  closed_ = true;
  idle_.cancel();
  request_.cancel();
  record(reason);
  // Bytes may be missing: that must not look like an orderly end.
  const bool orderly = !lease_.held() || reason == Reason::none || reason == Reason::idle_timeout;
  if (lease_.held() && gateway::side(reason) == gateway::Side::upstream) {
    lease_.endpoint().counters.failures[static_cast<std::size_t>(reason)].add();
  }
  lease_.discard(!orderly);
  if (orderly) {
    client_.close();
  } else {
    client_.abort();
  }
  end_session(worker_, listener_, *this, reason);
}

void TcpSession::record(Reason reason) {
  telemetry::ListenerCounters& counters = listener_.counters;
  counters.requests_active.sub();
  if (reason != Reason::none) counters.failures[static_cast<std::size_t>(reason)].add();
  const base::Nanos total = worker_.now() - started_;
  counters.duration.observe(total);
  const telemetry::AccessLog& log = listener_.shared.log;
  if (!log.wants(reason, worker_.random.next())) return;
  char client[base::PeerAddress::kTextSize];
  telemetry::AccessRecord record;
  record.listener = listener_.shared.config.name;
  record.client = {client, peer_.write(client)};
  record.protocol = "tcp";
  record.cluster = worker_.clusters[*listener_.shared.config.cluster]->config().name;
  if (request_.endpoint() != nullptr) record.endpoint = request_.endpoint()->text;
  record.reason = reason;
  record.tries = request_.tries();
  record.bytes_in = bytes_in_;
  record.bytes_out = bytes_out_;
  record.queue = request_.queue_time();
  record.connect = request_.connect_time();
  record.total = total;
  log.write(record, worker_.clock.wall(worker_.now()));
}

}  // namespace tidegate::gateway::session
