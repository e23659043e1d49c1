// The bytes most tests exchange.
#pragma once

#include <string>
#include <string_view>

namespace tidegate::gateway::session {

// What the origin sends, and what the client then sees of it.
constexpr std::string_view kPlainResponse =
    "HTTP/1.1 200 OK\r\nDate: today\r\nContent-Length: 2\r\n\r\nok";
constexpr std::string_view kPlainSeen =
    "HTTP/1.1 200 OK\r\nDate: today\r\nContent-Length: 2\r\nVia: 1.1 tidegate\r\n\r\nok";
constexpr std::string_view kPlainSeenClosing =
    "HTTP/1.1 200 OK\r\nDate: today\r\nContent-Length: 2\r\nConnection: close\r\n"
    "Via: 1.1 tidegate\r\n\r\nok";
constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a\r\nX-Request-Id: r\r\n\r\n";

/// What the origin sees of the fields every request gets; `host` a, request id r.
constexpr std::string_view kAdded =
    "X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: a\r\n"
    "Via: 1.1 tidegate\r\nX-Request-Id: r\r\n\r\n";

inline std::string forwarded(std::string_view lines, std::string_view body = {}) {
  std::string text(lines);
  text.append(kAdded).append(body);
  return text;
}

}  // namespace tidegate::gateway::session
