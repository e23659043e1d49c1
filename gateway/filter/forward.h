// Rewrites heads on their way through: what a proxy must remove, must add, and was told to change.
// Pure: a parsed head and facts in, bytes appended to a string the caller owns and reuses.
//
// Fields keep their order and spelling. Those that end at this hop go (RFC 9110 §7.6.1), and those
// that Connection names; a stranger cannot name away the fields this gateway answers for (Via,
// X-Forwarded-*, X-Request-Id). Trailer goes on where the body is sent chunked, the only framing
// that has trailers (RFC 9110 §6.6.2), and is dropped elsewhere.
//
// Configured changes come last and win over what the gateway would write itself, with two limits:
// framing, Expect and the fields of the hop cannot be changed, and Host can only be set. Such
// changes have no effect here.
#pragma once

#include <string>
#include <string_view>

#include "conf/model.h"
#include "gateway/http/message.h"

namespace tidegate::gateway::filter {

struct RequestFacts {
  std::string_view client_host;  // numeric address of the client, "unix" for unix sockets
  std::string_view scheme;       // "http"
  std::string_view via_name;     // the pseudonym for Via
  std::string_view request_id;   // sent when the client gave none, or an unusable one
  const conf::HeaderChanges* changes = nullptr;
};

/// Appends the head to send upstream, final CRLF included: always HTTP/1.1, Host first and made
/// from the authority that counts. Via (RFC 9110 §7.6.3) and X-Forwarded-For are received values
/// and ours in one line; X-Forwarded-Proto and -Host are ours alone; X-Request-Id is
/// `request_id_of`. Without a body Content-Length is sent only when the client sent one. From an
/// HTTP/1.1 client Expect is kept, as are `TE: trailers` and an upgrade, both named in Connection;
/// there is no Connection field otherwise: HTTP/1.1 is persistent by default. Requires: a framing a
/// request can have.
void append_request_head(std::string& out, const http::RequestHead& head, http::Framing framing,
                         const RequestFacts& facts);

/// True when `append_request_head` asks the upstream for the client's upgrade. HTTP/1.0 has none
/// (RFC 9110 §7.8), and h2c is never passed: it would turn the connection into a tunnel for further
/// requests that no route sees. A 101 is acceptable only to a request this is true for.
bool passes_upgrade(const http::RequestHead& head);

/// The id a request goes by: its first X-Request-Id when usable, else `made`.
std::string_view request_id_of(const http::Fields& fields, std::string_view made);

/// True when `id` may be passed on and logged: 1 to 128 bytes of [A-Za-z0-9_.:=+/@-].
bool usable_request_id(std::string_view id);

struct ResponseFacts {
  std::string_view via_name;
  std::string_view date;  // RFC 9110 §5.6.7; added when the upstream sent none
  http::Version client_version = http::Version::http11;
  bool keep_alive = true;  // what Connection will say
  const conf::HeaderChanges* changes = nullptr;
};

/// Appends the head to send to the client, final CRLF included, `HTTP/1.1` always (RFC 9112 §2.3).
/// `framing` is how we will send the body; where it is none, as for HEAD and 304, the upstream's
/// Content-Length still tells what there would be and is kept, except on 204 (RFC 9110 §8.6).
///
/// `Connection: close` when not `keep_alive` or the body ends with the connection, else
/// `Connection: keep-alive` to HTTP/1.0 clients. 101 has `Connection: upgrade` and Upgrade instead,
/// 426 has them too. Other 1xx are interim: no framing, Connection or Date, and nothing configured
/// is added to them. Requires: no chunked framing for an HTTP/1.0 client.
void append_response_head(std::string& out, const http::ResponseHead& head, http::Framing framing,
                          const ResponseFacts& facts);

}  // namespace tidegate::gateway::filter
