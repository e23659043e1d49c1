#include "admin/http_session.h"

#include <array>

#include "gateway/http/framing.h"
#include "gateway/http1/head_parser.h"
#include "reactor/base/clock.h"

namespace tidegate::admin {

namespace http1 = gateway::http1;
using gateway::Reason;
using reactor::ReadHold;

base::Status HttpSession::open(reactor::Socket socket) {
  if (auto opened = stream_.open(std::move(socket)); !opened) return opened;
  arm_for_phase();
  return {};
}

void HttpSession::close() {
  phase_ = next(phase_, SessionEvent::ended);
  timer_.cancel();
  stream_.close();
}

void HttpSession::end() {
  if (phase_ == SessionPhase::closed) return;
  close();
  host_.on_session_end(*this);
}

std::size_t HttpSession::on_data(std::string_view bytes) {
  std::size_t consumed = 0;
  while (consumed < bytes.size()) {
    const std::size_t taken = take(bytes.substr(consumed));
    if (taken == 0) break;
    consumed += taken;
  }
  return consumed;
}

std::size_t HttpSession::take(std::string_view bytes) {
  switch (phase_) {
    case SessionPhase::idle:
    case SessionPhase::head:
      return take_head(bytes);
    case SessionPhase::body:
      return take_body(bytes);
    case SessionPhase::lingering:
      return discard(bytes);
    case SessionPhase::sending:
    case SessionPhase::closed:
      break;
  }
  return 0;
}

std::size_t HttpSession::take_head(std::string_view bytes) {
  const std::size_t blank = http1::HeadScanner::leading_crlf(bytes);
  if (blank > 0) return blank;
  if (phase_ == SessionPhase::idle) step(SessionEvent::head_begun);
  const auto outcome = scanner_.scan(bytes, head_limits());
  if (outcome.problem != Reason::none) {
    refuse(outcome.problem);
    return bytes.size();
  }
  if (outcome.head_size == 0) return 0;
  scanner_.reset();
  begin(bytes.substr(0, outcome.head_size));
  return outcome.head_size;
}

void HttpSession::begin(std::string_view head) {
  http::RequestHead parsed;
  const Reason problem = http1::parse_request_head(head, head_limits(), host_.fields(), parsed);
  if (problem != Reason::none) return refuse(problem);
  const http::FramingDecision decision = http::request_framing(parsed);
  if (decision.problem != Reason::none) return refuse(decision.problem);
  decoder_.start(decision.framing);
  if (decoder_.done()) return answer(parsed, {});
  const std::size_t limit = host_.limits().body_bytes;
  if (limit == 0 || decision.framing.length > limit) return refuse(Reason::body_too_large);
  head_.assign(head);
  body_.clear();
  step(SessionEvent::body_follows);
  if (parsed.expect_continue) stream_.write("HTTP/1.1 100 Continue\r\n\r\n");
}

std::size_t HttpSession::take_body(std::string_view bytes) {
  const http1::BodyDecoder::Step found = decoder_.next(bytes);
  if (found.problem != Reason::none) {
    refuse(found.problem);
    return bytes.size();
  }
  if (found.data.size() > host_.limits().body_bytes - body_.size()) {
    refuse(Reason::body_too_large);
    return bytes.size();
  }
  body_ += found.data;
  if (found.done) {
    http::RequestHead parsed;
    const Reason problem = http1::parse_request_head(head_, head_limits(), host_.fields(), parsed);
    TG_CHECK(problem == Reason::none);  // the same bytes were parsed before
    answer(parsed, body_);
  }
  return found.consumed;
}

// What comes after the last response is read only so that the response arrives.
std::size_t HttpSession::discard(std::string_view bytes) {
  discarded_ += bytes.size();
  if (discarded_ > host_.limits().linger_bytes) end();
  return bytes.size();
}

void HttpSession::answer(const http::RequestHead& head, std::string_view body) {
  const std::size_t mark = head.path.find('?');
  const std::string_view query =
      mark == std::string_view::npos ? std::string_view() : head.path.substr(mark + 1);
  const Response response = host_.handler().handle({head, head.path.substr(0, mark), query, body});
  const bool keep_alive = head.keep_alive && head.version == http::Version::http11;
  send(response, head.method != http::Method::head, keep_alive);
}

void HttpSession::refuse(Reason reason) {
  Response response = plain_status(gateway::status_for(reason));
  response.body += name(reason);
  response.body += '\n';
  send(response, true, false);
}

void HttpSession::send(const Response& response, bool with_body, bool keep_alive) {
  std::string head = write_response_head(response, base::wall_now() / base::kSecond, !keep_alive);
  std::string_view body = response.body;
  if (!with_body || !may_have_body(response.status)) body = {};
  const std::array<iovec, 2> slices = {
      {{head.data(), head.size()}, {const_cast<char*>(body.data()), body.size()}}};
  stream_.write(slices);
  if (!keep_alive) {
    stream_.shutdown_write();
    step(SessionEvent::answered_last);
  } else if (stream_.unsent() > 0) {
    stream_.hold(ReadHold::exchange);
    step(SessionEvent::answered_partly);
  } else {
    step(SessionEvent::answered);
  }
}

void HttpSession::on_write_drained() {
  if (stream_.unsent() > 0) return;
  if (phase_ == SessionPhase::sending) {
    step(SessionEvent::drained);
    stream_.lift(ReadHold::exchange);
  } else if (phase_ == SessionPhase::lingering) {
    if (stream_.input_ended()) return end();
    arm_for_phase();
  }
}

void HttpSession::on_eof() {
  // A client may close its side after its last request and still wait for the response.
  if (phase_ == SessionPhase::lingering && stream_.unsent() > 0) return;
  end();
}

void HttpSession::on_peer_gone(bool reset) {
  if (reset) end();
}

void HttpSession::on_close(base::Error /*why*/) {
  end();
}

void HttpSession::on_timeout(reactor::Timer& /*timer*/) {
  switch (phase_) {
    case SessionPhase::head:
      return refuse(Reason::client_header_timeout);
    case SessionPhase::body:
      return refuse(Reason::client_body_timeout);
    case SessionPhase::sending:
    case SessionPhase::lingering:
      if (stream_.unsent() < unsent_when_armed_) return arm_for_phase();
      return end();
    case SessionPhase::idle:
    case SessionPhase::closed:
      return end();
  }
}

void HttpSession::step(SessionEvent event) {
  phase_ = next(phase_, event);
  arm_for_phase();
}

void HttpSession::arm_for_phase() {
  const HttpServerLimits& limits = host_.limits();
  base::Nanos patience = limits.idle;
  if (phase_ == SessionPhase::head) patience = limits.head_time;
  if (phase_ == SessionPhase::body) patience = limits.body_time;
  if (phase_ == SessionPhase::lingering && stream_.unsent() == 0) patience = limits.linger;
  unsent_when_armed_ = stream_.unsent();
  stream_.poller().arm(timer_, patience);
}

http1::HeadLimits HttpSession::head_limits() const {
  http1::HeadLimits limits;
  limits.head_bytes = host_.limits().head_bytes;
  return limits;
}

}  // namespace tidegate::admin
