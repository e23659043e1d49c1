// Fills in what the machine decides.
#pragma once

#include <cstdint>

#include "conf/model.h"

namespace tidegate::conf {

/// Cores this process may run on (sched_getaffinity), 1 to 256.
std::uint32_t usable_cores();

/// `workers.count: auto` becomes `cores`, and an unset `workers.accept` what fits the count.
void resolve(Config& config, std::uint32_t cores);

}  // namespace tidegate::conf
