// The response half of an HTTP/1 client connection.

#include "gateway/filter/forward.h"
#include "gateway/http/hop_by_hop.h"
#include "gateway/http1/encoder.h"
#include "gateway/http1/head_parser.h"
#include "gateway/session/http1_session.h"
#include "gateway/session/local_reply.h"

namespace tidegate::gateway::session {

using Kind = http::Framing::Kind;

http::Framing Http1Session::client_framing(const http::ResponseHead& head,
                                           http::Framing framing) const {
  // HTTP/1.0 knows no chunks; the end of the connection marks the end of the body for it. HTTP/1.1
  // gets chunks instead, so that the connection stays.
  if (head.status == 101 || framing.kind == Kind::none || framing.kind == Kind::length) {
    return framing;
  }
  const bool chunks = active_->version == http::Version::http11;
  return {chunks ? Kind::chunked : Kind::until_close, 0};
}

bool Http1Session::keeps_alive(http::Framing response_framing) const {
  // A response that overtakes its request's body is the last: what follows might be that body.
  return active_->keep_alive && !worker_.draining && response_framing.kind != Kind::until_close &&
         active_->body.done();
}

void Http1Session::on_response_head(const http::ResponseHead& head, http::Framing framing) {
  ActiveRequest& active = *active_;
  const bool interim = head.status < 200 && head.status != 101;
  if (interim) await_body();
  if (interim && active.version == http::Version::http10) return;  // RFC 9110 §15.2
  filter::ResponseFacts facts;
  facts.via_name = listener_.shared.config.server_name;
  facts.date = worker_.clock.date(worker_.now());
  facts.client_version = active.version;
  if (active.route != nullptr) facts.changes = &active.route->response_headers;
  worker_.head.clear();
  if (!interim) {
    framing = client_framing(head, framing);
    active.keep_alive = facts.keep_alive = keeps_alive(framing);
    active.status = head.status;
    active.response_framing = framing;
    active.response_begun = true;
  }
  filter::append_response_head(worker_.head, head, framing, facts);
  worker_.to_client.add(worker_.head, stream_);
  if (head.status == 101) {
    state_ = State::tunnel;
    timer_.cancel();
    stream_.limit_reads(reactor::Poller::kMaxRead);
    stream_.lift(reactor::ReadHold::exchange);
  }
}

void Http1Session::on_response_data(std::string_view data) {
  active_->body_out += data.size();
  if (state_ != State::tunnel && active_->response_framing.kind == Kind::chunked) {
    worker_.to_client.add_chunk(data, stream_);
  } else {
    worker_.to_client.add(data, stream_);
  }
}

void Http1Session::append_trailers(const http::Fields& trailers) {
  for (const http::Field& field : trailers) {
    if (http::may_be_trailer(field)) http1::append_field(worker_.head, field.name, field.value);
  }
}

void Http1Session::on_response_end(const http::Fields& trailers) {
  active_->response_done = true;
  if (active_->response_framing.kind != Kind::chunked) return;
  worker_.to_client.add(http1::kLastChunk, stream_);
  worker_.to_client.flush(stream_);  // the head's scratch memory is needed for the trailers
  worker_.head.clear();
  append_trailers(trailers);
  worker_.to_client.add(worker_.head, stream_);
  worker_.to_client.add(http1::kChunkEnd, stream_);
}

void Http1Session::on_response_flush() {
  worker_.to_client.flush(stream_);
  if (active_->response_done) {
    if (stream_.unsent() == 0) {
      finish_request(Reason::none);
    } else {
      active_->unsent_seen = stream_.unsent();
      worker_.poller.arm(timer_, listener_.shared.timeouts.idle);
    }
  } else if (stream_.above_high_mark()) {
    active_->exchange.hold();
  }
}

void Http1Session::on_write_drained() {
  if (state_ == State::idle && stream_.held()) become_idle();
  if (active_ == nullptr) return;
  if (state_ == State::tunnel) {
    active_->exchange.lift();
    finish_tunnel_if_over();
  } else if (!active_->response_done) {
    active_->exchange.lift();
  } else if (stream_.unsent() == 0) {
    finish_request(Reason::none);
  }
}

void Http1Session::on_tunnel_eof() {
  upstream_done_ = true;
  stream_.shutdown_write();
  finish_tunnel_if_over();
}

void Http1Session::finish_tunnel_if_over() {
  if (!client_done_ || !upstream_done_) return;
  if (stream_.unsent() == 0 && active_->exchange.unsent() == 0) {
    active_->exchange.cancel();
    finish_request(Reason::none);
  }
}

void Http1Session::on_exchange_failed(Failure failure) {
  fail_request(failure.reason);
}

std::size_t Http1Session::client_unsent() const {
  return stream_.unsent();
}

void Http1Session::respond(std::uint16_t status, std::string_view body) {
  ActiveRequest& active = *active_;
  LocalReply reply;
  reply.status = status;
  reply.body = body;
  reply.date = worker_.clock.date(worker_.now());
  reply.request_id = active.text[RequestText::kId];
  reply.keep_alive = active.keep_alive;
  reply.http10 = active.version == http::Version::http10;
  reply.head_only = active.method == http::Method::head;
  worker_.head.clear();
  append_local_reply(worker_.head, reply);
  stream_.write(worker_.head);
  active.status = status;
  active.body_out = reply.head_only ? 0 : body.size();
  active.response_begun = active.response_done = true;
}

}  // namespace tidegate::gateway::session
