#include "gateway/telemetry/listener_metrics.h"

namespace tidegate::gateway::telemetry {
namespace {

using C = ListenerCounters;
using R = Reason;

constexpr CellRow<C> kConnectionRows[] = {
    {"tidegate_connections_total", "Client connections accepted.", MetricType::Counter,
     &C::connections},
    {"tidegate_connections_active", "Client connections open now.", MetricType::Gauge,
     &C::connections_active},
    {"tidegate_received_bytes_total", "Bytes received from clients, framing included.",
     MetricType::Counter, &C::bytes_in},
    {"tidegate_sent_bytes_total", "Bytes sent to clients, framing included.", MetricType::Counter,
     &C::bytes_out},
};

constexpr CellRow<C> kRequestRows[] = {
    {"tidegate_requests_active", "Requests being served now.", MetricType::Gauge,
     &C::requests_active},
};

constexpr ReasonSet kConnectionEnds =
    reason_set({R::none, R::client_closed, R::client_reset, R::client_stalled, R::listener_limit,
                R::draining, R::out_of_resources, R::idle_timeout});

constexpr ReasonSet kSessionFailures = reason_set(
    {R::client_closed, R::client_reset, R::client_stalled, R::queue_full, R::queue_timeout,
     R::no_endpoint, R::draining, R::out_of_resources, R::connect_refused, R::connect_unreachable,
     R::connect_timeout, R::connect_error, R::upstream_reset, R::upstream_closed, R::idle_timeout});

constexpr ReasonSet kAllReasons = (ReasonSet{1} << kReasonCount) - 1;
constexpr ReasonSet kRequestFailures =
    kAllReasons & ~reason_set({R::none, R::listener_limit, R::idle_timeout});

constexpr ReasonRow<C> kClosed = {"tidegate_connections_closed_total",
                                  "Client connections that ended, by reason.",
                                  &C::connections_closed, kConnectionEnds};
constexpr ReasonRow<C> kFailedRequests = {
    "tidegate_request_failures_total", "Requests that did not end well, by reason and whose doing.",
    &C::failures, kRequestFailures, true};
constexpr ReasonRow<C> kFailedSessions = {
    "tidegate_session_failures_total",
    "TCP sessions that did not end well, by reason and whose doing.", &C::failures,
    kSessionFailures, true};

constexpr HistogramRow<C> kRequestDuration[] = {
    {"tidegate_request_duration_seconds", "From the end of a request's head to its last byte sent.",
     &C::duration}};
constexpr HistogramRow<C> kSessionDuration[] = {
    {"tidegate_session_duration_seconds", "How long TCP sessions lasted.", &C::duration}};

}  // namespace

ListenerMetrics::ListenerMetrics(const conf::Config& config,
                                 const std::vector<const WorkerCounters*>& workers) {
  for (std::size_t i = 0; i < config.listeners.size(); ++i) {
    const conf::Listener& listener = config.listeners[i];
    Subject<ListenerCounters> subject{{{"listener", listener.name}}, {}};
    for (const WorkerCounters* worker : workers) {
      subject.parts.push_back(worker->listeners[i].get());
    }
    (listener.protocol == conf::Protocol::http ? http_ : tcp_).push_back(subject);
    all_.push_back(std::move(subject));
  }
}

void ListenerMetrics::collect(Families& out) const {
  add_cells<C>(out, kConnectionRows, all_);
  add_reasons(out, kClosed, all_);
  collect_responses(out);
  add_cells<C>(out, kRequestRows, http_);
  add_reasons(out, kFailedRequests, http_);
  add_histograms<C>(out, kRequestDuration, http_);
  add_reasons(out, kFailedSessions, tcp_);
  add_histograms<C>(out, kSessionDuration, tcp_);
}

void ListenerMetrics::collect_responses(Families& out) const {
  if (http_.empty()) return;
  constexpr std::array<const char*, 6> kClasses = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};
  auto& family =
      add_family(out, "tidegate_requests_total",
                 "Requests that ended, by the class of the status sent.", MetricType::Counter);
  for (const auto& subject : http_) {
    for (std::size_t i = 0; i < kClasses.size(); ++i) {
      std::uint64_t sum = 0;
      for (const ListenerCounters* part : subject.parts) sum += part->responses[i].get();
      Labels labels = subject.labels;
      labels.push_back({"code", kClasses[i]});
      add_value(family, std::move(labels), sum);
    }
  }
}

}  // namespace tidegate::gateway::telemetry
