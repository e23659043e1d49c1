#include "conf/load.h"

namespace tidegate::conf {

std::string_view default_config() {
  return R"yaml(# What `tidegate run` does without a file: a proxy on 127.0.0.1:8080 in front of a
# small demo origin inside the same process. Save it, change it, and run it with
# `tidegate run -c FILE`.
version: 1

# The endpoint for operators: /metrics, /healthz, /readyz, /config. Anyone who can reach it can
# see and steer the gateway, so keep it on loopback or a private network.
admin: { address: "127.0.0.1:9901" }

# The demo origin. Remove this, and put servers of your own under `clusters`.
demo: { address: "unix:@tidegate-demo" }

listeners:
  - name: web
    address: "127.0.0.1:8080"    # "0.0.0.0:8080" or "[::]:8080" for every interface
    protocol: http
    routes:
      - name: everything         # a route without `match` takes what no other route takes
        cluster: demo

clusters:
  - name: demo
    endpoints:
      - address: "unix:@tidegate-demo"   # yours: "10.0.0.11:8080"; more of them share the load

# Stop at once when nothing is under way, and wait no longer than this for what is.
drain: { lame_duck: 0s, deadline: 10s }
)yaml";
}

}  // namespace tidegate::conf
