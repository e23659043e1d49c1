// The request half of an HTTP/1 client connection.

#include "gateway/filter/forward.h"
#include "gateway/http/framing.h"
#include "gateway/http1/head_parser.h"
#include "gateway/session/http1_session.h"

namespace tidegate::gateway::session {

std::size_t Http1Session::take_heads(std::string_view bytes) {
  std::size_t used = 0;
  while ((state_ == State::idle || state_ == State::head) && !stream_.held()) {
    if (state_ == State::idle) used += http1::HeadScanner::leading_crlf(bytes.substr(used));
    const std::string_view rest = bytes.substr(used);
    if (rest.empty() || (state_ == State::idle && rest == "\r")) break;
    const auto outcome = scanner_.scan(rest, listener_.shared.limits);
    if (outcome.problem != Reason::none) {
      reject(outcome.problem);
      return bytes.size();
    }
    if (outcome.head_size == 0) {
      if (state_ == State::idle) {
        state_ = State::head;
        worker_.poller.arm(timer_, listener_.shared.timeouts.client_header);
      }
      break;
    }
    scanner_.reset();
    used += outcome.head_size;
    begin_request(rest.substr(0, outcome.head_size));
    if (state_ == State::exchange) used += take_body(bytes.substr(used));
  }
  return state_ == State::lingering || state_ == State::closed ? bytes.size() : used;
}

void Http1Session::begin_request(std::string_view head) {
  timer_.cancel();
  state_ = State::exchange;
  active_ = worker_.requests.take(worker_);
  active_->started = worker_.now();
  listener_.counters.requests.add();
  listener_.counters.requests_active.add();
  http::RequestHead request;
  const Reason problem =
      http1::parse_request_head(head, listener_.shared.limits, worker_.fields, request);
  if (problem != Reason::none) {
    fail_request(problem);
    return;
  }
  active_->method = request.method;
  active_->version = request.version;
  active_->keep_alive = request.keep_alive;
  const RequestId made(worker_.random);
  const std::string_view id = filter::request_id_of(worker_.fields, made.text());
  note_request(request, id);
  const http::FramingDecision decision = http::request_framing(request);
  const std::uint64_t limit = listener_.shared.config.limits.body_bytes;
  if (decision.problem != Reason::none) {
    fail_request(decision.problem);
  } else if (limit != 0 && decision.framing.kind == http::Framing::Kind::length &&
             decision.framing.length > limit) {
    fail_request(Reason::body_too_large);
  } else {
    forward(request, decision.framing, id);
  }
}

void Http1Session::note_request(const http::RequestHead& head, std::string_view id) {
  RequestText& text = active_->text;
  text.add(RequestText::kId, id);
  if (!listener_.shared.config.access_log.enabled) return;
  text.add(RequestText::kMethod, head.method_text);
  text.add(RequestText::kHost, head.authority);
  text.add(RequestText::kTarget, head.target);
  const http::Field* agent = head.fields->find(http::FieldId::user_agent);
  if (agent != nullptr) text.add(RequestText::kUserAgent, agent->value);
}

void Http1Session::forward(const http::RequestHead& head, http::Framing framing,
                           std::string_view id) {
  const conf::Listener& config = listener_.shared.config;
  active_->body.start(framing);
  std::optional<std::size_t> cluster = config.cluster;
  if (!config.routes.empty()) {
    const conf::Route* route =
        listener_.shared.routes.match(head.authority, head.path, head.method_text);
    if (route == nullptr) {
      fail_request(Reason::no_route);
      return;
    }
    active_->route = route;
    if (route->respond) {
      active_->keep_alive = keeps_alive({});
      respond(route->respond->status, route->respond->body);
      finish_request(Reason::none);
      return;
    }
    cluster = route->cluster;
  }
  upstream::Cluster& upstream = *worker_.clusters[*cluster];
  active_->cluster = &upstream;
  char host[INET6_ADDRSTRLEN];
  filter::RequestFacts facts;
  facts.client_host = {host, peer_.write_host(host)};
  facts.scheme = "http";
  facts.via_name = config.server_name;
  facts.request_id = id;
  if (active_->route != nullptr) facts.changes = &active_->route->request_headers;
  Exchange& exchange = active_->exchange;
  exchange.head().clear();
  filter::append_request_head(exchange.head(), head, framing, facts);
  ExchangeRequest request;
  request.method = head.method;
  request.framing = framing;
  request.expect_continue = head.expect_continue;
  request.upgrade = filter::passes_upgrade(head);
  request.request_timeout = upstream.request_timeout();
  request.idle_timeout = listener_.shared.timeouts.idle;
  request.tunnel_timeout = listener_.shared.timeouts.tunnel;
  exchange.start(*this, upstream, request);
}

std::size_t Http1Session::take_body(std::string_view bytes) {
  ActiveRequest& active = *active_;
  if (active.body.done()) {
    end_request_body();
    return 0;
  }
  stream_.limit_reads(reactor::Poller::kMaxRead);
  if (!active.exchange.ready_for_body()) {
    stream_.hold(reactor::ReadHold::setup);
    return 0;
  }
  const std::uint64_t limit = listener_.shared.config.limits.body_bytes;
  std::size_t used = 0;
  while (used < bytes.size() && !active.body.done()) {
    const http1::BodyDecoder::Step step = active.body.next(bytes.substr(used));
    used += step.consumed;
    active.body_in += step.data.size();
    const bool too_large = limit != 0 && active.body_in > limit;
    if (step.problem != Reason::none || too_large) {
      fail_request(too_large ? Reason::body_too_large : step.problem);
      return bytes.size();
    }
    if (!step.data.empty()) active.exchange.send_body(step.data);
  }
  if (active.body.done()) {
    end_request_body();
    return used;
  }
  active.exchange.flush();
  if (active.exchange.upstream_is_full()) {
    stream_.hold(reactor::ReadHold::backpressure);
    timer_.cancel();
  } else {
    await_body();
  }
  return used;
}

void Http1Session::end_request_body() {
  if (http1::parse_trailers(active_->body.trailers(), listener_.shared.limits, worker_.fields) !=
      Reason::none) {
    fail_request(Reason::bad_chunk);
    return;
  }
  timer_.cancel();
  stream_.limit_reads(kPipelineBytes);
  // What follows is the next request: it waits for this one's response.
  stream_.hold(reactor::ReadHold::exchange);
  worker_.head.clear();
  append_trailers(worker_.fields);
  active_->exchange.end_body(worker_.head);
  active_->exchange.flush();
}

void Http1Session::on_ready_for_body() {
  stream_.lift(reactor::ReadHold::setup);
  await_body();
}

void Http1Session::await_body() {
  if (!active_->body.done() && !active_->exchange.expects_continue() && !stream_.held()) {
    worker_.poller.arm(timer_, listener_.shared.timeouts.client_body);
  }
}

void Http1Session::on_upstream_room() {
  stream_.lift(reactor::ReadHold::backpressure);
  if (state_ == State::tunnel) {
    finish_tunnel_if_over();
  } else {
    await_body();
  }
}

std::size_t Http1Session::take_tunnel(std::string_view bytes) {
  active_->body_in += bytes.size();
  active_->exchange.send_raw(bytes);
  if (active_->exchange.upstream_is_full()) stream_.hold(reactor::ReadHold::backpressure);
  return bytes.size();
}

}  // namespace tidegate::gateway::session
