// The path of a file that has the date in its name: "/var/log/app-%Y%m%d.log", in UTC.
//
// Conversions, as strftime has them: %Y %m %d %j (year, month, day, day of the year), %F
// (%Y-%m-%d), %H %M %S, and %% for a literal '%'. Any other '%' stands for itself, so a path
// without these is taken as it is. Owner and thread: one each. No clock: the caller says what time
// it is.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "reactor/base/clock.h"

namespace tidegate::base {

class DatedPath {
 public:
  explicit DatedPath(std::string pattern);

  [[nodiscard]] const std::string& pattern() const { return pattern_; }

  /// The name changes with time.
  [[nodiscard]] bool dated() const { return period_ != 0; }

  /// The name at `wall`, nanoseconds since the epoch and not negative. Good until the next call.
  /// Written anew only when `wall` is in another second, minute, hour or day than before, whichever
  /// is the finest the name shows.
  const std::string& at(Nanos wall);

 private:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min();

  std::string pattern_;
  std::int64_t period_ = 0;  // seconds for which a name holds; 0: for ever
  std::int64_t current_ = kNever;
  std::string name_;
};

}  // namespace tidegate::base
