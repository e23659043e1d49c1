#include "reactor/relay_flow.h"

#include <algorithm>
#include <array>
#include <cerrno>

namespace tidegate::reactor {
namespace {

bool is_error(base::Error error) {
  return error.code != base::Errc::ok;
}

// Splice is not to be had for these sockets, or forbidden; the connection itself is not harmed.
bool cannot_splice(base::Error error) {
  switch (error.os_errno) {
    case EINVAL:
    case ENOSYS:
    case EOPNOTSUPP:
    case EPERM:
      return true;
    default:
      return false;
  }
}

}  // namespace

void RelayFlow::begin_with(std::string_view bytes) {
  kept_.append(bytes, poller_.blocks());
}

void RelayFlow::note(Ready ready) {
  if (ready.ending()) ending_ = true;
  if (ready.readable() || ready.ending()) readable_ = true;
}

RelayFlow::Pumped RelayFlow::pump(const Socket& from, const Socket& to) {
  const Pumped pumped = run(from, to);
  if (pumped.pause == Pause::source_broke || pumped.pause == Pause::sink_broke) drop();
  // Only a pipe with bytes in it is kept from one call to the next.
  if (waiting() == 0) release_pipe();
  return pumped;
}

RelayFlow::Pumped RelayFlow::run(const Socket& from, const Socket& to) {
  for (std::size_t taken = 0;;) {
    if (waiting() > 0) {
      const base::Error error = flush(to);
      if (is_error(error)) return {Pause::sink_broke, error};
      if (waiting() > 0) return {Pause::clogged, {}};
    }
    if (input_over_ && !lost_) return finish(to);
    if (input_over_) return {Pause::dry, {}};
    if (!readable_) return {Pause::dry, {}};
    if (taken >= kBudget) return {Pause::budget, {}};

    std::string_view copied;
    const Socket::Io in = take(from, copied);
    if (!in.ok()) {
      input_over_ = true;
      return {Pause::source_broke, in.error};
    }
    if (in.again) {
      found_dry();
      continue;
    }
    if (in.count == 0) input_over_ = true;
    taken += in.count;
    const base::Error error = give(to, copied);
    if (is_error(error)) return {Pause::sink_broke, error};
    if (!kept_.empty()) return {Pause::clogged, {}};
  }
}

RelayFlow::Pumped RelayFlow::finish(const Socket& to) {
  if (!finished_) to.shutdown_write();
  finished_ = true;
  return {Pause::finished, {}};
}

Socket::Io RelayFlow::take(const Socket& from, std::string_view& copied) {
  if (have_pipe()) {
    const Socket::Io io = pipe_->fill(from, kBudget);
    if (io.ok() || !cannot_splice(io.error)) {
      note_taken(io.count);
      return io;
    }
    refuse_splicing();
  }
  const std::span<char> whole = poller_.read_buffer();
  const std::span<char> into = whole.first(std::min(whole.size(), kCopy));
  const Socket::Io io = from.read(into);
  copied = {into.data(), io.count};
  poller_.note_read(io.count);
  note_taken(io.count);
  // A short read has emptied the kernel's queue: new input brings a new edge. Not so when the
  // peer's FIN was announced together with the data.
  if (io.count > 0 && io.count < into.size() && !ending_) found_dry();
  return io;
}

base::Error RelayFlow::give(const Socket& to, std::string_view copied) {
  if (copied.empty()) return {};
  const Socket::Io io = to.write(copied);
  if (!io.ok()) return io.error;
  note_moved(io.count);
  if (io.count < copied.size()) kept_.append(copied.substr(io.count), poller_.blocks());
  return {};
}

base::Error RelayFlow::flush(const Socket& to) {
  return kept_.empty() ? flush_pipe(to) : flush_kept(to);
}

base::Error RelayFlow::flush_kept(const Socket& to) {
  while (!kept_.empty()) {
    std::array<iovec, 16> slices;
    const std::size_t count = kept_.gather(slices.data(), slices.size());
    const Socket::Io io = to.write(std::span(slices.data(), count));
    if (!io.ok() || io.again) return io.error;
    note_moved(io.count);
    kept_.consume(io.count, poller_.blocks());
  }
  return {};
}

base::Error RelayFlow::flush_pipe(const Socket& to) {
  while (pipe_->held() > 0) {
    const Socket::Io io = pipe_->drain(to);
    if (!io.ok() && cannot_splice(io.error)) {
      const base::Error error = empty_pipe_into_kept();
      return is_error(error) ? error : flush_kept(to);
    }
    if (io.count == 0) return io.error;
    note_moved(io.count);
  }
  return {};
}

base::Error RelayFlow::empty_pipe_into_kept() {
  while (pipe_->held() > 0) {
    const std::span<char> into = poller_.read_buffer();
    const Socket::Io io = pipe_->read(into);
    if (!io.ok()) return io.error;
    kept_.append({into.data(), io.count}, poller_.blocks());
  }
  refuse_splicing();
  return {};
}

void RelayFlow::note_taken(std::size_t count) {
  if (count == 0) return;
  active_at_ = poller_.now();
  run_ += count;
  if (run_ >= kLongRun && !splice_refused_) splicing_ = true;
}

void RelayFlow::found_dry() {
  readable_ = false;
  if (run_ < kShortRun) splicing_ = false;
  run_ = 0;
}

bool RelayFlow::have_pipe() {
  if (!splicing_ || pipe_) return splicing_;
  pipe_ = pipes_.take();
  if (!pipe_) {
    // Asked for again after another long run.
    splicing_ = false;
    run_ = 0;
  }
  return splicing_;
}

void RelayFlow::refuse_splicing() {
  release_pipe();
  splice_refused_ = true;
  splicing_ = false;
}

void RelayFlow::release_pipe() {
  if (!pipe_) return;
  pipes_.give_back(std::move(*pipe_));
  pipe_.reset();
}

void RelayFlow::note_moved(std::size_t count) {
  moved_ += count;
  if (count > 0) active_at_ = poller_.now();
}

void RelayFlow::drop() {
  release_pipe();
  kept_.clear(poller_.blocks());
}

}  // namespace tidegate::reactor
