// Parses a complete HTTP/1 head into slices of it (RFC 9112). Pure, no allocation, no copies.
//
// Strict where leniency would let two parsers disagree: see Reason for what each refusal is called.
// Refused: bare LF or CR, NUL and other control bytes, obs-fold, white space before a colon, an
// empty field name, a name that is no token, a request line that is not exactly
// `method SP target SP version`, targets with bytes outside RFC 3986 (but the few that browsers
// leave bare: README.md), more than one Host, a Host that is not uri-host[:port], no Host in
// HTTP/1.1, a fragment in the target, CONNECT (we are a reverse proxy), HTTP versions other
// than 1.0 and 1.1 (505 when the shape is right).
#pragma once

#include <string_view>

#include "gateway/failure.h"
#include "gateway/http/message.h"
#include "gateway/http1/head_scanner.h"

namespace tidegate::gateway::http1 {

/// `head` is what HeadScanner found, final CRLF included. On Reason::none `out` is complete and
/// points into `head` and `fields`. Else one of bad_request, bad_host, bad_version, unknown_method,
/// target_too_long, head_too_large (too many fields), expectation_failed.
Reason parse_request_head(std::string_view head, const HeadLimits& limits, http::Fields& fields,
                          http::RequestHead& out);

/// The same for responses; every problem is Reason::upstream_bad_head. Lenient in one place only:
/// the reason phrase may be missing together with its space.
Reason parse_response_head(std::string_view head, const HeadLimits& limits, http::Fields& fields,
                           http::ResponseHead& out);

/// Parses a trailer section, final CRLF included, as BodyDecoder::trailers() gives it: "\r\n" and
/// no bytes at all are empty ones. Problem: bad_chunk.
Reason parse_trailers(std::string_view section, const HeadLimits& limits, http::Fields& fields);

}  // namespace tidegate::gateway::http1
