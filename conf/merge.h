// Joins the files of a directory into one map of top-level keys.
#pragma once

#include <vector>

#include "conf/report.h"
#include "conf/tree.h"

namespace tidegate::conf {

/// Lists of objects are joined in the order of `roots`; any other key may be in one file only,
/// but for `version`, which each may repeat. `mark` is of the directory.
const Node* merge(Tree& tree, const std::vector<const Node*>& roots, const Mark& mark,
                  Report& report);

}  // namespace tidegate::conf
