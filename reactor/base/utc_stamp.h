// Wall time as log lines show it: "2026-01-02T03:04:05.678Z" (RFC 3339, UTC).
//
// Remembers the last second and day it formatted: within a second only the milliseconds are
// written anew. Owner and thread: one thread each.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include "reactor/base/clock.h"

namespace tidegate::base {

class UtcStamp {
 public:
  static constexpr std::size_t kSize = 24;

  /// `wall` is nanoseconds since the epoch, not negative. Good until the next call.
  std::string_view format(Nanos wall);

 private:
  void format_day(std::int64_t day);
  void format_second(std::int64_t second_of_day);
  void put_two(std::size_t at, std::int64_t value);

  std::int64_t day_ = std::numeric_limits<std::int64_t>::min();
  std::int64_t second_ = std::numeric_limits<std::int64_t>::min();
  std::array<char, kSize> text_ = {'0', '0', '0', '0', '-', '0', '0', '-', '0', '0', 'T', '0',
                                   '0', ':', '0', '0', ':', '0', '0', '.', '0', '0', '0', 'Z'};
};

}  // namespace tidegate::base
