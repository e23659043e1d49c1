// What must hold of every decoder for every input.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "gateway/http1/head_scanner.h"
#include "gateway/http1/lane.h"

namespace tidegate::gateway::http1 {

/// Ends the run when a property does not hold, in every build type; the fuzzer keeps the input.
inline void must(bool property) {
  if (!property) std::abort();
}

/// Empty slices may point anywhere.
inline bool lies_inside(std::string_view slice, std::string_view whole) {
  if (slice.empty()) return true;
  const auto begin = reinterpret_cast<std::uintptr_t>(whole.data());
  const auto first = reinterpret_cast<std::uintptr_t>(slice.data());
  return first >= begin && first - begin <= whole.size() &&
         slice.size() <= whole.size() - (first - begin);
}

/// Without slack behind it, so that a read beyond the end is seen.
inline std::vector<char> exact_copy(std::string_view bytes) {
  return {bytes.begin(), bytes.end()};
}

// Cuts an input into pieces of sizes that depend on the input's first byte.
class Cutter {
 public:
  explicit Cutter(std::uint8_t seed) : seed_(seed) {}

  std::size_t next_size(std::size_t left) {
    if (seed_ == 0) return std::min<std::size_t>(left, 1);
    state_ = state_ * 1664525U + 1013904223U + seed_;
    return std::min<std::size_t>(left, 1 + (state_ >> 16) % seed_);
  }

 private:
  std::uint32_t seed_;
  std::uint32_t state_ = 0;
};

/// What the scanner must find when no limit is met, told the plain way: byte by byte.
inline HeadScanner::Outcome plain_scan(std::string_view bytes) {
  std::size_t line = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    const char c = bytes[at];
    const bool after_cr = at > line && bytes[at - 1] == '\r';
    if (after_cr != (c == '\n')) return {0, Reason::bad_request};
    if (c != '\r' && c != '\n' && is_control(c)) return {0, Reason::bad_request};
    if (c != '\n') continue;
    if (at == 1) return {0, Reason::bad_request};  // an empty first line
    if (at - line == 1) return {at + 1, Reason::none};
    line = at + 1;
  }
  return {};
}

/// Scans `bytes` whole, in pieces and the plain way, holds the results against each other, and
/// returns them.
inline HeadScanner::Outcome scan_both_ways(std::string_view bytes, const HeadLimits& limits,
                                           std::uint8_t seed) {
  HeadScanner at_once;
  const HeadScanner::Outcome expected = at_once.scan(bytes, limits);
  must(expected.head_size == 0 || expected.problem == Reason::none);
  must(expected.head_size <= bytes.size() && expected.head_size <= limits.head_bytes);
  if (expected.problem != Reason::head_too_large && expected.problem != Reason::target_too_long) {
    const HeadScanner::Outcome plain = plain_scan(bytes);
    must(plain.head_size == expected.head_size && plain.problem == expected.problem);
  }

  HeadScanner scanner;
  Cutter cutter(seed);
  std::size_t size = 0;
  HeadScanner::Outcome outcome;
  while (size < bytes.size() && outcome.head_size == 0 && outcome.problem == Reason::none) {
    size += cutter.next_size(bytes.size() - size);
    const std::vector<char> copy = exact_copy(bytes.substr(0, size));
    outcome = scanner.scan({copy.data(), copy.size()}, limits);
  }
  must(outcome.head_size == expected.head_size && outcome.problem == expected.problem);
  return expected;
}

}  // namespace tidegate::gateway::http1
