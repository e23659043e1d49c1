#include "gateway/telemetry/families.h"

#include "gateway/telemetry/reason_label.h"

namespace tidegate::gateway::telemetry {

prometheus::MetricFamily& add_family(Families& out, const char* name, const char* help,
                                     MetricType type) {
  return out.emplace_back(prometheus::MetricFamily{name, help, type, {}});
}

void add_value(prometheus::MetricFamily& family, Labels labels, double value) {
  prometheus::ClientMetric& metric = family.metric.emplace_back();
  metric.label = std::move(labels);
  if (family.type == MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
}

void add_value(prometheus::MetricFamily& family, Labels labels, std::uint64_t value) {
  add_value(family, std::move(labels), static_cast<double>(value));
}

void add_histogram(prometheus::MetricFamily& family, Labels labels,
                   std::span<const Histogram* const> parts) {
  prometheus::ClientMetric& metric = family.metric.emplace_back();
  metric.label = std::move(labels);
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < Histogram::kBuckets; ++i) {
    for (const Histogram* part : parts) count += part->bucket(i);
    if (i == Histogram::kBoundsUs.size()) break;  // the serializer adds +Inf by itself
    metric.histogram.bucket.push_back({count, Histogram::kBoundsUs[i] / 1e6});
  }
  std::uint64_t sum_us = 0;
  for (const Histogram* part : parts) sum_us += part->sum_us();
  metric.histogram.sample_count = count;
  metric.histogram.sample_sum = static_cast<double>(sum_us) / 1e6;
}

Labels with_reason(Labels labels, Reason reason, bool with_side) {
  labels.push_back({"reason", std::string(reason_label(reason))});
  if (with_side) labels.push_back({"side", std::string(name(side(reason)))});
  return labels;
}

}  // namespace tidegate::gateway::telemetry
