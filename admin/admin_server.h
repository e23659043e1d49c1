// The admin endpoint: health, metrics, configuration and state, all read-only (README.md).
//
// Owner:  main, or a Server. Thread: its poller's; `open` may run before the poller does.
// Limits: those of HttpServerLimits; bodies are refused.
#pragma once

#include "admin/http_server.h"
#include "admin/pages.h"

namespace tidegate::admin {

class AdminServer final : private Handler {
 public:
  /// `poller` and `view` must outlive this object; `view.metrics` and `view.phase` are set.
  AdminServer(reactor::Poller& poller, const View& view)
      : view_(view), server_(poller, *this, HttpServerLimits()) {}

  /// Binds and listens. Fails as: in_use, not_permitted, out_of_fds, os.
  base::Status open(const base::Address& address) { return server_.open(address); }

  /// With the real port when 0 was asked for.
  [[nodiscard]] base::Address local_address() const { return server_.local_address(); }

 private:
  Response handle(const Request& request) override;

  const View& view_;
  HttpServer server_;
};

}  // namespace tidegate::admin
