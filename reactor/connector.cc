#include "reactor/connector.h"

#include <netinet/in.h>
#include <sys/socket.h>

namespace tidegate::reactor {

void Dial::start(const base::Address& to, base::Nanos patience) {
  DialOptions options;
  options.patience = patience;
  start(to, options);
}

void Dial::start(const base::Address& to, const DialOptions& options) {
  TG_CHECK(!socket_.is_open() && !patience_.armed());
  failed_at_once_ = begin(to, options).error();
  const bool failed = failed_at_once_.code != base::Errc::ok;
  if (failed) cancel();
  poller_.arm(patience_, failed ? 0 : options.patience);
}

base::Status Dial::begin(const base::Address& to, const DialOptions& options) {
  stage_ = DialStage::socket;
  failed_option_ = "";
  auto socket = Socket::open(to.family());
  if (!socket) return socket.error();
  socket_ = std::move(*socket);
  stage_ = DialStage::option;
  if (auto set = set_options(to, options); !set) return set;
  stage_ = DialStage::bind;
  if (options.source) {
    if (auto bound = socket_.bind(*options.source); !bound) return bound;
  }
  stage_ = DialStage::connect;
  const auto outcome = socket_.connect(to);
  if (outcome && !outcome->ok()) return *outcome;
  // Connected already or not: the first writable edge tells, through one path.
  auto registration =
      poller_.add(socket_.fd(), *this, Poller::kRead | Poller::kWrite, Poller::Mode::edge);
  if (!registration) return registration.error();
  registration_ = std::move(*registration);
  return {};
}

base::Status Dial::set_options(const base::Address& to, const DialOptions& options) {
  OptionSetter setter(socket_);
  setter.apply(options.socket, to.family());
  if (options.source && to.is_ip()) {
    if (options.source->port() == 0) {
      setter.set(IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1, "IP_BIND_ADDRESS_NO_PORT");
    } else {
      setter.set(SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR");
    }
  }
  failed_option_ = setter.failed();
  return setter.status();
}

void Dial::cancel() {
  patience_.cancel();
  registration_.release_for_close();
  socket_.close();
}

void Dial::fail(base::Error why) {
  cancel();
  poller_.running_for(typeid(observer_));
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
  poller_.running_for(typeid(observer_));
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
