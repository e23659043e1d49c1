#include "gateway/server/version.h"

namespace tidegate::gateway::server {

std::string_view version() {
  return TIDEGATE_VERSION;
}

}  // namespace tidegate::gateway::server
