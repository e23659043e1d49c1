#include "gateway/upstream/cluster.h"

#include <algorithm>

namespace tidegate::gateway::upstream {
namespace {

base::Nanos to_nanos(conf::Millis millis) {
  return millis.count() * base::kMillisecond;
}

std::uint64_t tried_bit(std::size_t index) {
  return index < 64 ? std::uint64_t{1} << index : 0;
}

Reason connect_reason(base::Error error) {
  switch (error.code) {
    case base::Errc::refused:
      return Reason::connect_refused;
    case base::Errc::unreachable:
      return Reason::connect_unreachable;
    case base::Errc::timed_out:
      return Reason::connect_timeout;
    case base::Errc::out_of_fds:
    case base::Errc::out_of_memory:
      return Reason::out_of_resources;
    default:
      return Reason::connect_error;
  }
}

}  // namespace

Cluster::Cluster(reactor::Poller& poller, const conf::Cluster& config, ClusterCapacity& capacity,
                 CapacityMesh& mesh, telemetry::ClusterCounters& counters, Place place)
    : poller_(poller),
      config_(config),
      capacity_(capacity),
      mesh_(mesh),
      counters_(counters),
      place_(place),
      request_timeout_(to_nanos(config.timeouts.request)),
      balancer_(Balancer::make(config.policy, place.worker)),
      candidates_(config.endpoints.size()) {
  for (std::size_t i = 0; i < config.endpoints.size(); ++i) {
    endpoints_.push_back(
        std::make_unique<Endpoint>(config.endpoints[i], i, *counters.endpoints[i]));
  }
}

Cluster::~Cluster() {
  close_idle();
  // Leases are gone by now (sessions end first); a dial nobody waits for does not exist.
  for (const auto& endpoint : endpoints_) TG_CHECK(endpoint->busy.empty());
}

void Cluster::begin(LeaseRequest& request) {
  // Nobody overtakes those who wait.
  const std::optional<std::size_t> chosen = queue_length_ > 0 ? std::nullopt : find_place(request);
  if (chosen) {
    serve(request, *chosen);
  } else {
    enqueue(request);
  }
}

std::optional<std::size_t> Cluster::find_place(const LeaseRequest& request) {
  std::optional<std::size_t> chosen = choose(request);
  if (!chosen && request.kind_ == LeaseKind::fresh) {
    // Our own idle connections may be what fills the limit.
    release_one_idle();
    chosen = choose(request);
  }
  return chosen;
}

void Cluster::serve(LeaseRequest& request, std::size_t chosen) {
  Endpoint& endpoint = *endpoints_[chosen];
  request.endpoint_ = &endpoint;
  if (request.kind_ == LeaseKind::checked) drop_closed(endpoint);
  if (request.kind_ != LeaseKind::fresh && !endpoint.idle.empty()) {
    lease_idle(request, endpoint);
  } else {
    dial(request, endpoint);
  }
}

bool Cluster::survey(const LeaseRequest& request) {
  bool anybody = false;
  const std::uint32_t limit = config_.limits.connections_per_endpoint;
  for (std::size_t i = 0; i < endpoints_.size(); ++i) {
    const Endpoint& endpoint = *endpoints_[i];
    const bool has_idle = request.kind_ != LeaseKind::fresh && !endpoint.idle.empty();
    const bool has_room = limit == 0 || capacity_.open[i].load(std::memory_order_seq_cst) < limit;
    candidates_[i].weight = endpoint.config.weight;
    candidates_[i].active = endpoint.active;
    candidates_[i].usable = endpoint.config.weight > 0 && (has_idle || has_room) &&
                            (request.tried_ & tried_bit(i)) == 0;
    anybody |= candidates_[i].usable;
  }
  return anybody;
}

std::optional<std::size_t> Cluster::choose(const LeaseRequest& request) {
  if (!survey(request)) return std::nullopt;
  return balancer_->pick(candidates_);
}

void Cluster::enqueue(LeaseRequest& request) {
  const bool anybody = std::any_of(endpoints_.begin(), endpoints_.end(), [&](const auto& endpoint) {
    return endpoint->config.weight > 0 && (request.tried_ & tried_bit(endpoint->index)) == 0;
  });
  if (!anybody) {
    refuse(request, Reason::no_endpoint);
    return;
  }
  if (queue_length_ >= config_.limits.queue_size) {
    refuse(request, Reason::queue_full);
    return;
  }
  queue_.push_back(request);
  ++queue_length_;
  counters_.queue_length.add();
  counters_.queued.add();
  request.since_ = poller_.now();
  poller_.arm(request.timer_, to_nanos(config_.limits.queue_timeout));
  capacity_.waiting.fetch_add(1, std::memory_order_seq_cst);
  if (survey(request)) {
    post_serve();  // a place came free while we queued
  } else {
    mesh_.capacity_wanted(place_.worker, place_.cluster);
  }
}

void Cluster::leave_queue(LeaseRequest& request) {
  queue_.erase(request);
  --queue_length_;
  counters_.queue_length.sub();
  request.timer_.cancel();
  capacity_.waiting.fetch_sub(1, std::memory_order_acq_rel);
  const base::Nanos waited = poller_.now() - request.since_;
  request.queue_time_ = std::max<base::Nanos>(request.queue_time_, 0) + waited;
  counters_.queue_wait.observe(waited);
}

void Cluster::refuse(LeaseRequest& request, Reason reason) {
  counters_.refused[static_cast<std::size_t>(reason)].add();
  request.cluster_ = nullptr;
  request.observer_.on_lease_failed({reason, Side::gateway, Retry::always, 0});
}

void Cluster::queue_timed_out(LeaseRequest& request) {
  leave_queue(request);
  refuse(request, Reason::queue_timeout);
}

void Cluster::serve_queue() {
  serve_posted_ = false;
  // Each round takes one out of the queue, and `serve` may put it back only at the end of a queue
  // nobody can be served from.
  for (std::uint32_t rounds = queue_length_; rounds > 0 && !queue_.empty(); --rounds) {
    LeaseRequest& first = *queue_.front();
    const std::optional<std::size_t> chosen = find_place(first);
    if (!chosen) return;
    leave_queue(first);
    serve(first, *chosen);
  }
}

void Cluster::drop_closed(Endpoint& endpoint) {
  while (UpstreamConn* last = endpoint.idle.back()) {
    if (last->stream_.is_quiet()) return;
    idle_ended(*last, Reason::none);
  }
}

void Cluster::lease_idle(LeaseRequest& request, Endpoint& endpoint) {
  UpstreamConn& conn = *endpoint.idle.back();
  leave_idle(conn);
  endpoint.busy.push_back(conn);
  ++endpoint.active;
  endpoint.counters.reuses.add();
  ++request.tries_;
  grant(request, conn);
}

void Cluster::leave_idle(UpstreamConn& conn) {
  Endpoint& endpoint = conn.endpoint_;
  base::IntrusiveList<UpstreamConn>::erase(conn);
  conn.idle_ = false;
  conn.idle_timer_.cancel();
  --endpoint.idle_count;
  endpoint.counters.connections_idle.sub();
}

void Cluster::dial(LeaseRequest& request, Endpoint& endpoint) {
  if (!capacity_.take(endpoint.index, config_.limits.connections_per_endpoint)) {
    // Another worker took the last place since `choose` looked.
    enqueue(request);
    return;
  }
  ++request.tries_;
  request.tried_ |= tried_bit(endpoint.index);
  auto* conn = std::make_unique<UpstreamConn>(*this, endpoint).release();
  endpoint.busy.push_back(*conn);
  ++endpoint.active;
  endpoint.counters.connects.add();
  endpoint.counters.connections_active.add();
  conn->waiter_ = &request;
  request.dialling_ = conn;
  request.since_ = poller_.now();
  conn->dial(to_nanos(config_.timeouts.connect));
}

void Cluster::dialled(UpstreamConn& conn) {
  LeaseRequest& request = *std::exchange(conn.waiter_, nullptr);
  request.dialling_ = nullptr;
  request.connect_time_ = poller_.now() - request.since_;
  counters_.connect.observe(request.connect_time_);
  grant(request, conn);
}

void Cluster::dial_failed(UpstreamConn& conn, base::Error why) {
  const Reason reason = connect_reason(why);
  LeaseRequest& request = *std::exchange(conn.waiter_, nullptr);
  request.dialling_ = nullptr;
  request.connect_time_ = poller_.now() - request.since_;
  conn.endpoint_.counters.connect_failures[static_cast<std::size_t>(reason)].add();
  remove(conn);
  // Want of fds is ours, not the endpoint's: another one would fail alike.
  if (reason != Reason::out_of_resources && request.tries_ < LeaseRequest::kMaxTries) {
    if (const std::optional<std::size_t> chosen = choose(request)) {
      counters_.retries.add();
      serve(request, *chosen);
      return;
    }
  }
  request.cluster_ = nullptr;
  request.observer_.on_lease_failed({reason, side(reason), Retry::always, why.os_errno});
}

void Cluster::grant(LeaseRequest& request, UpstreamConn& conn) {
  ++conn.uses_;
  Endpoint& endpoint = conn.endpoint_;
  endpoint.counters.requests.add();
  endpoint.counters.requests_active.add();
  request.cluster_ = nullptr;
  request.observer_.on_lease(Lease(conn));
}

void Cluster::abandon(LeaseRequest& request) {
  if (UpstreamConn* conn = std::exchange(request.dialling_, nullptr)) {
    conn->waiter_ = nullptr;
    remove(*conn);
  } else if (request.linked()) {
    leave_queue(request);
  }
  request.cluster_ = nullptr;
}

void Cluster::give_back(UpstreamConn& conn) {
  Endpoint& endpoint = conn.endpoint_;
  endpoint.counters.requests_active.sub();
  const bool others_wait = config_.limits.connections_per_endpoint != 0 &&
                           capacity_.waiting.load(std::memory_order_acquire) > queue_length_;
  if (config_.idle_connections == 0 || (others_wait && queue_length_ == 0)) {
    remove(conn);
    return;
  }
  if (endpoint.idle_count >= config_.idle_connections) {
    idle_ended(*endpoint.idle.front(), Reason::none);
  }
  base::IntrusiveList<UpstreamConn>::erase(conn);
  endpoint.idle.push_back(conn);
  --endpoint.active;
  ++endpoint.idle_count;
  endpoint.counters.connections_idle.add();
  count_bytes(conn);
  conn.idle_ = true;
  conn.stream_.set_observer(conn);
  poller_.arm(conn.idle_timer_, to_nanos(config_.timeouts.upstream_idle));
  if (queue_length_ > 0) note_freed();
}

void Cluster::idle_ended(UpstreamConn& conn, Reason reason) {
  if (reason != Reason::none) {
    conn.endpoint_.counters.failures[static_cast<std::size_t>(reason)].add();
  }
  leave_idle(conn);
  conn.endpoint_.busy.push_back(conn);  // `remove` takes it from there
  ++conn.endpoint_.active;
  remove(conn);
}

void Cluster::remove(UpstreamConn& conn) {
  Endpoint& endpoint = conn.endpoint_;
  base::IntrusiveList<UpstreamConn>::erase(conn);
  --endpoint.active;
  endpoint.counters.connections_active.sub();
  count_bytes(conn);
  conn.idle_timer_.cancel();
  conn.dial_.reset();
  conn.stream_.close();
  capacity_.give_back(endpoint.index);
  poller_.retire(std::unique_ptr<reactor::Retirable>(&conn));
  note_freed();
}

void Cluster::count_bytes(UpstreamConn& conn) {
  telemetry::EndpointCounters& counters = conn.endpoint_.counters;
  counters.bytes_in.add(conn.stream_.take_bytes_read());
  counters.bytes_out.add(conn.stream_.take_bytes_written());
}

void Cluster::note_freed() {
  if (config_.limits.connections_per_endpoint == 0) return;
  if (queue_length_ > 0) post_serve();
  if (capacity_.waiting.load(std::memory_order_seq_cst) > queue_length_) {
    mesh_.capacity_freed(place_.worker, place_.cluster);
  }
}

void Cluster::post_serve() {
  if (serve_posted_) return;
  serve_posted_ = true;
  poller_.post([this] { serve_queue(); });
}

void Cluster::release_one_idle() {
  for (const auto& endpoint : endpoints_) {
    if (UpstreamConn* oldest = endpoint->idle.front()) {
      idle_ended(*oldest, Reason::none);
      return;
    }
  }
}

void Cluster::close_idle() {
  for (const auto& endpoint : endpoints_) {
    while (UpstreamConn* conn = endpoint->idle.front()) idle_ended(*conn, Reason::none);
  }
}

}  // namespace tidegate::gateway::upstream
