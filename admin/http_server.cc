#include "admin/http_server.h"

#include <algorithm>

#include "reactor/base/clock.h"

namespace tidegate::admin {

HttpServer::~HttpServer() {
  for (auto& session : sessions_) {
    session->close();
    poller_.retire(std::move(session));
  }
}

base::Status HttpServer::open(const base::Address& address) {
  constexpr int kBacklog = 128;
  reactor::ListenOptions options;
  options.backlog = kBacklog;
  return acceptor_.open(address, options);
}

void HttpServer::on_accept(reactor::Socket socket, const base::Address& /*peer*/) {
  if (sessions_.size() >= limits().connections && !make_room()) {
    const Response busy = plain_status(503);
    // Best effort: a new socket has room for this, and there is no session to wait for more.
    static_cast<void>(socket.write(
        write_response_head(busy, base::wall_now() / base::kSecond, true) + busy.body));
    return;
  }
  SessionHost& host = *this;
  auto session = std::make_unique<HttpSession>(poller_, host);
  if (session->open(std::move(socket))) sessions_.push_back(std::move(session));
}

bool HttpServer::make_room() {
  const auto found = std::find_if(sessions_.begin(), sessions_.end(),
                                  [](const auto& session) { return session->idle(); });
  if (found == sessions_.end()) return false;
  (*found)->close();
  on_session_end(**found);
  return true;
}

void HttpServer::on_session_end(HttpSession& session) {
  const auto found = std::find_if(sessions_.begin(), sessions_.end(),
                                  [&](const auto& each) { return each.get() == &session; });
  // It may be on the call stack.
  poller_.retire(std::move(*found));
  sessions_.erase(found);
}

}  // namespace tidegate::admin
