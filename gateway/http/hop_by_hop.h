// Which fields end at this hop (RFC 9110 §7.6.1) and may not be forwarded.
#pragma once

#include <string_view>

#include "gateway/http/fields.h"

namespace tidegate::gateway::http {

/// True for Connection, Keep-Alive, Proxy-Connection, TE, Transfer-Encoding, Upgrade,
/// HTTP2-Settings, Proxy-Authenticate, Proxy-Authorization and Trailer: by id alone, no text is
/// compared.
constexpr bool is_hop_by_hop(FieldId id) {
  switch (id) {
    case FieldId::connection:
    case FieldId::http2_settings:
    case FieldId::keep_alive:
    case FieldId::proxy_authenticate:
    case FieldId::proxy_authorization:
    case FieldId::proxy_connection:
    case FieldId::te:
    case FieldId::trailer:
    case FieldId::transfer_encoding:
    case FieldId::upgrade:
      return true;
    default:
      return false;
  }
}

/// True when a Connection field of `fields` names `name` (case-insensitive list member). Fields
/// that carry meaning end to end (Host, Content-Length, Content-Type, Date …) are never taken
/// out this way: a stranger must not be able to strip them.
bool connection_names(const Fields& fields, const Field& field);

/// A trailer field that may be forwarded: not framing, routing, authentication or
/// representation control (RFC 9110 §6.5.1).
bool may_be_trailer(const Field& field);

}  // namespace tidegate::gateway::http
