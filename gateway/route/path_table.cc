#include "gateway/route/path_table.h"

#include <algorithm>
#include <map>
#include <utility>

#include "gateway/route/path_text.h"

namespace tidegate::gateway::route {
namespace {

// Configured paths are read as received ones are, so that both sides of a comparison agree.
std::string readable(const std::string& configured) {
  std::string path(configured.size(), '\0');
  path.resize(decode_unreserved(configured, path.data()).size());
  path.resize(remove_dot_segments(path, path.data()).size());
  return path;
}

// Whole segments only: "/a" takes "/a" and "/a/b" but not "/ab"; "/a/" takes "/a/" but not "/a".
bool takes(std::string_view prefix, std::string_view path) {
  if (!path.starts_with(prefix)) return false;
  return prefix.ends_with('/') || path.size() == prefix.size() || path[prefix.size()] == '/';
}

void put_methods_first(std::vector<const conf::Route*>& routes) {
  std::stable_partition(routes.begin(), routes.end(),
                        [](const conf::Route* route) { return !route->match.methods.empty(); });
}

}  // namespace

PathTable::PathTable(std::span<const conf::Route* const> routes) {
  std::map<std::string, Candidates> prefixes;
  for (const conf::Route* route : routes) {
    const conf::PathMatch& path = route->match.path;
    switch (path.kind) {
      case conf::PathMatch::Kind::any:
        any_path_.push_back(route);
        break;
      case conf::PathMatch::Kind::exact:
        exact_[readable(path.value)].push_back(route);
        break;
      case conf::PathMatch::Kind::prefix:
        prefixes[readable(path.value)].push_back(route);
        break;
    }
  }
  put_methods_first(any_path_);
  for (auto& [value, candidates] : exact_) put_methods_first(candidates);
  prefixes_.reserve(prefixes.size());
  for (auto& [value, candidates] : prefixes) {
    put_methods_first(candidates);
    prefixes_.push_back({value, std::move(candidates), kNone});
  }
  link_parents();
}

void PathTable::link_parents() {
  for (std::size_t i = 1; i < prefixes_.size(); ++i) {
    std::size_t parent = i - 1;
    while (parent != kNone && !prefixes_[i].value.starts_with(prefixes_[parent].value)) {
      parent = prefixes_[parent].parent;
    }
    prefixes_[i].parent = parent;
  }
}

const conf::Route* PathTable::find(std::string_view path, std::string_view method) const {
  if (const auto it = exact_.find(path); it != exact_.end()) {
    if (const conf::Route* route = pick(it->second, method)) return route;
  }
  const std::string_view resource = path == "*" ? std::string_view("/") : path;
  if (const conf::Route* route = find_prefix(resource, method)) return route;
  return pick(any_path_, method);
}

// In sorted order every prefix of `path` is the last entry not above it, or begins that entry: the
// parents lead through all of them, the longest first.
const conf::Route* PathTable::find_prefix(std::string_view path, std::string_view method) const {
  const auto above = std::upper_bound(
      prefixes_.begin(), prefixes_.end(), path,
      [](std::string_view text, const Prefix& prefix) { return text < prefix.value; });
  if (above == prefixes_.begin()) return nullptr;
  for (auto i = static_cast<std::size_t>(above - prefixes_.begin()) - 1; i != kNone;
       i = prefixes_[i].parent) {
    if (!takes(prefixes_[i].value, path)) continue;
    if (const conf::Route* route = pick(prefixes_[i].routes, method)) return route;
  }
  return nullptr;
}

const conf::Route* PathTable::pick(const Candidates& routes, std::string_view method) {
  for (const conf::Route* route : routes) {
    const auto& methods = route->match.methods;
    if (methods.empty() || std::find(methods.begin(), methods.end(), method) != methods.end()) {
      return route;
    }
  }
  return nullptr;
}

}  // namespace tidegate::gateway::route
