#include "reactor/listening_socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <limits>

namespace tidegate::reactor {
namespace {

bool is_range(const base::Address& first, std::uint16_t last) {
  return first.is_ip() && first.port() != 0 && first.port() <= last;
}

int whole_seconds(base::Nanos duration) {
  const base::Nanos seconds = duration / base::kSecond + (duration % base::kSecond > 0 ? 1 : 0);
  return static_cast<int>(std::min<base::Nanos>(seconds, std::numeric_limits<int>::max()));
}

}  // namespace

base::Status ListeningSocket::open(const base::Address& address, const ListenOptions& options) {
  TG_CHECK(!is_open());
  failed_option_ = "";
  if (options.last_port == 0) return open_at(address, options);
  if (!is_range(address, options.last_port)) return base::Error{base::Errc::bad_address, 0};
  for (std::uint16_t port = address.port();; ++port) {
    const base::Status opened = open_at(address.with_port(port), options);
    const bool taken = opened.error().code == base::Errc::in_use;
    if (!taken || port == options.last_port) return opened;
  }
}

// A new socket for every port: of two that were bound at the same time, one learns only from
// listen(2) that it came too late, and stays bound.
base::Status ListeningSocket::open_at(const base::Address& address, const ListenOptions& options) {
  auto socket = Socket::open(address.family());
  if (!socket) return socket.error();
  if (auto set = set_options(*socket, address, options); !set) return set;
  const bool has_file = UnixPath::names_file(address);
  if (has_file) {
    if (auto cleared = UnixPath::clear(address); !cleared) return cleared;
  }
  if (auto bound = socket->bind(address); !bound) return bound;
  if (has_file) {
    if (auto claimed = path_.claim(address, options); !claimed) return claimed;
  }
  const base::Status listens = socket->listen(options.backlog);
  if (listens) {
    socket_ = std::move(*socket);
  } else {
    path_.remove();
  }
  return listens;
}

base::Status ListeningSocket::set_options(const Socket& socket, const base::Address& address,
                                          const ListenOptions& options) {
  OptionSetter setter(socket);
  if (address.is_ip()) {
    if (options.reuse_address) setter.set(SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR");
    if (options.reuse_port) setter.set(SOL_SOCKET, SO_REUSEPORT, 1, "SO_REUSEPORT");
    if (address.family() == AF_INET6) {
      setter.set(IPPROTO_IPV6, IPV6_V6ONLY, options.ipv6_only ? 1 : 0, "IPV6_V6ONLY");
    }
    if (options.defer_accept != 0) {
      setter.set(IPPROTO_TCP, TCP_DEFER_ACCEPT, whole_seconds(options.defer_accept),
                 "TCP_DEFER_ACCEPT");
    }
    if (options.fast_open != 0) {
      setter.set(IPPROTO_TCP, TCP_FASTOPEN, options.fast_open, "TCP_FASTOPEN");
    }
  }
  return note(setter.apply(options.socket, address.family()));
}

base::Status ListeningSocket::adopt(Socket socket, const ListenOptions& options) {
  TG_CHECK(!is_open());
  failed_option_ = "";
  if (!socket.is_listening()) return base::Error::from_errno(EINVAL);
  if (auto made = socket.make_non_blocking(); !made) return made;
  OptionSetter setter(socket);
  if (auto set = note(setter.apply(options.socket, socket.local_address().family())); !set) {
    return set;
  }
  socket_ = std::move(socket);
  return {};
}

base::Status ListeningSocket::note(const OptionSetter& setter) {
  failed_option_ = setter.failed();
  return setter.status();
}

void ListeningSocket::close() {
  // In this order: while the socket is open its inode stays its own, and who wants the path finds
  // it taken.
  path_.remove();
  socket_.close();
}

}  // namespace tidegate::reactor
