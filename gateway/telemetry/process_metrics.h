// What the kernel knows about this process, under the names every Prometheus client uses.
#pragma once

#include "gateway/telemetry/families.h"

namespace tidegate::gateway::telemetry {

/// Reads /proc; a number that cannot be had is left out. Thread: any.
void collect_process_metrics(Families& out);

}  // namespace tidegate::gateway::telemetry
