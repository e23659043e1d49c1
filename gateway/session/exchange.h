// Joins one request to one response: the upstream half.
//
// It gets a connection from a cluster, sends the head and body it is given, decodes the response
// and reports it as events. It knows nothing of how the client is spoken to, so that other client
// protocols can use it.
//
// Owner:  an ActiveRequest. Thread: the worker's.
// Life:   start → (on_ready_for_body | on_response_… )* → exactly one end: on_response_end and its
//         on_response_flush, on_tunnel_end, or on_exchange_failed; `cancel` is an end without a
//         word.
// Fails as: Failure, in on_exchange_failed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/failure.h"
#include "gateway/http/message.h"
#include "gateway/http1/body_decoder.h"
#include "gateway/http1/head_scanner.h"
#include "gateway/upstream/lease.h"
#include "reactor/base/clock.h"
#include "reactor/stream.h"
#include "reactor/timer_wheel.h"

namespace tidegate::gateway::session {

class WorkerContext;

class ExchangeObserver {
 public:
  /// There is a connection: the request's body may flow.
  virtual void on_ready_for_body() = 0;

  /// The upstream takes more again, after `upstream_is_full` was true.
  virtual void on_upstream_room() = 0;

  /// A final head or an interim one (status < 200). 101 makes a tunnel of the exchange. `head` is
  /// good until the next on_response_flush, the data slices too.
  virtual void on_response_head(const http::ResponseHead& head, http::Framing framing) = 0;
  virtual void on_response_data(std::string_view data) = 0;
  /// `trailers` are good until this returns.
  virtual void on_response_end(const http::Fields& trailers) = 0;

  /// Everything one read brought was reported: time to write.
  virtual void on_response_flush() = 0;

  /// The upstream half of a tunnel sent FIN; `end_tunnel` or `cancel` may follow.
  virtual void on_tunnel_eof() = 0;

  virtual void on_exchange_failed(Failure failure) = 0;

  /// Bytes the client has not taken yet: tells whose stall a timeout is.
  [[nodiscard]] virtual std::size_t client_unsent() const = 0;

 protected:
  ~ExchangeObserver() = default;
};

// What the exchange must know about the request beside its bytes.
struct ExchangeRequest {
  http::Method method = http::Method::get;
  http::Framing framing;  // of the request's body
  bool expect_continue = false;
  bool upgrade = false;
  base::Nanos request_timeout = 0;
  base::Nanos idle_timeout = 0;
  base::Nanos tunnel_timeout = 0;
};

class Exchange final : private reactor::StreamObserver,
                       private upstream::LeaseObserver,
                       private reactor::TimerHandler {
 public:
  explicit Exchange(WorkerContext& worker);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange();

  /// The head to send, cleared for the next request: fill it before `start`.
  std::string& head() { return head_; }

  /// May report on_ready_for_body or on_exchange_failed from inside.
  void start(ExchangeObserver& observer, upstream::Cluster& cluster,
             const ExchangeRequest& request);

  /// A slice of the body's content, good until `flush`. Requires: on_ready_for_body was reported.
  void send_body(std::string_view data);

  /// The body is complete. `trailers`: field lines to send with chunked framing, each with its
  /// CRLF.
  void end_body(std::string_view trailers);

  /// Sends what was collected.
  void flush();

  /// True when the client should be held; on_upstream_room follows.
  [[nodiscard]] bool upstream_is_full() const;

  [[nodiscard]] bool ready_for_body() const { return phase_ == Phase::response; }
  [[nodiscard]] bool is_tunnel() const { return phase_ == Phase::tunnel; }

  /// Stops and restarts reading the response: back-pressure from the client.
  void hold();
  void lift();

  /// Tunnel: bytes and FIN from the client.
  void send_raw(std::string_view bytes);
  void end_raw();

  /// Bytes the upstream has not taken yet.
  [[nodiscard]] std::size_t unsent() const;

  /// Gives up: the connection is closed, with `reset` by RST, and nothing is reported.
  void cancel(bool reset = false);

  // For the record.
  [[nodiscard]] const upstream::LeaseRequest& lease_request() const { return request_lease_; }
  [[nodiscard]] base::Nanos first_byte_time() const { return first_byte_; }
  [[nodiscard]] bool reused() const { return reused_; }
  [[nodiscard]] bool expects_continue() const { return expect_pending_; }

 private:
  enum class Phase : std::uint8_t {
    idle,      // not in use
    leasing,   // waiting for a connection
    response,  // connected: sending, and waiting for or taking the response
    tunnel,
  };

  void on_lease(upstream::Lease lease) override;
  void on_lease_failed(Failure failure) override;
  std::size_t on_data(std::string_view bytes) override;
  void on_eof() override;
  void on_write_drained() override;
  void on_close(base::Error why) override;
  void on_timeout(reactor::Timer& timer) override;

  void send_head();
  void connection_lost(Reason reason, int os_errno);
  [[nodiscard]] bool may_retry() const;
  [[nodiscard]] bool has_body() const {
    return request_.framing.kind == http::Framing::Kind::chunked || request_.framing.length > 0;
  }
  // Both return how many bytes they took.
  std::size_t take_head(std::string_view bytes);
  std::size_t take_body(std::string_view bytes);
  void take_final_head(const http::ResponseHead& head);
  void end_response(std::string_view rest);
  void fail(Reason reason, Retry retry, int os_errno = 0);
  void release(bool reusable);
  void arm(base::Nanos delay);

  WorkerContext& worker_;
  ExchangeObserver* observer_ = nullptr;
  upstream::Cluster* cluster_ = nullptr;
  upstream::LeaseRequest request_lease_;
  upstream::Lease lease_;
  reactor::Timer timer_;  // request, idle or tunnel, by phase
  std::string head_;      // kept until the response begins, for a retry
  ExchangeRequest request_;
  http1::HeadScanner scanner_;
  http1::BodyDecoder body_;
  base::Nanos sent_at_ = 0;
  base::Nanos first_byte_ = -1;
  std::size_t unsent_seen_ = 0;  // by the client, when its stall was last looked for
  Phase phase_ = Phase::idle;
  bool starting_ : 1 = false;        // inside `start`: the head may wait for body bytes
  bool head_pending_ : 1 = false;    // collected with the first write
  bool request_done_ : 1 = false;    // the request was sent whole
  bool response_begun_ : 1 = false;  // a byte of the response has come
  bool head_done_ : 1 = false;       // the final head was reported
  bool upstream_keeps_ : 1 = false;  // the response allows reuse
  bool reused_ : 1 = false;
  bool retried_ : 1 = false;
  bool expect_pending_ : 1 = false;  // 100-continue asked for and neither it nor body bytes seen
};

}  // namespace tidegate::gateway::session
