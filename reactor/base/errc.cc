#include "reactor/base/errc.h"

#include <cerrno>

namespace tidegate::base {

std::string_view name(Errc code) {
  switch (code) {
    case Errc::ok:
      return "ok";
    case Errc::os:
      return "os_error";
    case Errc::refused:
      return "refused";
    case Errc::unreachable:
      return "unreachable";
    case Errc::reset:
      return "reset";
    case Errc::timed_out:
      return "timed_out";
    case Errc::cancelled:
      return "cancelled";
    case Errc::out_of_fds:
      return "out_of_fds";
    case Errc::out_of_memory:
      return "out_of_memory";
    case Errc::in_use:
      return "in_use";
    case Errc::not_permitted:
      return "not_permitted";
    case Errc::bad_address:
      return "bad_address";
    case Errc::limit:
      return "limit";
  }
  return "unknown";
}

Errc errc_from_errno(int os_errno) {
  switch (os_errno) {
    case 0:
      return Errc::ok;
    case ECONNREFUSED:
      return Errc::refused;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EHOSTDOWN:
    case ENETDOWN:
    case EADDRNOTAVAIL:
      return Errc::unreachable;
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE:
      return Errc::reset;
    case ETIMEDOUT:
      return Errc::timed_out;
    case ECANCELED:
      return Errc::cancelled;
    case EMFILE:
    case ENFILE:
      return Errc::out_of_fds;
    case ENOMEM:
    case ENOBUFS:
      return Errc::out_of_memory;
    case EADDRINUSE:
      return Errc::in_use;
    case EACCES:
    case EPERM:
      return Errc::not_permitted;
    default:
      return Errc::os;
  }
}

}  // namespace tidegate::base
