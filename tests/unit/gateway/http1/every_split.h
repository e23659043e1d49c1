// Feeds bytes to an incremental decoder in every way that matters: whole, cut in two at each place,
// and one by one. What a decoder makes of them must not depend on it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate::gateway::http1 {

using Pieces = std::vector<std::string_view>;

/// Calls `check(pieces)` for every way of cutting; no piece is empty.
template <typename Check>
void for_every_split(std::string_view bytes, Check&& check) {
  check(Pieces{bytes});
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    check(Pieces{bytes.substr(0, cut), bytes.substr(cut)});
  }
  Pieces singles;
  for (std::size_t at = 0; at < bytes.size(); ++at) singles.push_back(bytes.substr(at, 1));
  check(singles);
}

/// Where the cuts are, for a failing case's context: "3+1+1".
inline std::string describe(const Pieces& pieces) {
  if (pieces.size() > 2) return "byte by byte";
  std::string text;
  for (const std::string_view piece : pieces) {
    text.append(text.empty() ? "" : "+").append(std::to_string(piece.size()));
  }
  return text;
}

/// A copy whose bytes are on the heap without slack, so that the sanitizer sees a read beyond them.
inline std::vector<char> exact_copy(std::string_view bytes) {
  return {bytes.begin(), bytes.end()};
}

}  // namespace tidegate::gateway::http1
