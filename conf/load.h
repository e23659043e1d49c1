// Reads, checks and merges a configuration; the only way to get a Config.
//
// Every problem is found in one pass and reported together; nothing is returned unless the whole
// file is right. Thread: any; no globals.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "conf/model.h"
#include "conf/problem.h"

namespace tidegate::conf {

struct Loaded {
  std::shared_ptr<const Config> config;  // null when there is a problem that is an error
  std::vector<Problem> problems;         // errors and warnings in file order
};

/// Reads a file, or every *.yaml of a directory merged by object name. Never throws.
Loaded load_file(const std::string& path);

/// Reads text; `source` is the name that problems carry, e.g. "<default>".
Loaded load_text(std::string_view text, std::string_view source);

/// What `tidegate run` without `-c` uses: 127.0.0.1:8080 in front of the demo origin, admin on
/// 127.0.0.1:9901.
std::string_view default_config();

}  // namespace tidegate::conf
