// Reads YAML text into a Tree. The only place that knows yaml-cpp, and that makes up for what its
// scanner lets pass.
#pragma once

#include "conf/report.h"
#include "conf/tree.h"
#include "conf/variables.h"

namespace tidegate::conf {

/// The root of the document, which is a map; null when there is none to work with, and then
/// `report` says why. `source` is one of the report's sources, and went through `check_text`.
const Node* read_yaml(Tree& tree, std::uint32_t source, Report& report, const Lookup& lookup);

}  // namespace tidegate::conf
