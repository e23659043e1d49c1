#include "gateway/telemetry/metrics.h"

#include <prometheus/collectable.h>
#include <prometheus/text_serializer.h>

#include <utility>

#include "gateway/telemetry/families.h"
#include "gateway/telemetry/listener_metrics.h"
#include "gateway/telemetry/process_metrics.h"
#include "gateway/telemetry/upstream_metrics.h"

namespace tidegate::gateway::telemetry {
namespace {

#if defined(__clang__)
constexpr const char* kCompiler = "clang " __clang_version__;
#else
constexpr const char* kCompiler = "gcc " __VERSION__;
#endif

using reactor::PollerStats;

struct PollerRow {
  const char* name;
  const char* help;
  MetricType type;
  Cell PollerStats::*cell;
  double scale;
};

constexpr PollerRow kPollerRows[] = {
    {"tidegate_poller_busy_seconds_total", "Time spent working.", MetricType::Counter,
     &PollerStats::busy_ns, 1e-9},
    {"tidegate_poller_wait_seconds_total", "Time spent waiting for events.", MetricType::Counter,
     &PollerStats::wait_ns, 1e-9},
    {"tidegate_poller_turns_total", "Turns of the event loop.", MetricType::Counter,
     &PollerStats::turns, 1},
    {"tidegate_poller_events_total", "Events the kernel reported.", MetricType::Counter,
     &PollerStats::events, 1},
    {"tidegate_poller_batch_events_max", "The most events one wait has brought.", MetricType::Gauge,
     &PollerStats::largest_batch, 1},
    {"tidegate_poller_wakeups_total", "Waits ended by another thread.", MetricType::Counter,
     &PollerStats::wakeups, 1},
    {"tidegate_poller_timeouts_total", "Timers that fired.", MetricType::Counter,
     &PollerStats::timers, 1},
    {"tidegate_poller_timer_lag_seconds_total",
     "Time from deadline to callback, summed over the timers that fired.", MetricType::Counter,
     &PollerStats::timer_lag_ns, 1e-9},
    {"tidegate_poller_timer_lag_seconds_max", "The latest that a timer has been.",
     MetricType::Gauge, &PollerStats::longest_timer_lag_ns, 1e-9},
    {"tidegate_poller_tasks_total", "Tasks run for other threads.", MetricType::Counter,
     &PollerStats::tasks, 1},
    {"tidegate_poller_registered_fds", "File descriptors being watched now.", MetricType::Gauge,
     &PollerStats::registered, 1},
};

void collect_pollers(const Sources& sources, Families& out) {
  if (sources.pollers.empty()) return;
  for (const PollerRow& row : kPollerRows) {
    auto& family = add_family(out, row.name, row.help, row.type);
    for (const Sources::NamedPoller& each : sources.pollers) {
      const Cell& cell = each.poller->stats().*row.cell;
      add_value(family, {{"poller", each.name}}, static_cast<double>(cell.get()) * row.scale);
    }
  }
  if (sources.stalls) {
    add_value(
        add_family(out, "tidegate_poller_stalls_total",
                   "Callbacks that kept their poller for longer than 250 ms.", MetricType::Counter),
        {}, sources.stalls());
  }
  auto& longest = add_family(out, "tidegate_poller_callback_seconds_max",
                             "The longest a callback has kept its poller.", MetricType::Gauge);
  for (const Sources::NamedPoller& each : sources.pollers) {
    add_value(longest, {{"poller", each.name}},
              static_cast<double>(each.poller->watch().longest_ns()) * 1e-9);
  }
}

void collect_program(const Sources& sources, Families& out) {
  add_value(add_family(out, "tidegate_build_info", "Always 1; the labels say what is running.",
                       MetricType::Gauge),
            {{"version", sources.version}, {"compiler", kCompiler}}, std::uint64_t{1});
  add_value(
      add_family(out, "tidegate_start_time_seconds",
                 "When the gateway began to serve, in seconds since the epoch.", MetricType::Gauge),
      {}, static_cast<double>(sources.started_wall) / 1e9);
  if (sources.accept_pauses) {
    add_value(add_family(out, "tidegate_accept_pauses_total",
                         "Times accepting paused for want of file descriptors or memory.",
                         MetricType::Counter),
              {}, sources.accept_pauses());
  }
  if (sources.log != nullptr) {
    add_value(add_family(out, "tidegate_log_lines_total", "Log lines written, access log included.",
                         MetricType::Counter),
              {}, sources.log->written());
    add_value(add_family(out, "tidegate_log_dropped_total",
                         "Log lines lost: a ring was full or a write failed.", MetricType::Counter),
              {}, sources.log->dropped());
    add_value(add_family(out, "tidegate_log_open_failures_total",
                         "Log files that could not be opened again or under a new date.",
                         MetricType::Counter),
              {}, sources.log->failed_opens());
  }
}

}  // namespace

class Metrics::Collector final : public prometheus::Collectable {
 public:
  explicit Collector(Sources sources)
      : sources_(std::move(sources)),
        listeners_(*sources_.config, sources_.workers),
        upstreams_(*sources_.config, sources_.workers) {}

  [[nodiscard]] Families Collect() const override {
    Families families;
    collect_program(sources_, families);
    listeners_.collect(families);
    upstreams_.collect(families);
    collect_pollers(sources_, families);
    collect_process_metrics(families);
    return families;
  }

 private:
  Sources sources_;
  ListenerMetrics listeners_;
  UpstreamMetrics upstreams_;
};

Metrics::Metrics(Sources sources) : collector_(std::make_unique<Collector>(std::move(sources))) {}
Metrics::~Metrics() = default;

std::string Metrics::render() const {
  return prometheus::TextSerializer().Serialize(collector_->Collect());
}

}  // namespace tidegate::gateway::telemetry
