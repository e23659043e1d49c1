// A socket address: IPv4, IPv6, or a unix path (abstract ones begin with '@').
//
// Text form, the same in configuration, logs and metrics: "10.0.0.1:80", "[::1]:80",
// "unix:/run/x.sock", "unix:@name". Only numeric addresses: resolving names is not done here.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "reactor/base/result.h"

namespace tidegate::base {

class Address {
 public:
  /// An address of no family; `valid()` is false.
  Address() { storage_.generic.sa_family = AF_UNSPEC; }

  /// Reads the text form. Fails as: Errc::bad_address.
  static Result<Address> parse(std::string_view text);

  /// Takes what accept(2), getsockname(2) or getpeername(2) wrote.
  static Address from_sockaddr(const sockaddr* from, socklen_t length);

  [[nodiscard]] bool valid() const { return family() != AF_UNSPEC; }
  [[nodiscard]] int family() const { return storage_.generic.sa_family; }
  [[nodiscard]] bool is_ip() const { return family() == AF_INET || family() == AF_INET6; }
  [[nodiscard]] bool is_unix() const { return family() == AF_UNIX; }

  /// Host byte order; 0 for unix addresses.
  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] Address with_port(std::uint16_t port) const;

  /// The path of a unix address, with '@' for the leading NUL of an abstract one; else empty.
  [[nodiscard]] std::string unix_path() const;

  /// The numeric host without port or brackets, e.g. "10.0.0.1", "::1"; IPv4-mapped IPv6 prints
  /// as IPv4; "unix" for unix addresses.
  [[nodiscard]] std::string host() const;

  /// The text form that `parse` reads. An unnamed unix peer prints as "unix:".
  [[nodiscard]] std::string to_string() const;

  [[nodiscard]] const sockaddr* data() const { return &storage_.generic; }
  [[nodiscard]] socklen_t size() const { return size_; }

  friend bool operator==(const Address& a, const Address& b);

 private:
  union Storage {
    sockaddr generic;
    sockaddr_in v4;
    sockaddr_in6 v6;
    sockaddr_un local;
  };
  Storage storage_{};
  socklen_t size_ = 0;
};

// The part of a peer's address a connection keeps for its whole life: 20 bytes, against the 112
// of an Address. Unix peers keep no path.
class PeerAddress {
 public:
  PeerAddress() = default;
  explicit PeerAddress(const Address& from);

  [[nodiscard]] std::uint16_t port() const { return port_; }

  /// Writes the numeric host into `out` (at least 46 bytes) and returns its length; "unix" for
  /// unix peers. No allocation.
  std::size_t write_host(char* out) const;

  /// The same for the text form with port, e.g. "10.0.0.1:80", "unix:" (at least kTextSize bytes).
  std::size_t write(char* out) const;
  static constexpr std::size_t kTextSize = 56;

  [[nodiscard]] std::string to_string() const;

 private:
  std::uint8_t bytes_[16] = {};  // IPv4 as the first four
  std::uint16_t port_ = 0;       // host byte order
  std::uint16_t family_ = AF_UNSPEC;
};

}  // namespace tidegate::base
