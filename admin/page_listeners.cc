#include "admin/json.h"
#include "admin/pages.h"
#include "admin/totals.h"

namespace tidegate::admin {
namespace {

using C = gateway::telemetry::ListenerCounters;

Json requests_of(const Parts<C>& parts) {
  constexpr std::array<const char*, 6> kClasses = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};
  Json by_class = Json::object();
  for (std::size_t i = 0; i < kClasses.size(); ++i) {
    by_class[kClasses[i]] = sum(parts, &C::responses, i);
  }
  return {{"total", sum(parts, &C::requests)},
          {"active", sum(parts, &C::requests_active)},
          {"by_class", std::move(by_class)}};
}

Json listener_json(const View& view, std::size_t i) {
  const conf::Listener& listener = view.config->listeners[i];
  const bool is_http = listener.protocol == conf::Protocol::http;
  Parts<C> parts;
  for (const auto* worker : view.workers) parts.push_back(worker->listeners[i].get());
  Json json = {{"name", listener.name},
               {"protocol", is_http ? "http" : "tcp"},
               {"addresses", view.bound[i]},
               {"connections",
                {{"total", sum(parts, &C::connections)},
                 {"active", sum(parts, &C::connections_active)},
                 {"limit", listener.max_connections},
                 {"closed", by_reason(parts, &C::connections_closed)}}}};
  if (is_http) json["requests"] = requests_of(parts);
  json["failures"] = by_reason(parts, &C::failures);
  json["bytes_in"] = sum(parts, &C::bytes_in);
  json["bytes_out"] = sum(parts, &C::bytes_out);
  return json;
}

}  // namespace

Response listeners_page(const View& view) {
  Json listeners = Json::array();
  for (std::size_t i = 0; i < view.config->listeners.size(); ++i) {
    listeners.push_back(listener_json(view, i));
  }
  return json_response({{"listeners", std::move(listeners)}});
}

}  // namespace tidegate::admin
