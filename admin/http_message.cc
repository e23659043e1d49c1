#include "admin/http_message.h"

#include "gateway/http/date.h"
#include "gateway/http/status.h"
#include "gateway/http1/encoder.h"

namespace tidegate::admin {

namespace http1 = gateway::http1;

std::string write_response_head(const Response& response, std::int64_t now, bool close) {
  std::string out;
  http1::append_status_line(out, response.status, {});
  const http::DateText date = http::format_date(now);
  http1::append_field(out, "Date", std::string_view(date.data(), date.size()));
  if (may_have_body(response.status)) {
    http1::append_field(out, "Content-Type", response.content_type);
    http1::append_field(out, "Content-Length", std::uint64_t{response.body.size()});
  }
  if (!response.allow.empty()) http1::append_field(out, "Allow", response.allow);
  http1::append_field(out, "Cache-Control", "no-store");
  http1::append_field(out, "X-Content-Type-Options", "nosniff");
  if (close) http1::append_field(out, "Connection", "close");
  out += "\r\n";
  return out;
}

Response plain_status(std::uint16_t status) {
  Response response;
  response.status = status;
  response.body = std::to_string(status);
  response.body += ' ';
  response.body += http::reason_phrase(status);
  response.body += '\n';
  return response;
}

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace tidegate::admin
