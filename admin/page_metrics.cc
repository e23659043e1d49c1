#include "admin/pages.h"

namespace tidegate::admin {

Response metrics_page(const View& view) {
  return {200, "text/plain; version=0.0.4; charset=utf-8", view.metrics->render()};
}

}  // namespace tidegate::admin
