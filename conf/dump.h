// Prints a Config as a complete file: every key, every default, nothing inherited, no secrets.
#pragma once

#include <string>

#include "conf/model.h"

namespace tidegate::conf {

/// YAML that `load_text` reads back to an equal Config (`check --effective`).
std::string dump_yaml(const Config& config);

/// The same tree as JSON (the admin endpoint's /config).
std::string dump_json(const Config& config);

}  // namespace tidegate::conf
