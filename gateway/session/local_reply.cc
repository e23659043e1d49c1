#include "gateway/session/local_reply.h"

#include "gateway/http/status.h"
#include "gateway/http1/encoder.h"

namespace tidegate::gateway::session {

void append_local_reply(std::string& out, const LocalReply& reply) {
  http1::append_status_line(out, reply.status, {});
  http1::append_field(out, "Date", reply.date);
  if (!reply.request_id.empty()) http1::append_field(out, "X-Request-Id", reply.request_id);
  const bool may_have_body = reply.status >= 200 && reply.status != 204 && reply.status != 304;
  if (may_have_body) {
    http1::append_field(out, "Content-Type", "text/plain; charset=utf-8");
    http1::append_field(out, "Content-Length", reply.body.size());
  }
  if (reply.status == 503) http1::append_field(out, "Retry-After", "1");
  if (!reply.keep_alive) {
    http1::append_field(out, "Connection", "close");
  } else if (reply.http10) {
    http1::append_field(out, "Connection", "keep-alive");
  }
  out.append("\r\n");
  if (may_have_body && !reply.head_only) out.append(reply.body);
}

std::string error_text(std::uint16_t status, Reason reason) {
  std::string text = std::to_string(status);
  text.append(" ").append(http::reason_phrase(status));
  text.append(": ").append(name(reason)).append("\n");
  return text;
}

}  // namespace tidegate::gateway::session
