// The request line's middle part (RFC 9112 §3.2).
#pragma once

#include <string_view>

#include "gateway/failure.h"
#include "gateway/http/message.h"

namespace tidegate::gateway::http1 {

/// Where the target that begins at `at` ends: at the first byte it cannot hold. A '%' in the path
/// must begin two hex digits other than "00"; a query is opaque. Requires: a CR at or after `at`.
const char* find_target_end(const char* at);

/// Sets `path`, `authority` (of an absolute-form only) and `absolute_form` from `target`; `method`
/// decides which forms are allowed. Problems: bad_request (no form there is), bad_host (of the
/// absolute-form), unknown_method (CONNECT).
Reason interpret_target(http::RequestHead& head);

}  // namespace tidegate::gateway::http1
