// Decides how a body ends and refuses what two parties could read differently (RFC 9112 §6.3).
// Pure: slices in, a decision out.
#pragma once

#include "gateway/failure.h"
#include "gateway/http/message.h"

namespace tidegate::gateway::http {

struct FramingDecision {
  Framing framing;
  Reason problem = Reason::none;  // anything else: refuse the message
};

/// Problems: ambiguous_framing (Content-Length with Transfer-Encoding, two different lengths, a
/// length that is no number or over 2^63-1, Transfer-Encoding in HTTP/1.0, chunked not last or
/// twice), unknown_coding (any transfer coding but chunked). Equal repeated lengths, also as
/// "5, 5", are refused too: RFC 9112 §6.3 rule 5 lets us.
FramingDecision request_framing(const RequestHead& head);

/// `request_method` decides for HEAD and CONNECT; 1xx, 204 and 304 have no body. Problems:
/// upstream_bad_head.
FramingDecision response_framing(const ResponseHead& head, Method request_method);

}  // namespace tidegate::gateway::http
