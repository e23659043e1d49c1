// Picks the route of a request. Built once per configuration, read by every worker, never changed.
//
// The most specific host is tried first: an exact name, then wildcards from the longest to the
// shortest, then routes for any host. Where none of a level's routes takes both path and method,
// the next level is tried, so that a catch-all can stand beside special cases. Within one level an
// exact path comes before the longest prefix, shorter prefixes before routes for any path; at the
// same path a route that names the method comes before one that names none, and then file order
// decides. README.md beside this file says how paths are compared.
#pragma once

#include <cstddef>
#include <string_view>
#include <unordered_map>

#include "conf/model.h"
#include "gateway/route/path_table.h"

namespace tidegate::gateway::route {

class Table {
 public:
  /// `listener` must outlive the table, which keeps slices of it and hands out its routes. Only
  /// `listener.routes` is read: a table of none matches nothing.
  explicit Table(const conf::Listener& listener);

  /// Null when no route takes it. `authority` may carry a port, any letter case and a trailing dot;
  /// it is empty for a request that names no host, which only routes for any host take. `path` may
  /// carry a query, which is not looked at. No allocation; O(labels) in the host, O(log n) in
  /// paths.
  [[nodiscard]] const conf::Route* match(std::string_view authority, std::string_view path,
                                         std::string_view method) const;

 private:
  using Hosts = std::unordered_map<std::string_view, PathTable>;

  [[nodiscard]] const conf::Route* find(std::string_view host, std::string_view path,
                                        std::string_view method) const;
  [[nodiscard]] const conf::Route* find_wildcard(std::string_view host, std::string_view path,
                                                 std::string_view method) const;

  Hosts exact_;
  Hosts wildcards_;  // "*.example.com" under "example.com"
  PathTable any_host_;
  std::size_t longest_wildcard_ = 0;  // longer suffixes of a host are not looked up
};

}  // namespace tidegate::gateway::route
