// What the access log and the metrics call the way something ended: a Reason's name, and "ok" where
// nothing went wrong.
#pragma once

#include <string_view>

#include "gateway/failure.h"

namespace tidegate::gateway::telemetry {

inline std::string_view reason_label(Reason reason) {
  return reason == Reason::none ? "ok" : name(reason);
}

}  // namespace tidegate::gateway::telemetry
