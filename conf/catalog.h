// Walks the table of keys as a whole, for what describes it.
#pragma once

#include <vector>

#include "conf/keys.h"

namespace tidegate::conf {

/// Every section once, in the order in which the file's keys lead to them; `kRoot` first.
std::vector<const SectionInfo*> all_sections();

}  // namespace tidegate::conf
