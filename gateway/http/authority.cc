#include "gateway/http/authority.h"

#include <algorithm>
#include <cstddef>

#include "gateway/http/chars.h"

namespace tidegate::gateway::http {
namespace {

constexpr std::size_t kMaxHostBytes = 255;  // RFC 1035 §2.3.4: no name on the wire is longer

bool is_port(std::string_view text) {
  if (text.size() > 5) return false;
  unsigned port = 0;
  for (const char c : text) {
    if (!is_digit(c)) return false;
    port = port * 10 + hex_value(c);
  }
  return port <= 65535;
}

bool is_ipv4_address(std::string_view text) {
  for (int octets = 1;; ++octets) {
    const std::size_t dot = text.find('.');
    const std::string_view octet = text.substr(0, dot);
    if (octet.empty() || octet.size() > 3 || !std::ranges::all_of(octet, is_digit)) return false;
    if (octet.size() > 1 && octet.front() == '0') return false;  // octal to some, decimal to others
    if (octet.size() == 3 && octet > "255") return false;
    if (dot == std::string_view::npos) return octets == 4;
    text.remove_prefix(dot + 1);
  }
}

// The 16-bit groups of `text`, an IPv4 tail counting as two where `ipv4_tail` allows one; -1 when a
// group is malformed. An empty text has none.
int count_groups(std::string_view text, bool ipv4_tail) {
  int groups = 0;
  while (!text.empty()) {
    const std::size_t colon = text.find(':');
    const std::string_view group = text.substr(0, colon);
    if (ipv4_tail && colon == std::string_view::npos && group.find('.') != std::string_view::npos) {
      return is_ipv4_address(group) ? groups + 2 : -1;
    }
    if (group.empty() || group.size() > 4 || !std::ranges::all_of(group, is_hex_digit)) return -1;
    ++groups;
    if (colon == std::string_view::npos) return groups;
    text.remove_prefix(colon + 1);
    if (text.empty()) return -1;
  }
  return groups;
}

// The size of the host that `text` begins with, brackets included; 0 when there is none.
std::size_t host_size(std::string_view text) {
  if (text.empty()) return 0;
  if (text.front() == '[') {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos || !is_ipv6_address(text.substr(1, close - 1))) return 0;
    return close + 1;
  }
  std::size_t size = 0;
  while (size < text.size() && is_host_char(text[size])) ++size;
  return size <= kMaxHostBytes ? size : 0;
}

}  // namespace

bool is_ipv6_address(std::string_view text) {
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) return count_groups(text, true) == 8;
  const int before = count_groups(text.substr(0, gap), false);
  const int after = count_groups(text.substr(gap + 2), true);
  return before >= 0 && after >= 0 && before + after <= 7;
}

std::optional<std::string_view> parse_authority(std::string_view text) {
  const std::size_t size = host_size(text);
  if (size == 0) return std::nullopt;
  if (size == text.size()) return text;
  const std::string_view port = text.substr(size + 1);
  if (text[size] != ':' || !is_port(port)) return std::nullopt;
  return port.empty() ? text.substr(0, size) : text;
}

}  // namespace tidegate::gateway::http
