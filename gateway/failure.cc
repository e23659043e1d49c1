#include "gateway/failure.h"

#include <array>

namespace tidegate::gateway {
namespace {

struct Row {
  Reason reason;
  std::string_view name;
  Side side;
  std::uint16_t status;
};

constexpr std::array<Row, kReasonCount> kRows = {{
    {Reason::none, "none", Side::none, 0},
    {Reason::bad_request, "bad_request", Side::client, 400},
    {Reason::ambiguous_framing, "ambiguous_framing", Side::client, 400},
    {Reason::bad_chunk, "bad_chunk", Side::client, 400},
    {Reason::bad_host, "bad_host", Side::client, 400},
    {Reason::target_too_long, "target_too_long", Side::client, 414},
    {Reason::head_too_large, "head_too_large", Side::client, 431},
    {Reason::body_too_large, "body_too_large", Side::client, 413},
    {Reason::unknown_coding, "unknown_coding", Side::client, 501},
    {Reason::unknown_method, "unknown_method", Side::client, 501},
    {Reason::bad_version, "bad_version", Side::client, 505},
    {Reason::expectation_failed, "expectation_failed", Side::client, 417},
    {Reason::client_header_timeout, "client_header_timeout", Side::client, 408},
    {Reason::client_body_timeout, "client_body_timeout", Side::client, 408},
    {Reason::client_closed, "client_closed", Side::client, 0},
    {Reason::client_reset, "client_reset", Side::client, 0},
    {Reason::client_stalled, "client_stalled", Side::client, 0},
    {Reason::no_route, "no_route", Side::gateway, 404},
    {Reason::listener_limit, "listener_limit", Side::gateway, 0},
    {Reason::queue_full, "queue_full", Side::gateway, 503},
    {Reason::queue_timeout, "queue_timeout", Side::gateway, 503},
    {Reason::no_endpoint, "no_endpoint", Side::gateway, 503},
    {Reason::draining, "draining", Side::gateway, 503},
    {Reason::out_of_resources, "out_of_resources", Side::gateway, 503},
    {Reason::connect_refused, "connect_refused", Side::upstream, 502},
    {Reason::connect_unreachable, "connect_unreachable", Side::upstream, 502},
    {Reason::connect_timeout, "connect_timeout", Side::upstream, 504},
    {Reason::connect_error, "connect_error", Side::upstream, 502},
    {Reason::upstream_reset, "upstream_reset", Side::upstream, 502},
    {Reason::upstream_closed, "upstream_closed", Side::upstream, 502},
    {Reason::upstream_bad_head, "upstream_bad_head", Side::upstream, 502},
    {Reason::upstream_bad_body, "upstream_bad_body", Side::upstream, 502},
    {Reason::upstream_short_body, "upstream_short_body", Side::upstream, 502},
    {Reason::request_timeout, "request_timeout", Side::upstream, 504},
    {Reason::upstream_stalled, "upstream_stalled", Side::upstream, 504},
    {Reason::idle_timeout, "idle_timeout", Side::none, 0},
    {Reason::tunnel_timeout, "tunnel_timeout", Side::none, 0},
}};

constexpr bool rows_are_in_order() {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (static_cast<std::size_t>(kRows[i].reason) != i) return false;
  }
  return true;
}
static_assert(rows_are_in_order(), "a Reason's row must stand at its own index");

const Row& row(Reason reason) {
  return kRows[static_cast<std::size_t>(reason)];
}

}  // namespace

std::string_view name(Reason reason) {
  return row(reason).name;
}

Side side(Reason reason) {
  return row(reason).side;
}

std::uint16_t status_for(Reason reason) {
  return row(reason).status;
}

std::string_view name(Side side) {
  switch (side) {
    case Side::none:
      return "none";
    case Side::client:
      return "client";
    case Side::upstream:
      return "upstream";
    case Side::gateway:
      return "gateway";
  }
  return "none";
}

}  // namespace tidegate::gateway
