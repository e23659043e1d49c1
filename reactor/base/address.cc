#include "reactor/base/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace tidegate::base {
namespace {

constexpr Error kBadAddress{Errc::bad_address, 0};

Result<std::uint16_t> parse_port(std::string_view text) {
  unsigned value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = code == std::errc() && end == text.data() + text.size();
  if (!whole || text.size() > 5 || value > 65535) return kBadAddress;
  return static_cast<std::uint16_t>(value);
}

bool is_mapped(const in6_addr& address) {
  return IN6_IS_ADDR_V4MAPPED(&address) != 0;
}

Result<Address> parse_unix(std::string_view path) {
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  if (path.empty() || path == "@" || path.size() >= sizeof local.sun_path) return kBadAddress;
  std::memcpy(local.sun_path, path.data(), path.size());
  const bool abstract = path.front() == '@';
  if (abstract) local.sun_path[0] = '\0';
  const auto size = offsetof(sockaddr_un, sun_path) + path.size() + (abstract ? 0 : 1);
  return Address::from_sockaddr(reinterpret_cast<const sockaddr*>(&local),
                                static_cast<socklen_t>(size));
}

Result<Address> parse_ipv6(std::string_view text) {
  const auto close = text.find(']');
  if (close == std::string_view::npos || close + 1 >= text.size() || text[close + 1] != ':') {
    return kBadAddress;
  }
  const auto port = parse_port(text.substr(close + 2));
  if (!port) return kBadAddress;
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(*port);
  const std::string host(text.substr(1, close - 1));
  if (::inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) != 1) return kBadAddress;
  return Address::from_sockaddr(reinterpret_cast<const sockaddr*>(&v6), sizeof v6);
}

Result<Address> parse_ipv4(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return kBadAddress;
  const auto port = parse_port(text.substr(colon + 1));
  if (!port) return kBadAddress;
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(*port);
  const std::string host(text.substr(0, colon));
  if (::inet_pton(AF_INET, host.c_str(), &v4.sin_addr) != 1) return kBadAddress;
  return Address::from_sockaddr(reinterpret_cast<const sockaddr*>(&v4), sizeof v4);
}

}  // namespace

Result<Address> Address::parse(std::string_view text) {
  constexpr std::string_view kUnix = "unix:";
  // The kernel's parsers would stop at it and not see the rest.
  if (text.find('\0') != std::string_view::npos) return kBadAddress;
  if (text.substr(0, kUnix.size()) == kUnix) return parse_unix(text.substr(kUnix.size()));
  if (!text.empty() && text.front() == '[') return parse_ipv6(text);
  return parse_ipv4(text);
}

Address Address::from_sockaddr(const sockaddr* from, socklen_t length) {
  Address address;
  address.size_ = std::min<socklen_t>(length, sizeof address.storage_);
  std::memcpy(static_cast<void*>(&address.storage_), from, address.size_);
  return address;
}

std::uint16_t Address::port() const {
  if (family() == AF_INET) return ntohs(storage_.v4.sin_port);
  if (family() == AF_INET6) return ntohs(storage_.v6.sin6_port);
  return 0;
}

Address Address::with_port(std::uint16_t port) const {
  Address copy = *this;
  if (family() == AF_INET) copy.storage_.v4.sin_port = htons(port);
  if (family() == AF_INET6) copy.storage_.v6.sin6_port = htons(port);
  return copy;
}

std::string Address::unix_path() const {
  constexpr auto kHeader = offsetof(sockaddr_un, sun_path);
  if (!is_unix() || size_ <= kHeader) return {};
  std::string path(storage_.local.sun_path, size_ - kHeader);
  if (path.front() == '\0') {
    path.front() = '@';
  } else {
    path.resize(std::strlen(path.c_str()));
  }
  return path;
}

std::string Address::host() const {
  char text[INET6_ADDRSTRLEN];
  return {text, PeerAddress(*this).write_host(text)};
}

std::string Address::to_string() const {
  if (is_unix()) return "unix:" + unix_path();
  if (!is_ip()) return "none";
  return PeerAddress(*this).to_string();
}

bool operator==(const Address& a, const Address& b) {
  return a.size_ == b.size_ && std::memcmp(a.data(), b.data(), a.size_) == 0;
}

PeerAddress::PeerAddress(const Address& from) : port_(from.port()) {
  family_ = static_cast<std::uint16_t>(from.family());
  if (from.family() == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(from.data());
    std::memcpy(bytes_, &v4->sin_addr, sizeof v4->sin_addr);
  } else if (from.family() == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6*>(from.data())->sin6_addr;
    if (is_mapped(v6)) {
      family_ = AF_INET;
      std::memcpy(bytes_, v6.s6_addr + 12, 4);
    } else {
      std::memcpy(bytes_, &v6, sizeof bytes_);
    }
  }
}

std::size_t PeerAddress::write_host(char* out) const {
  if (family_ == AF_UNIX) {
    std::memcpy(out, "unix", 4);
    return 4;
  }
  if (family_ != AF_INET && family_ != AF_INET6) return 0;
  ::inet_ntop(family_, bytes_, out, INET6_ADDRSTRLEN);
  return std::strlen(out);
}

std::size_t PeerAddress::write(char* out) const {
  char* at = out;
  if (family_ == AF_INET6) *at++ = '[';
  at += write_host(at);
  if (family_ == AF_INET6) *at++ = ']';
  *at++ = ':';
  if (family_ != AF_UNIX) at = std::to_chars(at, out + kTextSize, port_).ptr;
  return static_cast<std::size_t>(at - out);
}

std::string PeerAddress::to_string() const {
  char text[kTextSize];
  return {text, write(text)};
}

}  // namespace tidegate::base
