// An HTTP/1 client connection: decodes requests one at a time, encodes their responses.
//
// Owner:  the worker's session list. Thread: the worker's.
// Idle, it is this object and nothing else: what a request needs is borrowed from the worker's
// pool. Pipelined requests stay unread or unparsed (one read's worth at most) until their turn: the
// `exchange` hold on the stream.
// A client that sends FIN while its request is in progress has left: the exchange is given up, as
// in nginx and Envoy. (TCP listeners keep half-close.)
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "gateway/failure.h"
#include "gateway/http/message.h"
#include "gateway/http1/head_scanner.h"
#include "gateway/session/active_request.h"
#include "gateway/session/context.h"
#include "gateway/session/session.h"
#include "reactor/stream.h"
#include "reactor/timer_wheel.h"

namespace tidegate::gateway::session {

class Http1Session final : public Session,
                           private reactor::StreamObserver,
                           private reactor::TimerHandler,
                           private ExchangeObserver {
 public:
  // What a client may pipeline ahead of its responses: one read.
  static constexpr std::uint32_t kPipelineBytes = 32 * 1024;

  Http1Session(WorkerContext& worker, ListenerContext& listener, const base::PeerAddress& peer);
  ~Http1Session() override;

  /// Begins to read. Fails as: out_of_memory, os.
  base::Status open(reactor::Socket socket);

  void drain() override;
  void cut() override;

 private:
  enum class State : std::uint8_t {
    idle,       // between requests
    head,       // a head has begun
    exchange,   // a request is in progress
    tunnel,     // after 101
    lingering,  // everything was said; input is thrown away until the client closes (RFC 9112 §9.6)
    closed,
  };

  // Of the client's stream.
  std::size_t on_data(std::string_view bytes) override;
  void on_eof() override;
  void on_write_drained() override;
  void on_peer_gone(bool reset) override;
  void on_close(base::Error why) override;

  void on_timeout(reactor::Timer& timer) override;
  void on_idle_timeout();

  // Of the exchange.
  void on_ready_for_body() override;
  void on_upstream_room() override;
  void on_response_head(const http::ResponseHead& head, http::Framing framing) override;
  void on_response_data(std::string_view data) override;
  void on_response_end(const http::Fields& trailers) override;
  void on_response_flush() override;
  void on_tunnel_eof() override;
  void on_exchange_failed(Failure failure) override;
  [[nodiscard]] std::size_t client_unsent() const override;

  // Requests.
  std::size_t take_heads(std::string_view bytes);
  void begin_request(std::string_view head);
  void note_request(const http::RequestHead& head, std::string_view id);
  void forward(const http::RequestHead& head, http::Framing framing, std::string_view id);
  std::size_t take_body(std::string_view bytes);
  void await_body();
  void end_request_body();
  std::size_t take_tunnel(std::string_view bytes);
  void finish_tunnel_if_over();

  // Responses.
  [[nodiscard]] http::Framing client_framing(const http::ResponseHead& head,
                                             http::Framing framing) const;
  [[nodiscard]] bool keeps_alive(http::Framing response_framing) const;
  void append_trailers(const http::Fields& trailers);
  void respond(std::uint16_t status, std::string_view body);

  // Ends.
  void reject(Reason reason);
  void fail_request(Reason reason);
  void finish_request(Reason reason);
  void record_request(Reason reason);
  void count_bytes();
  [[nodiscard]] bool is_broken_tunnel(Reason reason) const;
  void become_idle();
  void linger();
  void close(Reason reason, bool reset = false);

  WorkerContext& worker_;
  ListenerContext& listener_;
  reactor::Stream stream_;
  reactor::Timer timer_;  // idle, client_header, client_body, linger: by state
  base::PeerAddress peer_;
  http1::HeadScanner scanner_;
  State state_ = State::idle;
  Reason end_ = Reason::none;       // what the connection's end will be counted as
  bool client_done_ : 1 = false;    // tunnel: FIN from the client
  bool upstream_done_ : 1 = false;  // tunnel: FIN from the upstream
  std::uint32_t discarded_ = 0;     // while lingering
  std::unique_ptr<ActiveRequest> active_;
};

}  // namespace tidegate::gateway::session
