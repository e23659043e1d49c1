// The vocabulary of HTTP messages (RFC 9110). Everything is a slice of bytes somebody else owns:
// valid only until those bytes move.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "gateway/http/fields.h"

namespace tidegate::gateway::http {

enum class Method : std::uint8_t {
  get,
  head,
  post,
  put,
  del,
  connect,
  options,
  trace,
  patch,
  other
};

/// Case-sensitive (RFC 9110 §9.1); `Method::other` for an extension method.
Method classify_method(std::string_view token);

/// RFC 9110 §9.2.2: a request of this method may be repeated. Extension methods are not.
constexpr bool is_idempotent(Method method) {
  return method == Method::get || method == Method::head || method == Method::put ||
         method == Method::del || method == Method::options || method == Method::trace;
}

enum class Version : std::uint8_t { http10, http11 };

struct RequestHead {
  Method method = Method::other;
  Version version = Version::http11;
  std::string_view method_text;
  std::string_view target;  // as received
  // From the target (RFC 9112 §3.2): `path` is the origin-form to forward, query included, "/" when
  // an absolute-form has none, "*" for asterisk-form; `authority` is the host[:port] that counts:
  // the absolute-form's when there is one, else the Host field's; empty only for HTTP/1.0.
  std::string_view path;
  std::string_view authority;
  bool absolute_form = false;
  // From Connection (RFC 9112 §9.3, RFC 9110 §7.6.1) and Expect.
  bool keep_alive = true;
  bool upgrade = false;  // Connection names Upgrade and there is an Upgrade field
  bool expect_continue = false;
  bool te_trailers = false;
  bool connection_names_fields =
      false;  // Connection names more than close, keep-alive, upgrade, te
  const Fields* fields = nullptr;
};

struct ResponseHead {
  std::uint16_t status = 0;
  Version version = Version::http11;
  std::string_view reason;
  bool keep_alive = true;
  bool upgrade = false;
  bool connection_names_fields = false;
  const Fields* fields = nullptr;
};

// How a body ends (RFC 9112 §6.3).
struct Framing {
  enum class Kind : std::uint8_t { none, length, chunked, until_close };
  Kind kind = Kind::none;
  std::uint64_t length = 0;  // Kind::length only
};

}  // namespace tidegate::gateway::http
