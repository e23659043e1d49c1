// Three questions of an orchestrator: is it alive, may it get traffic, and how is it.
#include "admin/json.h"
#include "admin/pages.h"
#include "reactor/base/clock.h"

namespace tidegate::admin {

using gateway::server::DrainPhase;

Response livez_page(const View& /*view*/) {
  Response response;
  response.body = "ok\n";
  return response;
}

Response readyz_page(const View& view) {
  const DrainPhase phase = view.phase->load();
  Response response;
  response.status = phase == DrainPhase::serving ? 200 : 503;
  response.body = phase == DrainPhase::serving ? "ok" : name(phase);
  response.body += '\n';
  return response;
}

Response healthz_page(const View& view) {
  const DrainPhase phase = view.phase->load();
  const base::Nanos uptime = base::wall_now() - view.started_wall;
  return json_response({{"status", "ok"},
                        {"ready", phase == DrainPhase::serving},
                        {"phase", name(phase)},
                        {"version", view.version},
                        {"uptime_seconds", uptime / base::kSecond},
                        {"workers", view.workers.size()}});
}

}  // namespace tidegate::admin
