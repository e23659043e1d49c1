#include "gateway/session/exchange.h"

#include "gateway/http/framing.h"
#include "gateway/http1/encoder.h"
#include "gateway/http1/head_parser.h"
#include "gateway/session/context.h"

namespace tidegate::gateway::session {
namespace {

constexpr std::size_t kKeepHeadCapacity = 4096;

// What an upstream may send as a head; a larger one is a fault of the upstream.
constexpr http1::HeadLimits kResponseLimits{64 * 1024, http::kMaxFields, 64 * 1024};

Reason lost_reason(base::Error why) {
  return why.code == base::Errc::timed_out ? Reason::upstream_stalled : Reason::upstream_reset;
}

}  // namespace

Exchange::Exchange(WorkerContext& worker) : worker_(worker), request_lease_(*this), timer_(*this) {}

Exchange::~Exchange() {
  cancel();
}

void Exchange::start(ExchangeObserver& observer, upstream::Cluster& cluster,
                     const ExchangeRequest& request) {
  observer_ = &observer;
  cluster_ = &cluster;
  request_ = request;
  request_lease_.reset();
  scanner_.reset();
  first_byte_ = -1;
  unsent_seen_ = 0;
  request_done_ = response_begun_ = head_done_ = upstream_keeps_ = reused_ = retried_ = false;
  expect_pending_ = request.expect_continue;
  head_pending_ = true;
  phase_ = Phase::leasing;
  starting_ = true;
  // What could not be repeated should not meet a connection the upstream has closed already.
  const bool repeatable = http::is_idempotent(request.method) && !has_body();
  request_lease_.start(cluster,
                       repeatable ? upstream::LeaseKind::pooled : upstream::LeaseKind::checked);
  starting_ = false;
}

void Exchange::on_lease(upstream::Lease lease) {
  lease_ = std::move(lease);
  reused_ = lease_.reused();
  lease_.stream().set_observer(*this);
  phase_ = Phase::response;
  head_pending_ = true;
  sent_at_ = worker_.now();
  if (starting_) {
    // The caller has the body's first bytes at hand: they go with the head.
    observer_->on_ready_for_body();
    return;
  }
  flush();
  if (request_done_) {
    arm(request_.request_timeout);
  } else {
    observer_->on_ready_for_body();
  }
}

void Exchange::on_lease_failed(Failure failure) {
  phase_ = Phase::idle;
  timer_.cancel();
  std::exchange(observer_, nullptr)->on_exchange_failed(failure);
}

void Exchange::send_head() {
  head_pending_ = false;
  worker_.to_upstream.add(head_, lease_.stream());
  if (expect_pending_) arm(request_.request_timeout);
}

void Exchange::send_body(std::string_view data) {
  if (phase_ != Phase::response) return;
  if (head_pending_) send_head();
  if (expect_pending_) {
    expect_pending_ = false;
    timer_.cancel();
  }
  if (request_.framing.kind == http::Framing::Kind::chunked) {
    worker_.to_upstream.add_chunk(data, lease_.stream());
  } else {
    worker_.to_upstream.add(data, lease_.stream());
  }
}

void Exchange::end_body(std::string_view trailers) {
  request_done_ = true;
  expect_pending_ = false;
  if (phase_ != Phase::response) return;
  if (head_pending_) send_head();
  if (request_.framing.kind == http::Framing::Kind::chunked) {
    reactor::Stream& stream = lease_.stream();
    worker_.to_upstream.add(http1::kLastChunk, stream);
    worker_.to_upstream.add(trailers, stream);
    worker_.to_upstream.add(http1::kChunkEnd, stream);
    worker_.to_upstream.flush(stream);  // `trailers` is the caller's
  }
  sent_at_ = worker_.now();
  if (!head_done_) arm(request_.request_timeout);
}

void Exchange::flush() {
  if (phase_ != Phase::response) return;
  if (head_pending_) send_head();
  worker_.to_upstream.flush(lease_.stream());
  // An upstream that stops reading is noticed by the request timer; one that reads is not hurried
  // while the client sends.
  if (!request_done_ && !expect_pending_ && !head_done_) {
    if (upstream_is_full()) {
      arm(request_.request_timeout);
    } else {
      timer_.cancel();
    }
  } else if (head_done_) {
    arm(request_.idle_timeout);  // the response may wait for the rest of the request
  }
}

bool Exchange::upstream_is_full() const {
  return lease_.held() && lease_.stream().above_high_mark();
}

void Exchange::on_write_drained() {
  if (phase_ == Phase::response && !request_done_ && !head_done_ && !expect_pending_) {
    timer_.cancel();
  }
  observer_->on_upstream_room();
}

void Exchange::hold() {
  if (lease_.held()) lease_.stream().hold(reactor::ReadHold::backpressure);
}

void Exchange::lift() {
  if (!lease_.held()) return;
  lease_.stream().lift(reactor::ReadHold::backpressure);
  if (phase_ == Phase::tunnel) {
    arm(request_.tunnel_timeout);
  } else if (head_done_) {
    arm(request_.idle_timeout);
  }
}

void Exchange::send_raw(std::string_view bytes) {
  lease_.stream().write(bytes);
  arm(request_.tunnel_timeout);
}

std::size_t Exchange::unsent() const {
  return lease_.held() ? lease_.stream().unsent() : 0;
}

void Exchange::end_raw() {
  lease_.stream().shutdown_write();
}

std::size_t Exchange::on_data(std::string_view bytes) {
  if (!response_begun_) {
    response_begun_ = true;
    first_byte_ = worker_.now() - sent_at_;
    cluster_->counters().first_byte.observe(first_byte_);
  }
  std::size_t used = 0;
  while (used < bytes.size() && phase_ == Phase::response && !head_done_) {
    const std::size_t taken = take_head(bytes.substr(used));
    if (taken == 0) break;
    used += taken;
  }
  if (phase_ == Phase::tunnel) {
    if (used < bytes.size()) observer_->on_response_data(bytes.substr(used));
    used = bytes.size();
    arm(request_.tunnel_timeout);
  } else if (phase_ == Phase::response && head_done_) {
    used += take_body(bytes.substr(used));
  }
  if (observer_ == nullptr) return bytes.size();  // it failed, and was told so
  observer_->on_response_flush();
  return used;
}

std::size_t Exchange::take_head(std::string_view bytes) {
  const http1::HeadScanner::Outcome outcome = scanner_.scan(bytes, kResponseLimits);
  if (outcome.problem != Reason::none) {
    fail(Reason::upstream_bad_head, Retry::never);
    return 0;
  }
  if (outcome.head_size == 0) return 0;
  scanner_.reset();
  http::ResponseHead head;
  const Reason problem = http1::parse_response_head(bytes.substr(0, outcome.head_size),
                                                    kResponseLimits, worker_.fields, head);
  const bool unasked_upgrade = head.status == 101 && !request_.upgrade;
  if (problem != Reason::none || unasked_upgrade) {
    fail(Reason::upstream_bad_head, Retry::never);
    return 0;
  }
  if (head.status >= 200 || head.status == 101) {
    take_final_head(head);
  } else {
    if (head.status == 100 && expect_pending_) {
      expect_pending_ = false;
      timer_.cancel();
    }
    observer_->on_response_head(head, {});
    observer_->on_response_flush();  // the next head uses the same scratch memory
  }
  return outcome.head_size;
}

void Exchange::take_final_head(const http::ResponseHead& head) {
  const http::FramingDecision decision = http::response_framing(head, request_.method);
  if (decision.problem != Reason::none) {
    fail(decision.problem, Retry::never);
    return;
  }
  timer_.cancel();
  head_done_ = true;
  if (head.status == 101) {
    phase_ = Phase::tunnel;
    observer_->on_response_head(head, {});
    return;
  }
  upstream_keeps_ = head.keep_alive && decision.framing.kind != http::Framing::Kind::until_close;
  body_.start(decision.framing);
  observer_->on_response_head(head, decision.framing);
}

std::size_t Exchange::take_body(std::string_view bytes) {
  std::size_t used = 0;
  while (used < bytes.size() && !body_.done()) {
    const http1::BodyDecoder::Step step = body_.next(bytes.substr(used));
    if (step.problem != Reason::none) {
      fail(Reason::upstream_bad_body, Retry::never);
      return bytes.size();
    }
    used += step.consumed;
    if (!step.data.empty()) observer_->on_response_data(step.data);
  }
  if (body_.done()) {
    end_response(bytes.substr(used));
  } else {
    arm(request_.idle_timeout);
  }
  return bytes.size();
}

void Exchange::end_response(std::string_view rest) {
  if (http1::parse_trailers(body_.trailers(), kResponseLimits, worker_.fields) != Reason::none) {
    fail(Reason::upstream_bad_body, Retry::never);
    return;
  }
  if (!rest.empty()) {
    // More than the length said: the response is whole, the connection cannot be trusted.
    lease_.endpoint().counters.failures[static_cast<std::size_t>(Reason::upstream_bad_body)].add();
  }
  release(rest.empty() && upstream_keeps_ && request_done_);
  observer_->on_response_end(worker_.fields);
}

void Exchange::on_eof() {
  if (phase_ == Phase::tunnel) {
    observer_->on_tunnel_eof();
    return;
  }
  if (head_done_ && body_.finish_at_eof()) {
    upstream_keeps_ = false;
    end_response({});
    if (observer_ != nullptr) observer_->on_response_flush();
    return;
  }
  connection_lost(head_done_ ? Reason::upstream_short_body : Reason::upstream_closed, 0);
}

void Exchange::on_close(base::Error why) {
  connection_lost(lost_reason(why), why.os_errno);
}

void Exchange::connection_lost(Reason reason, int os_errno) {
  if (!may_retry()) {
    fail(reason, response_begun_ ? Retry::never : Retry::if_safe, os_errno);
    return;
  }
  // An idle connection that the upstream closed while our request was on its way: it was not
  // processed, or may be repeated (RFC 9110 §9.2.2, RFC 9112 §9.3.1).
  retried_ = true;
  cluster_->counters().retries.add();
  timer_.cancel();
  lease_.discard();
  phase_ = Phase::leasing;
  request_lease_.start(*cluster_, upstream::LeaseKind::fresh);
}

bool Exchange::may_retry() const {
  return phase_ == Phase::response && !response_begun_ && !retried_ && lease_.reused() &&
         !has_body() && http::is_idempotent(request_.method);
}

void Exchange::fail(Reason reason, Retry retry, int os_errno) {
  if (lease_.held() && side(reason) == Side::upstream) {
    lease_.endpoint().counters.failures[static_cast<std::size_t>(reason)].add();
  }
  release(false);
  std::exchange(observer_, nullptr)->on_exchange_failed({reason, side(reason), retry, os_errno});
}

void Exchange::release(bool reusable) {
  timer_.cancel();
  phase_ = Phase::idle;
  worker_.to_upstream.clear();
  if (reusable) {
    lease_.give_back();
  } else {
    lease_.discard();
  }
  if (head_.capacity() > kKeepHeadCapacity) head_ = std::string();
}

void Exchange::cancel(bool reset) {
  observer_ = nullptr;
  request_lease_.cancel();
  if (reset) lease_.discard(true);
  release(false);
}

void Exchange::arm(base::Nanos delay) {
  worker_.poller.arm(timer_, delay);
}

void Exchange::on_timeout(reactor::Timer& /*timer*/) {
  if (phase_ == Phase::tunnel) {
    fail(Reason::tunnel_timeout, Retry::never);
  } else if (head_done_) {
    const std::size_t unsent = observer_->client_unsent();
    if (unsent != 0 && unsent != std::exchange(unsent_seen_, unsent)) {
      arm(request_.idle_timeout);  // the client reads, if slowly
      return;
    }
    fail(unsent > 0 ? Reason::client_stalled : Reason::upstream_stalled, Retry::never);
  } else {
    fail(Reason::request_timeout, Retry::never);
  }
}

}  // namespace tidegate::gateway::session
