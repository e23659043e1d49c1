#include "reactor/acceptor.h"

#include <sys/socket.h>

#include <algorithm>

namespace tidegate::reactor {
namespace {

// More connections than any queue of the kernel holds; those that came meanwhile are no reason to
// stay.
constexpr int kClosingBatches = 1024;

bool is_shortage(base::Error error) {
  return error.code == base::Errc::out_of_fds || error.code == base::Errc::out_of_memory;
}

bool was_gone_already(base::Error error) {
  return error.code == base::Errc::reset;
}

}  // namespace

Acceptor::~Acceptor() {
  close(false);
}

base::Status Acceptor::open(const base::Address& address, const ListenOptions& options) {
  if (auto opened = listening_.open(address, options); !opened) return opened;
  return begin(options);
}

base::Status Acceptor::adopt(Socket socket, const ListenOptions& options) {
  if (auto adopted = listening_.adopt(std::move(socket), options); !adopted) return adopted;
  return begin(options);
}

base::Status Acceptor::begin(const ListenOptions& options) {
  refuses_ = options.when_out_of_fds == WhenOutOfFds::refuse;
  base::Status begun = take_reserve();
  if (begun && !paused_) begun = watch();
  if (!begun) {
    reserve_.close();
    listening_.close();
  }
  return begun;
}

base::Status Acceptor::watch() {
  auto registration =
      poller_.add(listening_.socket().fd(), *this, Poller::kRead, Poller::Mode::level);
  if (!registration) return registration.error();
  registration_ = std::move(*registration);
  return {};
}

void Acceptor::close(bool take_waiting) {
  // Called from on_accept while it takes who waits: that goes on already.
  if (!listening_.is_open() || (closing_ && take_waiting)) return;
  closing_ = true;
  registration_.remove();
  paused_ = false;
  for (int i = 0; take_waiting && i < kClosingBatches; ++i) {
    if (!accept_some(kBatch)) break;
  }
  // Accepting may just have backed off, or a guest have paused and resumed.
  registration_.remove();
  retry_.cancel();
  paused_ = false;
  backoff_ = 0;
  reserve_.close();
  listening_.close();
  closing_ = false;
}

void Acceptor::pause() {
  paused_ = true;
  // Level-triggered: left registered, a waiting connection would wake us all the time.
  registration_.remove();
}

void Acceptor::resume() {
  if (!paused_) return;
  paused_ = false;
  if (listening_.is_open() && !retry_.armed()) watch_again();
}

void Acceptor::on_ready(Ready /*ready*/) {
  accept_some(kBatch);
}

bool Acceptor::accept_some(int limit) {
  poller_.running_for(typeid(observer_));
  bool more = true;
  int gone = 0;
  for (int asked = 0; more && asked < limit && listening_.is_open() && !paused_; ++asked) {
    auto accepted = listening_.socket().accept();
    if (!accepted) {
      more = false;
    } else if (accepted->ok()) {
      backoff_ = 0;
      observer_.on_accept(std::move((*accepted)->first), (*accepted)->second);
    } else if (was_gone_already(accepted->error()) && ++gone < limit) {
      continue;
    } else {
      if (is_shortage(accepted->error()) && refuse_some() == kBatch) backoff_ = 0;
      back_off();
      more = false;
    }
  }
  observer_.on_accept_batch_end();
  return more && listening_.is_open() && !paused_;
}

// What the reserve gives back serves one connection after the other.
int Acceptor::refuse_some() {
  if (!reserve_.is_open()) return 0;
  int refused = 0;
  reserve_.close();
  for (int i = 0; i < kBatch; ++i) {
    const auto accepted = listening_.socket().accept();
    if (!accepted) break;
    if (accepted->ok()) {
      (*accepted)->first.reset_on_close();
      refused_.add();
      ++refused;
    } else if (!was_gone_already(accepted->error())) {
      break;
    }
  }
  // Should another thread be faster, the next attempt finds none in reserve and only waits.
  static_cast<void>(take_reserve());
  return refused;
}

base::Status Acceptor::take_reserve() {
  if (!refuses_ || reserve_.is_open()) return {};
  // A socket, as what it makes room for: fd, file and socket memory.
  auto socket = Socket::open(AF_UNIX);
  if (!socket) return socket.error();
  reserve_ = std::move(*socket);
  return {};
}

void Acceptor::back_off() {
  pauses_.add();
  backoff_ = std::clamp(backoff_ * 2, kMinBackoff, kMaxBackoff);
  registration_.remove();
  poller_.arm(retry_, backoff_);
}

void Acceptor::on_timeout(Timer& /*timer*/) {
  static_cast<void>(take_reserve());
  if (!paused_) watch_again();
}

void Acceptor::watch_again() {
  // Registering needs no fd, but it may need memory.
  if (!registration_.active() && !watch()) back_off();
}

}  // namespace tidegate::reactor
