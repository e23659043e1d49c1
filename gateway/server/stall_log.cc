#include "gateway/server/stall_log.h"

namespace tidegate::gateway::server {

void StallLog::watch(const reactor::Poller& poller, std::string name) {
  names_.emplace_back(&poller, std::move(name));
  detector_.add(poller);
}

std::string_view StallLog::name_of(const reactor::Poller* poller) const {
  for (const auto& [known, name] : names_) {
    if (known == poller) return name;
  }
  return "";
}

void StallLog::on_stall(const reactor::Stall& stall) {
  log_.warn("poller_stalled", {{"poller", name_of(stall.poller)},
                               {"callback", stall.what},
                               {"for_ms", stall.lasted / base::kMillisecond}});
}

void StallLog::on_stall_end(const reactor::Stall& stall) {
  log_.warn("poller_goes_on", {{"poller", name_of(stall.poller)},
                               {"callback", stall.what},
                               {"after_ms", stall.lasted / base::kMillisecond}});
}

}  // namespace tidegate::gateway::server
