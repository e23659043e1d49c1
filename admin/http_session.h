// One connection of the small HTTP server: reads requests, asks the handler, writes responses.
//
// Owner:  an HttpServer; it is told of the end by `on_session_end` and retires the session.
// Thread: the server's poller's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "admin/http_message.h"
#include "admin/session_machine.h"
#include "gateway/http1/body_decoder.h"
#include "gateway/http1/head_scanner.h"
#include "reactor/poller.h"
#include "reactor/stream.h"

namespace tidegate::admin {

class HttpSession;

struct HttpServerLimits {
  std::size_t connections = 64;
  std::uint32_t head_bytes = 16 * 1024;        // 431
  std::size_t body_bytes = 0;                  // 413
  base::Nanos idle = 10 * base::kSecond;       // between requests; a client that does not read
  base::Nanos head_time = 5 * base::kSecond;   // 408: first byte to end of a head
  base::Nanos body_time = 30 * base::kSecond;  // 408: end of the head to end of the body
  base::Nanos linger = base::kSecond;          // for the client to close after our last word
  std::size_t linger_bytes = 1024 * 1024;      // discarded meanwhile
};

// What the sessions of one server share.
class SessionHost {
 public:
  virtual void on_session_end(HttpSession& session) = 0;

  [[nodiscard]] Handler& handler() const { return handler_; }
  [[nodiscard]] const HttpServerLimits& limits() const { return limits_; }
  http::Fields& fields() { return fields_; }

 protected:
  SessionHost(Handler& handler, const HttpServerLimits& limits)
      : handler_(handler), limits_(limits) {}
  ~SessionHost() = default;

 private:
  Handler& handler_;
  HttpServerLimits limits_;
  http::Fields fields_;
};

class HttpSession final : public reactor::Retirable,
                          private reactor::StreamObserver,
                          private reactor::TimerHandler {
 public:
  HttpSession(reactor::Poller& poller, SessionHost& host)
      : host_(host), stream_(poller, *this), timer_(*this) {}

  /// Fails as: out_of_memory, os.
  base::Status open(reactor::Socket socket);

  /// Closes at once, without telling the host.
  void close();

  [[nodiscard]] bool idle() const { return phase_ == SessionPhase::idle; }

 private:
  std::size_t on_data(std::string_view bytes) override;
  void on_eof() override;
  void on_write_drained() override;
  void on_peer_gone(bool reset) override;
  void on_close(base::Error why) override;
  void on_timeout(reactor::Timer& timer) override;

  std::size_t take(std::string_view bytes);
  std::size_t take_head(std::string_view bytes);
  std::size_t take_body(std::string_view bytes);
  std::size_t discard(std::string_view bytes);
  void begin(std::string_view head);
  void answer(const http::RequestHead& head, std::string_view body);
  void refuse(gateway::Reason reason);
  void send(const Response& response, bool with_body, bool keep_alive);
  void step(SessionEvent event);
  void arm_for_phase();
  void end();
  [[nodiscard]] gateway::http1::HeadLimits head_limits() const;

  SessionHost& host_;
  reactor::Stream stream_;
  reactor::Timer timer_;
  SessionPhase phase_ = SessionPhase::idle;
  gateway::http1::HeadScanner scanner_;
  gateway::http1::BodyDecoder decoder_;
  std::string head_;  // kept while its body arrives
  std::string body_;
  std::size_t discarded_ = 0;
  std::size_t unsent_when_armed_ = 0;
};

}  // namespace tidegate::admin
