#include "reactor/socket_options.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <limits>

namespace tidegate::reactor {
namespace {

// What does not fit is out of every range of the kernel too, and refused there.
int round_up(base::Nanos duration, base::Nanos unit) {
  const base::Nanos whole = duration / unit + (duration % unit > 0 ? 1 : 0);
  return static_cast<int>(std::clamp<base::Nanos>(whole, std::numeric_limits<int>::min(),
                                                  std::numeric_limits<int>::max()));
}

}  // namespace

OptionSetter& OptionSetter::set(int level, int name, int value, const char* text) {
  if (!status_) return *this;
  status_ = socket_.set_option(level, name, value);
  if (!status_) failed_ = text;
  return *this;
}

OptionSetter& OptionSetter::apply(const SocketOptions& options, int family) {
  if (options.receive_buffer) {
    set(SOL_SOCKET, SO_RCVBUF, *options.receive_buffer, "SO_RCVBUF");
  }
  if (options.send_buffer) set(SOL_SOCKET, SO_SNDBUF, *options.send_buffer, "SO_SNDBUF");
  if (family == AF_INET || family == AF_INET6) apply_tcp(options);
  return *this;
}

void OptionSetter::apply_tcp(const SocketOptions& options) {
  if (options.nodelay) set(IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY");
  if (options.keepalive) {
    const KeepAlive& keep = *options.keepalive;
    set(IPPROTO_TCP, TCP_KEEPIDLE, round_up(keep.idle, base::kSecond), "TCP_KEEPIDLE");
    set(IPPROTO_TCP, TCP_KEEPINTVL, round_up(keep.interval, base::kSecond), "TCP_KEEPINTVL");
    set(IPPROTO_TCP, TCP_KEEPCNT, keep.count, "TCP_KEEPCNT");
    set(SOL_SOCKET, SO_KEEPALIVE, 1, "SO_KEEPALIVE");
  }
  if (options.user_timeout) {
    set(IPPROTO_TCP, TCP_USER_TIMEOUT, round_up(*options.user_timeout, base::kMillisecond),
        "TCP_USER_TIMEOUT");
  }
}

}  // namespace tidegate::reactor
