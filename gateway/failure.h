// Why an exchange or a session did not end well: whose fault, and may it be tried again.
//
// The retry policy, the status we answer with, the access log and the metrics read only this.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tidegate::gateway {

enum class Side : std::uint8_t { none, client, upstream, gateway };

enum class Retry : std::uint8_t {
  never,
  if_safe,  // bytes may have been processed: only idempotent requests whose bytes we still hold
  always,   // no byte reached the upstream
};

// One name per way to end. The text of `name()` appears in the access log (`reason`), in
// metrics (`reason` label) and in the body of the statuses we originate.
enum class Reason : std::uint8_t {
  none,  // it ended well
  // the client's doing
  bad_request,            // 400: the head breaks the grammar
  ambiguous_framing,      // 400: two lengths, or length with chunked
  bad_chunk,              // 400: chunked body breaks the grammar
  bad_host,               // 400: no Host, two of them, or not a host
  target_too_long,        // 414
  head_too_large,         // 431
  body_too_large,         // 413
  unknown_coding,         // 501: a transfer coding we do not know
  unknown_method,         // 501: CONNECT
  bad_version,            // 505
  expectation_failed,     // 417: an Expect we do not know
  client_header_timeout,  // 408
  client_body_timeout,    // 408
  client_closed,          // the client left before its response was complete
  client_reset,
  client_stalled,  // the client stopped reading: idle timeout
  // ours
  no_route,          // 404
  listener_limit,    // closed at accept: the listener's max_connections
  queue_full,        // 503
  queue_timeout,     // 503
  no_endpoint,       // 503: every endpoint has weight 0
  draining,          // cut by the drain deadline
  out_of_resources,  // 503: file descriptors or memory
  // the upstream's doing
  connect_refused,      // 502
  connect_unreachable,  // 502
  connect_timeout,      // 504
  connect_error,        // 502
  upstream_reset,       // 502
  upstream_closed,      // 502: closed before a whole response
  upstream_bad_head,    // 502: not HTTP, or a head over its limits
  upstream_bad_body,    // 502: bad chunks
  upstream_short_body,  // closed before as many bytes as its length said
  request_timeout,      // 504: no response head in time
  upstream_stalled,     // the response stopped half-way: idle timeout
  idle_timeout,         // nothing moved; a kept-alive client or a TCP session
  tunnel_timeout,
  kCount,
};

constexpr std::size_t kReasonCount = static_cast<std::size_t>(Reason::kCount);

struct Failure {
  Reason reason = Reason::none;
  Side side = Side::none;
  Retry retry = Retry::never;
  int os_errno = 0;
};

/// A stable lower-case name, e.g. "connect_refused"; "none" for Reason::none.
std::string_view name(Reason reason);

/// Whose doing it is.
Side side(Reason reason);

/// "none", "client", "upstream" or "gateway".
std::string_view name(Side side);

/// The status we originate for it (RFC 9110 §15); 0 when it can only be a close.
std::uint16_t status_for(Reason reason);

}  // namespace tidegate::gateway
