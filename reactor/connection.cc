#include "reactor/connection.h"

#include "reactor/connection_list.h"

namespace tidegate::reactor {

std::string_view name(EndReason reason) {
  switch (reason) {
    case EndReason::finished:
      return "finished";
    case EndReason::aborted:
      return "aborted";
    case EndReason::idle:
      return "idle";
    case EndReason::reset:
      return "reset";
    case EndReason::failed:
      return "failed";
    case EndReason::stopped:
      return "stopped";
  }
  return "unknown";
}

bool Connection::begin(ConnectionList& list, Socket socket, const base::PeerAddress& peer) {
  peer_ = peer;
  if (!stream_.open(std::move(socket))) return false;
  list_ = &list;
  poller().running_for(typeid(*this));
  on_open();
  return true;
}

void Connection::write(std::string_view bytes) {
  if (finishing_) return;
  stream_.write(bytes);
  hold_when_full();
}

void Connection::write(std::span<const iovec> slices) {
  if (finishing_) return;
  stream_.write(slices);
  hold_when_full();
}

void Connection::write(std::string_view bytes, std::unique_ptr<WriteReceipt> receipt) {
  if (finishing_) {
    receipt->set_status(base::Error{base::Errc::cancelled, 0});
    poller().post(std::move(receipt));
    return;
  }
  stream_.write(bytes, std::move(receipt));
  hold_when_full();
}

void Connection::hold_when_full() {
  if (stream_.above_high_mark()) stream_.hold(ReadHold::backpressure);
}

void Connection::finish() {
  if (list_ == nullptr || finishing_) return;
  finishing_ = true;
  stream_.shutdown_write();
  // Nothing is made of input any more: it must not wait for the peer to take what was written.
  for (const ReadHold hold : {ReadHold::backpressure, ReadHold::exchange, ReadHold::setup}) {
    stream_.lift(hold);
  }
  arm_timer();
  end_if_finished();
}

void Connection::shut_down() {
  if (list_ == nullptr || finishing_) return;
  poller().running_for(typeid(*this));
  on_shutdown();
}

void Connection::end_if_finished() {
  const bool done = finishing_ && stream_.end_sent() && stream_.input_ended();
  if (list_ != nullptr && done) end(EndReason::finished, {});
}

void Connection::end(EndReason why, base::Error error) {
  if (list_ == nullptr) return;
  ConnectionList& list = *std::exchange(list_, nullptr);
  timer_.cancel();
  // Nobody is waiting for anything of a connection that rests: it gets FIN.
  const bool rests = why == EndReason::idle && stream_.unsent() == 0 && untaken_seen_ == 0;
  if (why == EndReason::finished || rests) {
    stream_.close();
  } else {
    stream_.abort();
  }
  on_end(why, error);
  list.leave(*this, why);
}

void Connection::set_idle_limit(base::Nanos limit) {
  idle_limit_ = limit;
  if (finishing_) return;
  timer_.cancel();
  arm_timer();
}

void Connection::arm_timer() {
  const base::Nanos limit = finishing_ ? kLinger : idle_limit_;
  if (limit > 0) poller().arm(timer_, limit);
}

Connection& Connection::Wire::enter() {
  connection.poller().running_for(typeid(connection));
  return connection;
}

std::size_t Connection::Wire::on_data(std::string_view bytes) {
  Connection& c = enter();
  if (c.finishing_) return bytes.size();
  c.untaken_seen_ = kUnknown;
  c.arm_timer();
  return c.on_data(bytes);
}

void Connection::Wire::on_eof() {
  Connection& c = enter();
  if (!c.finishing_) {
    c.on_eof();
  } else {
    c.end_if_finished();
  }
}

void Connection::Wire::on_write_drained() {
  Connection& c = enter();
  c.stream_.lift(ReadHold::backpressure);
  c.untaken_seen_ = kUnknown;
  c.arm_timer();
  c.end_if_finished();
  if (c.list_ != nullptr && !c.finishing_) c.on_drained();
}

void Connection::Wire::on_peer_gone(bool reset) {
  if (!reset) return;
  Connection& c = enter();
  // Nothing is written any more, so nothing will drain: what came before the reset is read now.
  c.stream_.lift(ReadHold::backpressure);
  if (c.stream_.held()) c.end(EndReason::reset, {base::Errc::reset, 0});
}

void Connection::Wire::on_close(base::Error why) {
  const bool reset = why.code == base::Errc::reset;
  enter().end(reset ? EndReason::reset : EndReason::failed, why);
}

void Connection::Wire::on_timeout(Timer& /*timer*/) {
  Connection& c = enter();
  // What was written may still be on its way, a good part of it in the kernel: a peer that takes it
  // is not idle.
  const std::size_t untaken = c.stream_.unsent() + c.stream_.socket().untaken();
  const bool taking = untaken > 0 && untaken < c.untaken_seen_;
  c.untaken_seen_ = untaken;
  if (taking) {
    c.arm_timer();
    return;
  }
  c.end(EndReason::idle, {base::Errc::timed_out, 0});
}

}  // namespace tidegate::reactor
