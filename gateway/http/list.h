// Comma-separated field values (RFC 9110 §5.6.1).
#pragma once

#include <string_view>

#include "gateway/http/chars.h"

namespace tidegate::gateway::http {

constexpr std::string_view trim(std::string_view text) {
  while (!text.empty() && is_white_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_white_space(text.back())) text.remove_suffix(1);
  return text;
}

/// Calls `visit(member)` for each member in order, without the white space around it. Empty members
/// are visited too: a recipient that may ignore them does so itself.
template <typename Visit>
constexpr void for_each_member(std::string_view list, Visit&& visit) {
  for (;;) {
    const std::size_t comma = list.find(',');
    visit(trim(list.substr(0, comma)));
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace tidegate::gateway::http
