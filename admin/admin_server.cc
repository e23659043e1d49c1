#include "admin/admin_server.h"

namespace tidegate::admin {

Response AdminServer::handle(const Request& request) {
  for (const Page& page : pages()) {
    if (page.path != request.path) continue;
    const http::Method method = request.head.method;
    if (method == http::Method::get || method == http::Method::head) return page.make(view_);
    Response refused = plain_status(405);
    refused.allow = "GET, HEAD";
    return refused;
  }
  return plain_status(404);
}

}  // namespace tidegate::admin
