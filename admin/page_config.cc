#include "admin/pages.h"
#include "conf/dump.h"

namespace tidegate::admin {

Response config_page(const View& view) {
  return {200, "application/json", conf::dump_json(*view.config)};
}

}  // namespace tidegate::admin
