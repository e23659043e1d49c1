// What a handler of the small HTTP server sees and gives back.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/http/message.h"

namespace tidegate::admin {

namespace http = gateway::http;

// Views into what was received, good until `handle` returns.
struct Request {
  const http::RequestHead& head;
  std::string_view path;   // without the query
  std::string_view query;  // without the '?'
  std::string_view body;
};

struct Response {
  std::uint16_t status = 200;
  std::string_view content_type = "text/plain; charset=utf-8";  // a literal
  std::string body;
  std::string_view allow = {};  // a literal; the Allow field of a 405
};

class Handler {
 public:
  /// Answers one request, at once. For HEAD it answers as for GET; the server leaves the body out.
  virtual Response handle(const Request& request) = 0;

 protected:
  ~Handler() = default;
};

/// The head of `response` as it goes on the wire, Content-Length of its body included. `now` is
/// seconds since the epoch.
std::string write_response_head(const Response& response, std::int64_t now, bool close);

/// False for statuses that never have a body: 204 and 304.
constexpr bool may_have_body(std::uint16_t status) {
  return status != 204 && status != 304;
}

/// "404 Not Found" as a line of plain text.
Response plain_status(std::uint16_t status);

/// `text` with the five characters escaped that mean something in HTML.
std::string escape_html(std::string_view text);

}  // namespace tidegate::admin
