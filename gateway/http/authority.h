// The host[:port] of a Host field or of an absolute-form target (RFC 9110 §7.2, RFC 3986 §3.2).
#pragma once

#include <optional>
#include <string_view>

namespace tidegate::gateway::http {

/// Checks `text` and returns the part that counts: all of it, but for the colon of an empty port
/// (RFC 3986 §6.2.3). Nothing when it is no uri-host[:port]: an empty host, user information, white
/// space, a comma, percent-encoding or another byte outside is_host_char, an IP literal that is no
/// IPv6 address (zone identifiers and IPvFuture are none), a port over 65535.
std::optional<std::string_view> parse_authority(std::string_view text);

/// True for an IPv6 address as RFC 3986 §3.2.2 writes it, without brackets or zone.
bool is_ipv6_address(std::string_view text);

}  // namespace tidegate::gateway::http
