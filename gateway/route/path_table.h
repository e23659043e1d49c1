// The routes of one host level, by path and then by method.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "conf/model.h"

namespace tidegate::gateway::route {

class PathTable {
 public:
  PathTable() = default;

  /// `routes` in file order; each must outlive the table.
  explicit PathTable(std::span<const conf::Route* const> routes);

  /// `path` without its query; "*" (RFC 9112 §3.2.4) is taken by the prefix "/" and by routes for
  /// any path. Null when no route takes both path and method.
  [[nodiscard]] const conf::Route* find(std::string_view path, std::string_view method) const;

 private:
  // The routes of one path: those that name methods first, file order otherwise.
  using Candidates = std::vector<const conf::Route*>;

  struct Prefix {
    std::string value;
    Candidates routes;
    std::size_t parent;  // index of the longest other prefix that `value` begins with, or kNone
  };

  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };

  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  static const conf::Route* pick(const Candidates& routes, std::string_view method);
  [[nodiscard]] const conf::Route* find_prefix(std::string_view path,
                                               std::string_view method) const;
  void link_parents();

  std::unordered_map<std::string, Candidates, Hash, std::equal_to<>> exact_;
  std::vector<Prefix> prefixes_;  // sorted by value
  Candidates any_path_;
};

}  // namespace tidegate::gateway::route
