#include "reactor/connector.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

namespace tidegate::reactor {

void Dial::start(const base::Address& to, base::Nanos patience) {
  TG_CHECK(!socket_.is_open() && !patience_.armed());
  failed_at_once_ = begin(to).error();
  const bool failed = failed_at_once_.code != base::Errc::ok;
  if (failed) cancel();
  poller_.arm(patience_, failed ? 0 : patience);
}

base::Status Dial::begin(const base::Address& to) {
  auto socket = Socket::open(to.family());
  if (!socket) return socket.error();
  socket_ = std::move(*socket);
  if (to.is_ip()) {
    if (auto set = socket_.set_option(IPPROTO_TCP, TCP_NODELAY, 1); !set) return set;
  }
  const auto outcome = socket_.connect(to);
  if (outcome && !outcome->ok()) return *outcome;
  // Connected already or not: the first writable edge tells, through one path.
  auto registration =
      poller_.add(socket_.fd(), *this, Poller::kRead | Poller::kWrite, Poller::Mode::edge);
  if (!registration) return registration.error();
  registration_ = std::move(*registration);
  return {};
}

void Dial::cancel() {
  patience_.cancel();
  registration_.release_for_close();
  socket_.close();
}

void Dial::fail(base::Error why) {
  cancel();
  observer_.on_connect_failed(why);
}

void Dial::on_ready(Ready ready) {
  if (!ready.writable() && !ready.ending()) return;
  const base::Error error = socket_.take_error();
  if (error.code != base::Errc::ok) {
    fail(error);
    return;
  }
  if (!ready.writable()) return;
  patience_.cancel();
  observer_.on_connected(std::move(socket_), std::move(registration_), ready);
}

void Dial::on_timeout(Timer& /*timer*/) {
  if (failed_at_once_.code != base::Errc::ok) {
    fail(failed_at_once_);
  } else {
    fail({base::Errc::timed_out, 0});
  }
}

}  // namespace tidegate::reactor
