#include "admin/pages.h"

namespace tidegate::admin {
namespace {

constexpr Page kPages[] = {
    {"/", "this page", index_page},
    {"/livez", "200 while the process runs", livez_page},
    {"/readyz", "200 while new traffic is welcome, else 503", readyz_page},
    {"/healthz", "phase, version and uptime as JSON", healthz_page},
    {"/metrics", "every counter, in the Prometheus text format", metrics_page},
    {"/listeners", "bound addresses and what clients did, as JSON", listeners_page},
    {"/clusters", "endpoints, connections, queues and failures, as JSON", clusters_page},
    {"/config", "the configuration in effect, defaults included, as JSON", config_page},
};

}  // namespace

std::span<const Page> pages() {
  return kPages;
}

}  // namespace tidegate::admin
