// A small HTTP/1.1 server for a few clients: the admin pages and the demo origin are made of it.
//
// It answers whole requests with whole responses, keeps connections alive, and refuses what is
// wrong with a definite status before it closes. Not for traffic: that is the gateway's work.
//
// Owner:  an AdminServer or a DemoOrigin; may be destroyed on its poller's thread at any time but
//         from inside its handler.
// Thread: its poller's; `open` may run before the poller does.
// Limits: HttpServerLimits. When all connections are taken the longest idle one gives way; when
//         none is idle the newcomer gets 503.
#pragma once

#include <memory>
#include <vector>

#include "admin/http_session.h"
#include "reactor/acceptor.h"
#include "reactor/poller.h"

namespace tidegate::admin {

class HttpServer final : private reactor::AcceptObserver, private SessionHost {
 public:
  /// `poller` and `handler` must outlive this object.
  HttpServer(reactor::Poller& poller, Handler& handler, const HttpServerLimits& limits)
      : SessionHost(handler, limits), poller_(poller), acceptor_(poller, *this) {}
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();

  /// Binds and listens. Fails as: in_use, not_permitted, out_of_fds, os.
  base::Status open(const base::Address& address);

  /// With the real port when 0 was asked for.
  [[nodiscard]] base::Address local_address() const { return acceptor_.local_address(); }

  [[nodiscard]] std::size_t connections() const { return sessions_.size(); }

 private:
  void on_accept(reactor::Socket socket, const base::Address& peer) override;
  void on_session_end(HttpSession& session) override;
  // False when every connection is busy.
  bool make_room();

  reactor::Poller& poller_;
  std::vector<std::unique_ptr<HttpSession>> sessions_;  // oldest first
  reactor::Acceptor acceptor_;
};

}  // namespace tidegate::admin
