#include "gateway/http1/request_target.h"

#include <algorithm>
#include <optional>

#include "gateway/http/authority.h"
#include "gateway/http/chars.h"

namespace tidegate::gateway::http1 {
namespace {

using http::equals_ignoring_case;
using http::Method;

bool is_escape(const char* at) {
  return http::is_hex_digit(at[1]) && http::is_hex_digit(at[2]) && (at[1] != '0' || at[2] != '0');
}

// The size of "http://" or "https://" at the beginning of `target`, or 0.
std::size_t scheme_size(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (equals_ignoring_case(target.substr(0, scheme.size()), scheme)) return scheme.size();
  }
  return 0;
}

Reason interpret_absolute_form(std::string_view after_scheme, http::RequestHead& head) {
  const std::size_t authority_size =
      std::min(after_scheme.find_first_of("/?"), after_scheme.size());
  const std::optional<std::string_view> authority =
      http::parse_authority(after_scheme.substr(0, authority_size));
  if (!authority) return Reason::bad_host;
  head.absolute_form = true;
  head.authority = *authority;
  head.path = after_scheme.substr(authority_size);
  if (head.path.empty()) head.path = head.method == Method::options ? "*" : "/";
  // "http://host?query" would be forwarded as "/?query", which is no slice of what we received.
  return head.path.front() == '?' ? Reason::bad_request : Reason::none;
}

}  // namespace

const char* find_target_end(const char* at) {
  for (;;) {
    while (http::is_path_char(*at)) ++at;
    if (*at != '%') break;
    if (!is_escape(at)) return at;
    at += 3;
  }
  if (*at != '?') return at;
  while (http::is_query_char(*at)) ++at;
  return at;
}

Reason interpret_target(http::RequestHead& head) {
  const std::string_view target = head.target;
  if (head.method == Method::connect) return Reason::unknown_method;
  head.absolute_form = false;
  head.authority = {};
  head.path = target;
  if (target.front() == '/') return Reason::none;
  if (target == "*") return head.method == Method::options ? Reason::none : Reason::bad_request;
  const std::size_t scheme = scheme_size(target);
  if (scheme == 0) return Reason::bad_request;
  return interpret_absolute_form(target.substr(scheme), head);
}

}  // namespace tidegate::gateway::http1
