// A small origin inside the process, so that the embedded default configuration has something to
// proxy to, and a first `curl` an answer.
//
//   /            a page that shows what arrived and where to look next (HTML when Accept asks)
//   /status/NNN  that status, 200 to 599
//   /bytes/N     N bytes, at most 1 MiB
//   all else     the request as JSON
//
// Owner:  main, or a Server. Thread: its poller's; `open` may run before the poller does.
// Limits: bodies of at most 1 MiB; they are read, measured and dropped.
#pragma once

#include <string>

#include "admin/http_server.h"

namespace tidegate::admin {

class DemoOrigin final : private Handler {
 public:
  static constexpr std::size_t kMostBytes = 1024 * 1024;
  static constexpr std::size_t kConnections =
      1024;  // it stands behind a proxy with a pool a worker

  /// `poller` must outlive this object. `admin_url`, e.g. "http://127.0.0.1:9901", is shown to
  /// visitors; empty when there is no admin endpoint.
  DemoOrigin(reactor::Poller& poller, std::string admin_url);

  /// Binds and listens. Fails as: in_use, not_permitted, out_of_fds, os.
  base::Status open(const base::Address& address) { return server_.open(address); }

  /// With the real port when 0 was asked for.
  [[nodiscard]] base::Address local_address() const { return server_.local_address(); }

 private:
  Response handle(const Request& request) override;

  std::string admin_url_;
  HttpServer server_;
};

}  // namespace tidegate::admin
