// The responses the gateway makes itself: errors with their reason, and `respond` routes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/failure.h"

namespace tidegate::gateway::session {

struct LocalReply {
  std::uint16_t status = 500;
  std::string_view body;        // text/plain; see `error_text` for errors
  std::string_view date;        // RFC 9110 §5.6.7
  std::string_view request_id;  // sent back when known, so that a user can quote it
  bool keep_alive = false;
  bool http10 = false;     // the client's version
  bool head_only = false;  // the request was HEAD
};

/// Appends the whole response: head and body. 503 carries Retry-After (RFC 9110 §10.2.3).
void append_local_reply(std::string& out, const LocalReply& reply);

/// "404 Not Found: no_route\n".
std::string error_text(std::uint16_t status, Reason reason);

}  // namespace tidegate::gateway::session
