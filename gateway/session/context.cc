#include "gateway/session/context.h"

namespace tidegate::gateway::session {
namespace {

base::Nanos to_nanos(conf::Millis millis) {
  return millis.count() * base::kMillisecond;
}

}  // namespace

NanoTimeouts::NanoTimeouts(const conf::Timeouts& timeouts)
    : client_header(to_nanos(timeouts.client_header)),
      client_body(to_nanos(timeouts.client_body)),
      request(to_nanos(timeouts.request)),
      idle(to_nanos(timeouts.idle)),
      tunnel(to_nanos(timeouts.tunnel)) {}

ListenerShared::ListenerShared(const conf::Listener& listener_config,
                               telemetry::AccessLog access_log)
    : config(listener_config),
      routes(listener_config),
      log(std::move(access_log)),
      limits{listener_config.limits.head_bytes, listener_config.limits.fields,
             listener_config.limits.target_bytes},
      timeouts(listener_config.timeouts) {}

}  // namespace tidegate::gateway::session
