#include "gateway/session/http1_session.h"

#include "gateway/session/local_reply.h"

namespace tidegate::gateway::session {
namespace {

// How long and how much a client may go on sending after we said our last word.
constexpr base::Nanos kLingerTime = 2 * base::kSecond;
constexpr std::uint32_t kLingerBytes = 1024 * 1024;

// While draining, how long a connection must have been idle before it is closed: a request that was
// on its way when the drain began arrives within it.
constexpr base::Nanos kDrainGrace = base::kSecond;

}  // namespace

Http1Session::Http1Session(WorkerContext& worker, ListenerContext& listener,
                           const base::PeerAddress& peer)
    : worker_(worker),
      listener_(listener),
      stream_(worker.poller, *this),
      timer_(*this),
      peer_(peer) {}

Http1Session::~Http1Session() = default;

base::Status Http1Session::open(reactor::Socket socket) {
  stream_.limit_reads(kPipelineBytes);
  if (auto opened = stream_.open(std::move(socket)); !opened) return opened;
  worker_.poller.arm(timer_, worker_.draining ? kDrainGrace : listener_.shared.timeouts.idle);
  return {};
}

std::size_t Http1Session::on_data(std::string_view bytes) {
  switch (state_) {
    case State::idle:
    case State::head:
      return take_heads(bytes);
    case State::exchange:
      return take_body(bytes);
    case State::tunnel:
      return take_tunnel(bytes);
    case State::lingering:
      discarded_ += static_cast<std::uint32_t>(bytes.size());
      if (discarded_ > kLingerBytes) close(end_);
      return bytes.size();
    case State::closed:
      break;
  }
  return bytes.size();
}

void Http1Session::on_eof() {
  switch (state_) {
    case State::idle:
      close(Reason::none);
      break;
    case State::head:
      reject(Reason::client_closed);
      break;
    case State::exchange:
      fail_request(Reason::client_closed);
      break;
    case State::tunnel:
      client_done_ = true;
      active_->exchange.end_raw();
      finish_tunnel_if_over();
      break;
    case State::lingering:
      close(end_);
      break;
    case State::closed:
      break;
  }
}

void Http1Session::on_peer_gone(bool reset) {
  if (reset && active_ != nullptr) {
    fail_request(Reason::client_reset);
  } else if (reset) {
    close(Reason::client_reset);
  } else if (state_ == State::exchange && !active_->response_done) {
    fail_request(Reason::client_closed);
  }
}

void Http1Session::on_close(base::Error why) {
  const Reason reason =
      why.code == base::Errc::timed_out ? Reason::client_stalled : Reason::client_reset;
  if (state_ == State::head) {
    reject(reason);
  } else if (active_ != nullptr) {
    fail_request(reason);
  } else {
    close(state_ == State::lingering ? end_ : reason);
  }
}

void Http1Session::on_timeout(reactor::Timer& /*timer*/) {
  switch (state_) {
    case State::idle:
      on_idle_timeout();
      break;
    case State::head:
      reject(Reason::client_header_timeout);
      break;
    case State::exchange:
      if (!active_->response_done) {
        fail_request(Reason::client_body_timeout);
      } else if (stream_.unsent() != active_->unsent_seen) {
        active_->unsent_seen = stream_.unsent();
        worker_.poller.arm(timer_, listener_.shared.timeouts.idle);
      } else {
        fail_request(Reason::client_stalled);
      }
      break;
    case State::lingering:
      close(end_);
      break;
    case State::tunnel:
    case State::closed:
      break;
  }
}

void Http1Session::on_idle_timeout() {
  if (stream_.held()) {
    close(Reason::client_stalled);
    return;
  }
  // What is kept is no request: a lone CR at most.
  if (stream_.socket().peek() == reactor::Socket::Pending::input) {
    // A request has arrived that the poller has not told us of yet: it is not lost.
    worker_.poller.arm(timer_, kDrainGrace);
    return;
  }
  close(Reason::idle_timeout);
}

void Http1Session::drain() {
  if (state_ == State::idle) worker_.poller.arm(timer_, kDrainGrace);
}

void Http1Session::cut() {
  if (active_ != nullptr) {
    fail_request(Reason::draining);
  }
  if (state_ != State::closed) close(Reason::draining);
}

void Http1Session::reject(Reason reason) {
  // Counted and recorded as a request of which nothing is known.
  if (active_ == nullptr) {
    active_ = worker_.requests.take(worker_);
    active_->started = worker_.now();
    listener_.counters.requests.add();
    listener_.counters.requests_active.add();
  }
  state_ = State::exchange;
  fail_request(reason);
}

void Http1Session::fail_request(Reason reason) {
  ActiveRequest& active = *active_;
  active.exchange.cancel(is_broken_tunnel(reason));
  // Its head counts as sent, so what the same read brought goes out before the end.
  if (active.response_begun) worker_.to_client.flush(stream_);
  worker_.to_client.clear();
  timer_.cancel();
  const std::uint16_t status = status_for(reason);
  // A failure that left the request's framing intact costs the request, not the connection.
  const bool framing_intact =
      side(reason) != Side::client && reason != Reason::draining && active.body.done();
  active.keep_alive = framing_intact && !active.response_begun && keeps_alive({});
  if (!active.response_begun && status != 0 && stream_.is_open()) {
    respond(status, error_text(status, reason));
  }
  finish_request(reason);
}

void Http1Session::finish_request(Reason reason) {
  record_request(reason);
  const bool answered = active_->status != 0;
  const bool whole = active_->response_done && active_->body.done();
  const bool keep = whole && active_->keep_alive && stream_.is_open();
  // Where only the end of the connection tells the end of the data, an early one is a reset.
  const bool cut_short = active_->response_begun && !active_->response_done &&
                         active_->response_framing.kind == http::Framing::Kind::until_close;
  const bool ambiguous_end = cut_short || is_broken_tunnel(reason);
  worker_.requests.give_back(std::move(active_), worker_);
  if (keep) {
    become_idle();
  } else if (answered && !ambiguous_end && stream_.is_open() && state_ != State::tunnel &&
             reason != Reason::client_stalled) {
    end_ = reason;
    linger();
  } else {
    close(reason, ambiguous_end);
  }
}

bool Http1Session::is_broken_tunnel(Reason reason) const {
  return state_ == State::tunnel && side(reason) != Side::none;
}

void Http1Session::become_idle() {
  state_ = State::idle;
  worker_.poller.arm(timer_, worker_.draining ? kDrainGrace : listener_.shared.timeouts.idle);
  stream_.lift(reactor::ReadHold::setup);
  stream_.lift(reactor::ReadHold::exchange);
  if (stream_.above_high_mark()) {
    // Replies of our own that the client does not read: no further request is.
    stream_.hold(reactor::ReadHold::backpressure);
  } else {
    stream_.lift(reactor::ReadHold::backpressure);
  }
}

void Http1Session::linger() {
  if (stream_.input_ended() && stream_.unsent() == 0) {
    close(end_);  // nothing more will come
    return;
  }
  state_ = State::lingering;
  stream_.shutdown_write();
  worker_.poller.arm(timer_, kLingerTime);
  stream_.lift(reactor::ReadHold::setup);
  stream_.lift(reactor::ReadHold::backpressure);
  stream_.lift(reactor::ReadHold::exchange);
}

void Http1Session::record_request(Reason reason) {
  telemetry::ListenerCounters& counters = listener_.counters;
  const ActiveRequest& active = *active_;
  counters.requests_active.sub();
  counters.responses[active.status / 100 % counters.responses.size()].add();
  if (reason != Reason::none) counters.failures[static_cast<std::size_t>(reason)].add();
  const base::Nanos total = worker_.now() - active.started;
  counters.duration.observe(total);
  count_bytes();
  const telemetry::AccessLog& log = listener_.shared.log;
  if (!log.wants(reason, worker_.random.next())) return;
  const upstream::LeaseRequest& lease = active.exchange.lease_request();
  char client[base::PeerAddress::kTextSize];
  telemetry::AccessRecord record;
  record.listener = listener_.shared.config.name;
  record.client = {client, peer_.write(client)};
  record.request_id = active.text[RequestText::kId];
  record.method = active.text[RequestText::kMethod];
  record.host = active.text[RequestText::kHost];
  record.target = active.text[RequestText::kTarget];
  record.protocol = active.version == http::Version::http10 ? "HTTP/1.0" : "HTTP/1.1";
  record.user_agent = active.text[RequestText::kUserAgent];
  if (active.route != nullptr) record.route = active.route->name;
  if (active.cluster != nullptr) {
    record.cluster = active.cluster->config().name;
    record.tries = lease.tries();
    record.queue = lease.queue_time();
    record.connect = lease.connect_time();
    record.first_byte = active.exchange.first_byte_time();
    record.reused = active.exchange.reused();
    if (lease.endpoint() != nullptr) record.endpoint = lease.endpoint()->text;
  }
  record.status = active.status;
  record.reason = reason;
  record.bytes_in = active.body_in;
  record.bytes_out = active.body_out;
  record.total = total;
  log.write(record, worker_.clock.wall(worker_.now()));
}

void Http1Session::count_bytes() {
  listener_.counters.bytes_in.add(stream_.take_bytes_read());
  listener_.counters.bytes_out.add(stream_.take_bytes_written());
}

void Http1Session::close(Reason reason, bool reset) {
  if (state_ == State::closed) return;
  state_ = State::closed;
  timer_.cancel();
  count_bytes();
  if (reset) {
    stream_.abort();
  } else {
    stream_.close();
  }
  end_session(worker_, listener_, *this, reason);
}

}  // namespace tidegate::gateway::session
