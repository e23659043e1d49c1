// The version, from the build.
#pragma once

#include <string_view>

namespace tidegate::gateway::server {

/// e.g. "0.1.0".
std::string_view version();

}  // namespace tidegate::gateway::server
