// Builds prometheus metric families out of what the workers counted.
//
// A subject is one thing with labels (a listener, a cluster, an endpoint) and its counters, one
// block a worker; a row says which number of the block becomes which family.
#pragma once

#include <prometheus/metric_family.h>

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include "gateway/failure.h"
#include "gateway/telemetry/counters.h"

namespace tidegate::gateway::telemetry {

using prometheus::MetricType;
using Families = std::vector<prometheus::MetricFamily>;
using Labels = std::vector<prometheus::ClientMetric::Label>;

template <typename Counters>
struct Subject {
  Labels labels;
  std::vector<const Counters*> parts;
};

using ReasonSet = std::uint64_t;
static_assert(kReasonCount <= 64);

constexpr ReasonSet reason_set(std::initializer_list<Reason> reasons) {
  ReasonSet set = 0;
  for (const Reason reason : reasons) set |= ReasonSet{1} << static_cast<unsigned>(reason);
  return set;
}

// Help texts hold no newline and no backslash: the serializer does not escape them.
template <typename Counters>
struct CellRow {
  const char* name;
  const char* help;
  MetricType type;
  Cell Counters::*cell;
};

template <typename Counters>
struct ReasonRow {
  const char* name;
  const char* help;
  std::array<Cell, kReasonCount> Counters::*cells;
  ReasonSet
      expected;  // shown from the start, so that rate() sees the first one; others once counted
  bool with_side = false;
};

template <typename Counters>
struct HistogramRow {
  const char* name;
  const char* help;
  Histogram Counters::*histogram;
};

/// Opens a family at the end of `out`.
prometheus::MetricFamily& add_family(Families& out, const char* name, const char* help,
                                     MetricType type);

/// Requires: a counter or gauge family.
void add_value(prometheus::MetricFamily& family, Labels labels, double value);
void add_value(prometheus::MetricFamily& family, Labels labels, std::uint64_t value);

/// The sum of `parts`, in seconds.
void add_histogram(prometheus::MetricFamily& family, Labels labels,
                   std::span<const Histogram* const> parts);

/// `labels` with `reason`, and `side` when wanted.
Labels with_reason(Labels labels, Reason reason, bool with_side);

template <typename Counters>
void add_cells(Families& out, std::span<const CellRow<Counters>> rows,
               const std::vector<Subject<Counters>>& subjects) {
  if (subjects.empty()) return;
  for (const auto& row : rows) {
    auto& family = add_family(out, row.name, row.help, row.type);
    for (const auto& subject : subjects) {
      std::uint64_t sum = 0;
      for (const Counters* part : subject.parts) sum += (part->*row.cell).get();
      add_value(family, subject.labels, sum);
    }
  }
}

template <typename Counters>
void add_reasons(Families& out, const ReasonRow<Counters>& row,
                 const std::vector<Subject<Counters>>& subjects) {
  if (subjects.empty()) return;
  auto& family = add_family(out, row.name, row.help, MetricType::Counter);
  for (const auto& subject : subjects) {
    for (std::size_t i = 0; i < kReasonCount; ++i) {
      std::uint64_t sum = 0;
      for (const Counters* part : subject.parts) sum += (part->*row.cells)[i].get();
      if (sum == 0 && (row.expected >> i & 1U) == 0) continue;
      add_value(family, with_reason(subject.labels, static_cast<Reason>(i), row.with_side), sum);
    }
  }
}

template <typename Counters>
void add_histograms(Families& out, std::span<const HistogramRow<Counters>> rows,
                    const std::vector<Subject<Counters>>& subjects) {
  if (subjects.empty()) return;
  for (const auto& row : rows) {
    auto& family = add_family(out, row.name, row.help, MetricType::Histogram);
    for (const auto& subject : subjects) {
      std::vector<const Histogram*> parts;
      for (const Counters* part : subject.parts) parts.push_back(&(part->*row.histogram));
      add_histogram(family, subject.labels, parts);
    }
  }
}

}  // namespace tidegate::gateway::telemetry
