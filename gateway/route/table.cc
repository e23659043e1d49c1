#include "gateway/route/table.h"

#include <algorithm>
#include <array>
#include <vector>

#include "gateway/http/chars.h"
#include "gateway/route/path_text.h"

namespace tidegate::gateway::route {
namespace {

constexpr std::size_t kMaxHost = 255;            // RFC 1035 §2.3.4
constexpr std::size_t kMaxRewritten = 8 * 1024;  // the default of limits.target_bytes

constexpr std::string_view kWildcard = "*.";

// Without port and the dot that makes a name absolute; an IPv6 literal keeps its brackets.
std::string_view host_of(std::string_view authority) {
  if (authority.starts_with('[')) return authority.substr(0, authority.find(']') + 1);
  std::string_view host = authority.substr(0, authority.find(':'));
  if (host.ends_with('.')) host.remove_suffix(1);
  return host;
}

using Routes = std::vector<const conf::Route*>;

}  // namespace

Table::Table(const conf::Listener& listener) {
  std::unordered_map<std::string_view, Routes> exact;
  std::unordered_map<std::string_view, Routes> wildcards;
  Routes any_host;
  for (const conf::Route& route : listener.routes) {
    if (route.match.hosts.empty()) any_host.push_back(&route);
    for (const std::string_view host : route.match.hosts) {
      if (host.starts_with(kWildcard)) {
        wildcards[host.substr(kWildcard.size())].push_back(&route);
      } else {
        exact[host].push_back(&route);
      }
    }
  }
  for (const auto& [host, routes] : exact) exact_.emplace(host, PathTable(routes));
  for (const auto& [host, routes] : wildcards) {
    wildcards_.emplace(host, PathTable(routes));
    longest_wildcard_ = std::max(longest_wildcard_, host.size());
  }
  any_host_ = PathTable(any_host);
}

const conf::Route* Table::match(std::string_view authority, std::string_view path,
                                std::string_view method) const {
  const std::string_view received_host = host_of(authority);
  if (received_host.size() > kMaxHost) return nullptr;
  std::array<char, kMaxHost> host_bytes;
  std::transform(received_host.begin(), received_host.end(), host_bytes.begin(), http::to_lower);
  const std::string_view host(host_bytes.data(), received_host.size());

  path = path.substr(0, path.find('?'));
  const bool encoded = path.find('%') != std::string_view::npos;
  if (!encoded && !has_dot_segments(path)) return find(host, path, method);

  if (path.size() > kMaxRewritten) return nullptr;
  std::array<char, kMaxRewritten> path_bytes;
  if (encoded) path = decode_unreserved(path, path_bytes.data());
  const conf::Route* const literal = find(host, path, method);
  if (!has_dot_segments(path)) return literal;
  // The upstream gets the path as received and may or may not resolve the dots. Only when both
  // readings lead to the same route does it not matter which of them it takes.
  path = remove_dot_segments(path, path_bytes.data());
  return find(host, path, method) == literal ? literal : nullptr;
}

const conf::Route* Table::find(std::string_view host, std::string_view path,
                               std::string_view method) const {
  if (const auto it = exact_.find(host); it != exact_.end()) {
    if (const conf::Route* route = it->second.find(path, method)) return route;
  }
  if (!wildcards_.empty()) {
    if (const conf::Route* route = find_wildcard(host, path, method)) return route;
  }
  return any_host_.find(path, method);
}

const conf::Route* Table::find_wildcard(std::string_view host, std::string_view path,
                                        std::string_view method) const {
  // From 1: a wildcard stands for at least one label, and a label is never empty.
  for (std::size_t dot = host.find('.', 1); dot != std::string_view::npos;
       dot = host.find('.', dot + 1)) {
    const std::string_view suffix = host.substr(dot + 1);
    if (suffix.size() > longest_wildcard_) continue;
    const auto it = wildcards_.find(suffix);
    if (it == wildcards_.end()) continue;
    if (const conf::Route* route = it->second.find(path, method)) return route;
  }
  return nullptr;
}

}  // namespace tidegate::gateway::route
