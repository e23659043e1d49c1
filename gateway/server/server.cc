#include "gateway/server/server.h"

#include "gateway/server/version.h"

namespace tidegate::gateway::server {
namespace {

constexpr base::Nanos kCheckEvery = 10 * base::kMillisecond;

// How long cut sessions may take to be gone.
constexpr base::Nanos kDropTime = base::kSecond;

base::Nanos to_nanos(conf::Millis millis) {
  return millis.count() * base::kMillisecond;
}

bool dedicated(const conf::Workers& workers) {
  return workers.accept.value_or(workers.count > 1
                                     ? conf::AcceptMode::dedicated
                                     : conf::AcceptMode::per_worker) == conf::AcceptMode::dedicated;
}

}  // namespace

Server::Server(reactor::Poller& poller, std::shared_ptr<const conf::Config> config,
               base::LogWriter& log_writer, const base::Log& log, ServerObserver& observer)
    : poller_(poller),
      config_(std::move(config)),
      log_writer_(log_writer),
      log_(log),
      observer_(observer),
      worker_group_({"worker", config_->workers.count, config_->workers.pin}),
      acceptor_group_(
          {"acceptor", dedicated(config_->workers) ? config_->workers.acceptors : 0, false}),
      stall_log_(log_),
      phase_timer_(*this),
      check_timer_(*this) {}

Server::~Server() {
  acceptor_group_.stop();
  acceptor_group_.join();
  worker_group_.stop();
  worker_group_.join();
  // A batch on its way names its accept point.
  for (const auto& worker : workers_) worker->poller().discard_tasks();
  accept_points_.clear();
  // All are cut before any is gone: who lets go of a connection tells the others.
  for (const auto& worker : workers_) worker->cut();
  workers_.clear();
}

bool Server::per_worker() const {
  return acceptor_group_.size() == 0;
}

base::Result<bool> Server::open(std::string& complaint) {
  if (!open_listener_logs(complaint)) return base::Error{base::Errc::os, 0};
  for (reactor::PollerGroup* group : {&worker_group_, &acceptor_group_}) {
    if (auto opened = group->open(); !opened) {
      complaint = "cannot make a poller: " + opened.error().describe();
      return opened.error();
    }
  }
  make_workers();
  if (!open_addresses(complaint)) return base::Error{base::Errc::os, 0};
  make_view();
  return true;
}

bool Server::open_listener_logs(std::string& complaint) {
  for (const conf::Listener& listener : config_->listeners) {
    auto to = log_writer_.open_destination(listener.access_log.path);
    if (!to) {
      complaint = "listener " + listener.name + ": cannot open access log " +
                  listener.access_log.path + ": " + to.error().describe();
      return false;
    }
    listeners_.push_back(std::make_unique<session::ListenerShared>(
        listener, telemetry::AccessLog(log_writer_, *to, listener.access_log)));
  }
  return true;
}

void Server::make_workers() {
  for (const conf::Cluster& cluster : config_->clusters) {
    capacities_.push_back(std::make_unique<upstream::ClusterCapacity>(cluster.endpoints.size()));
  }
  const Worker::Shared shared{*config_, listeners_, capacities_, *this};
  for (std::size_t i = 0; i < worker_group_.size(); ++i) {
    workers_.push_back(std::make_unique<Worker>(worker_group_[i], i, shared));
  }
}

bool Server::open_addresses(std::string& complaint) {
  for (std::size_t i = 0; i < config_->listeners.size(); ++i) {
    view_.bound.emplace_back();
    for (const base::Address& address : config_->listeners[i].addresses) {
      if (!open_address(i, address, complaint)) return false;
    }
  }
  accept_points_open_ = accept_points_.size();
  return true;
}

bool Server::open_address(std::size_t listener, const base::Address& address,
                          std::string& complaint) {
  const conf::Listener& config = config_->listeners[listener];
  reactor::ListenOptions options;
  options.backlog = static_cast<int>(config.backlog);
  options.ipv6_only = config.ipv6_only;
  options.unix_mode = config.unix_mode;
  // A unix path cannot be shared: worker 0 accepts for all.
  const bool shared_port = per_worker() && address.is_ip();
  options.reuse_port = shared_port && workers_.size() > 1;
  base::Address at = address;
  const std::size_t count = shared_port ? workers_.size() : 1;
  for (std::size_t i = 0; i < count; ++i) {
    std::vector<Worker*> targets;
    for (const auto& worker : workers_) {
      if (!shared_port || worker == workers_[i]) targets.push_back(worker.get());
    }
    reactor::Poller& poller = per_worker()
                                  ? worker_group_[i]
                                  : acceptor_group_[accept_points_.size() % acceptor_group_.size()];
    auto point = std::make_unique<AcceptPoint>(poller, listener, std::move(targets));
    if (auto opened = point->open(at, options); !opened) {
      complaint = "listener " + config.name + ": cannot listen on " + address.to_string() + ": " +
                  opened.error().describe();
      return false;
    }
    at = point->local_address();  // the real port, when 0 was asked for
    accept_points_.push_back(std::move(point));
  }
  view_.bound[listener].push_back(at.to_string());
  log_.info("listening", {{"listener", config.name}, {"address", at.to_string()}});
  return true;
}

void Server::make_view() {
  view_.config = config_;
  view_.phase = &phase_;
  view_.version = version();
  view_.started_wall = base::wall_now();
  telemetry::Sources sources;
  sources.config = config_;
  for (const auto& worker : workers_) {
    view_.workers.push_back(&worker->counters());
    sources.workers.push_back(&worker->counters());
  }
  for (std::size_t i = 0; i < worker_group_.size(); ++i) {
    sources.pollers.push_back({"worker-" + std::to_string(i), &worker_group_[i]});
  }
  for (std::size_t i = 0; i < acceptor_group_.size(); ++i) {
    sources.pollers.push_back({"acceptor-" + std::to_string(i), &acceptor_group_[i]});
  }
  for (const auto& each : sources.pollers) stall_log_.watch(*each.poller, each.name);
  sources.stalls = [this] { return stall_log_.stalls(); };
  sources.accept_pauses = [this] {
    std::uint64_t pauses = 0;
    for (const auto& point : accept_points_) pauses += point->pauses();
    return pauses;
  };
  sources.log = &log_writer_;
  sources.version = view_.version;
  sources.started_wall = view_.started_wall;
  metrics_ = std::make_unique<telemetry::Metrics>(std::move(sources));
  view_.metrics = metrics_.get();
}

base::Status Server::start() {
  if (auto started = worker_group_.start(); !started) return started;
  if (auto started = acceptor_group_.start(); !started) return started;
  return stall_log_.start();
}

void Server::drain() {
  advance(DrainEvent::asked_to_stop);
}

void Server::advance(DrainEvent event) {
  const DrainPhase before = phase_.load(std::memory_order_relaxed);
  const DrainPhase after = next(before, event);
  if (after != before) enter(after);
}

void Server::enter(DrainPhase phase) {
  phase_.store(phase, std::memory_order_release);
  log_.info("drain", {{"phase", name(phase)}, {"connections", live()}});
  switch (phase) {
    case DrainPhase::serving:
      break;
    case DrainPhase::announced:
      poller_.arm(phase_timer_, to_nanos(config_->drain.lame_duck));
      break;
    case DrainPhase::closing_idle:
      close_accept_points();
      for (const auto& worker : workers_) {
        worker->poller().post([w = worker.get()] { w->drain(); });
      }
      poller_.arm(phase_timer_, to_nanos(config_->drain.deadline));
      poller_.arm(check_timer_, kCheckEvery);
      break;
    case DrainPhase::dropping:
      for (const auto& worker : workers_) {
        worker->poller().post([w = worker.get()] { w->cut(); });
      }
      poller_.arm(phase_timer_, kDropTime);
      break;
    case DrainPhase::stopped:
      phase_timer_.cancel();
      check_timer_.cancel();
      observer_.on_server_stopped();
      break;
  }
}

void Server::close_accept_points() {
  for (const auto& point : accept_points_) {
    point->poller().post([this, p = point.get()] {
      p->close();
      // Counted on our own thread: what it accepted last is in `live` by then.
      poller_.post([this] { --accept_points_open_; });
    });
  }
}

std::uint32_t Server::live() const {
  std::uint32_t total = 0;
  for (const auto& worker : workers_) total += worker->live().load(std::memory_order_relaxed);
  return total;
}

void Server::on_timeout(reactor::Timer& timer) {
  if (&timer == &check_timer_) {
    poller_.arm(check_timer_, kCheckEvery);
    if (accept_points_open_ == 0 && live() == 0) advance(DrainEvent::all_gone);
    return;
  }
  const bool announced = phase_.load(std::memory_order_relaxed) == DrainPhase::announced;
  advance(announced ? DrainEvent::lame_duck_over : DrainEvent::deadline);
}

void Server::capacity_wanted(std::size_t from, std::size_t cluster) {
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    if (i == from) continue;
    Worker* worker = workers_[i].get();
    worker->poller().post([worker, cluster] { worker->cluster(cluster).release_one_idle(); });
  }
}

void Server::capacity_freed(std::size_t from, std::size_t cluster) {
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    if (i == from) continue;
    Worker* worker = workers_[i].get();
    worker->poller().post([worker, cluster] { worker->cluster(cluster).serve_queue(); });
  }
}

}  // namespace tidegate::gateway::server
