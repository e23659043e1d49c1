// Sums over the workers' counters, as JSON values.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "admin/json.h"
#include "gateway/failure.h"
#include "gateway/telemetry/counters.h"
#include "gateway/telemetry/reason_label.h"

namespace tidegate::admin {

template <typename Counters>
using Parts = std::vector<const Counters*>;  // the blocks of one object, one a worker

template <typename Counters>
std::uint64_t sum(const Parts<Counters>& parts, base::Cell Counters::*cell) {
  std::uint64_t total = 0;
  for (const Counters* part : parts) total += (part->*cell).get();
  return total;
}

/// One element of an array of cells.
template <typename Counters, std::size_t N>
std::uint64_t sum(const Parts<Counters>& parts, std::array<base::Cell, N> Counters::*cells,
                  std::size_t i) {
  std::uint64_t total = 0;
  for (const Counters* part : parts) total += (part->*cells)[i].get();
  return total;
}

/// {"connect_refused": 3}: the reasons that were counted.
template <typename Counters>
Json by_reason(const Parts<Counters>& parts,
               std::array<base::Cell, gateway::kReasonCount> Counters::*cells) {
  Json counted = Json::object();
  for (std::size_t i = 0; i < gateway::kReasonCount; ++i) {
    const std::uint64_t total = sum(parts, cells, i);
    const auto reason = static_cast<gateway::Reason>(i);
    if (total > 0) counted[std::string(gateway::telemetry::reason_label(reason))] = total;
  }
  return counted;
}

}  // namespace tidegate::admin
