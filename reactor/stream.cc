#include "reactor/stream.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

namespace tidegate::reactor {
namespace {

bool is_empty(std::span<const iovec> slices) {
  return std::all_of(slices.begin(), slices.end(),
                     [](const iovec& slice) { return slice.iov_len == 0; });
}

}  // namespace

base::Status Stream::open(Socket socket) {
  auto registration =
      poller_.add(socket.fd(), *this, Poller::kRead | Poller::kWrite, Poller::Mode::edge);
  if (!registration) return registration.error();
  socket_ = std::move(socket);
  registration_ = std::move(*registration);
  return {};
}

void Stream::adopt(Socket socket, Registration registration, Ready ready) {
  socket_ = std::move(socket);
  registration_ = std::move(registration);
  registration_.hand_to(*this);
  ending_ = ready.ending();
  error_seen_ = ready.error();
  readable_ = ready.readable() || ending_;
  if (readable_) registration_.requeue();
}

void Stream::set_transport(std::unique_ptr<Transport> transport) {
  TG_CHECK(is_open() && input_ == nullptr && out_.empty());
  transport_ = std::move(transport);
  // It may have the first word.
  readable_ = true;
  registration_.requeue();
}

Stream::Detached Stream::detach() {
  TG_CHECK(is_open() && !broken_ && out_.empty() && transport_ == nullptr);
  unsigned bits = Ready::kWritable;
  if (readable_) bits |= Ready::kReadable;
  if (ending_) bits |= Ready::kPeerClosed;
  if (error_seen_) bits |= Ready::kError;
  Detached parts{std::move(socket_), std::move(registration_), Ready(bits), {}};
  if (input_ != nullptr) parts.input = std::move(*input_);
  input_.reset();
  return parts;
}

void Stream::on_ready(Ready ready) {
  poller_.running_for(typeid(*observer_));
  if (ready.ending()) ending_ = true;
  if (ready.error()) error_seen_ = true;
  // A transport may have waited for the other direction.
  const bool any = transport_ != nullptr;
  if (ready.readable() || ready.ending() || any) readable_ = true;
  take_late_error();
  if (ready.writable() || any) {
    send_kept();
    if (!is_open()) return;
  }
  if (held() && (ending_ || broken_)) {
    tell_peer_gone();
    if (!is_open()) return;
  }
  if (lifted_ && !held()) deliver_kept();
  if (is_open()) read_some();
  if (is_open() && any) send_after_reading();
  // The bytes that made the owner hold may have come together with the reset.
  if (is_open() && held() && error_seen_) tell_peer_gone();
}

void Stream::take_late_error() {
  // Once reading is over no read will report it.
  if (!error_seen_ || !eof_ || broken_) return;
  broken_ = true;
  error_ = socket_.take_error();
  if (error_.code == base::Errc::ok) error_ = {base::Errc::reset, 0};
}

void Stream::tell_peer_gone() {
  const bool reset = error_seen_ || broken_;
  if (reset ? reset_told_ : (fin_told_ || eof_)) return;
  fin_told_ = true;
  reset_told_ = reset;
  observer_->on_peer_gone(reset);
}

void Stream::read_some() {
  for (int reads = 0; readable_ && !held() && !eof_; ++reads) {
    if (reads == kReadsPerTurn) {
      registration_.requeue();
      return;
    }
    if (!read_once()) return;
  }
  if (is_open()) take_late_error();
  // Input that came before a write error has been delivered: now the error itself.
  if (is_open() && broken_ && !held() && (!readable_ || eof_)) finish(error_);
}

bool Stream::read_once() {
  if (lifted_) {
    // What is kept comes before the end that this read may find.
    deliver_kept();
    return is_open();
  }
  const std::span<char> whole = poller_.read_buffer();
  const std::span<char> into = whole.first(std::min<std::size_t>(whole.size(), read_limit_));
  const Socket::Io io = read_through(into);
  if (!io.ok()) {
    finish(io.error);
    return false;
  }
  if (io.again) readable_ = false;
  if (io.again && io.count == 0) return true;
  if (io.count == 0) {
    readable_ = false;
    if (broken_ && error_.os_errno != EPIPE) {
      // A write has taken the kernel's word of the reset, and reading goes on as if this were the
      // end. Only after a FIN does a write meet EPIPE.
      finish(error_);
      return false;
    }
    eof_ = true;
    observer_->on_eof();
    return is_open();
  }
  bytes_read_ += io.count;
  poller_.note_read(io.count);
  // A short read has emptied the kernel's queue: new input brings a new edge. Not so when the
  // peer's FIN was announced together with the data.
  if (io.count < into.size() && !ending_ && transport_ == nullptr) readable_ = false;
  deliver({into.data(), io.count});
  return is_open();
}

void Stream::deliver(std::string_view received) {
  if (input_ != nullptr && input_->size() + received.size() > kMaxKept) {
    finish({base::Errc::limit, 0});
    return;
  }
  if (input_ != nullptr) {
    input_->append(received);
    deliver_kept();
    return;
  }
  const std::size_t consumed = offer(received);
  if (is_open() && consumed < received.size()) {
    input_ = std::make_unique<std::string>(received.substr(consumed));
  }
}

void Stream::deliver_kept() {
  lifted_ = false;
  if (input_ == nullptr) return;
  // The callback's while it runs: it may close the stream or give the connection away.
  std::unique_ptr<std::string> offered = std::move(input_);
  const std::size_t consumed = offer(*offered);
  if (!is_open() || consumed == offered->size()) return;
  offered->erase(0, consumed);
  input_ = std::move(offered);
}

std::size_t Stream::offer(std::string_view bytes) {
  delivering_ = true;
  const std::size_t consumed = observer_->on_data(bytes);
  delivering_ = false;
  return consumed;
}

void Stream::write(std::string_view bytes) {
  const iovec slice{const_cast<char*>(bytes.data()), bytes.size()};
  write(std::span(&slice, 1));
}

void Stream::write(std::span<const iovec> slices) {
  while (slices.size() > IOV_MAX) {
    write(slices.first(IOV_MAX));
    slices = slices.subspan(IOV_MAX);
  }
  if (!is_open() || broken_ || is_empty(slices)) return;
  TG_DCHECK(!shutdown_wanted_);
  Socket::Io io{0, true, {}};
  if (out_.empty()) {
    io = write_through(slices);
    if (!io.ok()) {
      fail(io.error);
      return;
    }
    bytes_written_ += io.count;
  }
  after_partial_write(slices, io.count);
  // A transport takes what it likes, and no event asks for the rest unless it waits for one.
  if (transport_ != nullptr && !io.again && !out_.empty()) registration_.requeue();
}

void Stream::write(std::string_view bytes, std::unique_ptr<WriteReceipt> receipt) {
  write(bytes);
  if (!is_open() || broken_) {
    receipt->set_status(broken_ ? error_ : base::Error{base::Errc::cancelled, 0});
    poller_.post(std::move(receipt));
  } else if (out_.empty()) {
    poller_.post(std::move(receipt));
  } else {
    if (receipts_ == nullptr) receipts_ = std::make_unique<WaitingReceipts>();
    receipts_->entries.push_back({receipts_->sent + out_.size(), std::move(receipt)});
  }
}

void Stream::settle_receipts(std::size_t sent) {
  receipts_->sent += sent;
  // A poller that has stopped destroys what is posted, here and now; who is destroyed may close us.
  while (receipts_ != nullptr && !receipts_->entries.empty() &&
         receipts_->entries.front().due <= receipts_->sent) {
    std::unique_ptr<WriteReceipt> receipt = std::move(receipts_->entries.front().receipt);
    receipts_->entries.pop_front();
    poller_.post(std::move(receipt));
  }
  if (receipts_ != nullptr && receipts_->entries.empty()) receipts_.reset();
}

void Stream::drop_receipts(base::Error why) {
  const std::unique_ptr<WaitingReceipts> waiting = std::move(receipts_);
  if (waiting == nullptr) return;
  for (auto& entry : waiting->entries) {
    entry.receipt->set_status(why);
    poller_.post(std::move(entry.receipt));
  }
}

void Stream::after_partial_write(std::span<const iovec> slices, std::size_t sent) {
  for (const iovec& slice : slices) {
    const std::size_t skip = std::min(sent, slice.iov_len);
    sent -= skip;
    if (skip == slice.iov_len) continue;
    out_.append({static_cast<const char*>(slice.iov_base) + skip, slice.iov_len - skip},
                poller_.blocks());
  }
  if (above_high_mark()) over_high_ = true;
}

void Stream::send_kept() {
  if (!out_.empty()) flush();
  if (!is_open() || !end_owed_) return;
  send_end();
  if (end_sent() && !broken_) observer_->on_write_drained();
}

void Stream::send_after_reading() {
  if (out_.empty() && !end_owed_) return;
  // What was read may be what the transport waited for (the end of its handshake), and no event
  // tells of that; the same goes for reads after a write that got on.
  const std::size_t before = out_.size();
  send_kept();
  const bool got_on = out_.size() < before || (before == 0 && !end_owed_);
  if (!is_open() || !got_on) return;
  readable_ = true;
  registration_.requeue();
}

void Stream::flush() {
  while (!out_.empty()) {
    std::array<iovec, 16> slices;
    const std::size_t count = out_.gather(slices.data(), slices.size());
    const Socket::Io io = write_through(std::span(slices.data(), count));
    if (!io.ok()) {
      fail(io.error);
      return;
    }
    TG_DCHECK(io.count > 0 || io.again);
    bytes_written_ += io.count;
    out_.consume(io.count, poller_.blocks());
    if (receipts_ != nullptr) settle_receipts(io.count);
    if (io.again || !is_open()) break;
  }
  if (!is_open()) return;
  if (out_.empty() && shutdown_wanted_) send_end();
  if (broken_) return;
  if (out_.empty() || (over_high_ && out_.size() <= kLowMark)) {
    over_high_ = false;
    observer_->on_write_drained();
  }
}

void Stream::shutdown_write() {
  if (!is_open() || shutdown_wanted_) return;
  shutdown_wanted_ = true;
  if (out_.empty()) send_end();
}

void Stream::send_end() {
  end_owed_ = false;
  if (broken_) return;
  if (transport_ == nullptr) {
    socket_.shutdown_write();
    return;
  }
  const Socket::Io io = transport_->finish(socket_);
  if (!io.ok()) {
    fail(io.error);
  } else {
    end_owed_ = io.again;
  }
}

void Stream::lift(ReadHold reason) {
  TG_DCHECK(poller_.on_own_thread());
  const bool was_held = held();
  holds_ &= static_cast<std::uint8_t>(~static_cast<unsigned>(reason));
  if (!was_held || held()) return;
  lifted_ = true;
  // Who holds again is told again.
  reset_told_ = false;
  // Inside on_data it is not known yet whether anything will be left.
  if (readable_ || input_ != nullptr || broken_ || delivering_) registration_.requeue();
}

void Stream::fail(base::Error why) {
  // The caller is in the middle of something: the end is reported from the poller, after the input
  // that came before it.
  broken_ = true;
  error_ = why;
  out_.clear(poller_.blocks());
  drop_receipts(why);
  readable_ = true;
  registration_.requeue();
}

void Stream::finish(base::Error why) {
  close();
  observer_->on_close(why);
}

void Stream::close() {
  if (!is_open()) return;
  TG_DCHECK(poller_.on_own_thread());
  registration_.release_for_close();
  out_.clear(poller_.blocks());
  drop_receipts({base::Errc::cancelled, 0});
  transport_.reset();
  socket_.close();
}

void Stream::abort() {
  if (!is_open()) return;
  socket_.reset_on_close();
  close();
}

}  // namespace tidegate::reactor
