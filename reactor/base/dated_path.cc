#include "reactor/base/dated_path.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <chrono>
#include <iterator>
#include <optional>
#include <string_view>

namespace tidegate::base {
namespace {

constexpr std::int64_t kMinute = 60;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;

// Seconds for which a conversion's text holds; 0: for ever; nothing: it is no conversion.
std::optional<std::int64_t> period_of(char conversion) {
  switch (conversion) {
    case 'Y':
    case 'm':
    case 'd':
    case 'j':
    case 'F':
      return kDay;
    case 'H':
      return kHour;
    case 'M':
      return kMinute;
    case 'S':
      return 1;
    case '%':
      return 0;
    default:
      return std::nullopt;
  }
}

// Calls `text(letter)` and `conversion(letter)` in the order of the pattern.
template <typename Text, typename Conversion>
void parse(std::string_view pattern, Text text, Conversion conversion) {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const bool converts =
        pattern[i] == '%' && i + 1 < pattern.size() && period_of(pattern[i + 1]).has_value();
    if (converts) {
      conversion(pattern[++i]);
    } else {
      text(pattern[i]);
    }
  }
}

class Moment {
 public:
  explicit Moment(std::int64_t second)
      : date_(std::chrono::sys_days(std::chrono::days(second / kDay))), of_day_(second % kDay) {}

  void append(char conversion, std::string& to) const {
    const auto out = std::back_inserter(to);
    const int year = static_cast<int>(date_.year());
    const auto month = static_cast<unsigned>(date_.month());
    const auto day = static_cast<unsigned>(date_.day());
    switch (conversion) {
      case 'Y':
        fmt::format_to(out, FMT_COMPILE("{:04}"), year);
        break;
      case 'm':
        fmt::format_to(out, FMT_COMPILE("{:02}"), month);
        break;
      case 'd':
        fmt::format_to(out, FMT_COMPILE("{:02}"), day);
        break;
      case 'j':
        fmt::format_to(out, FMT_COMPILE("{:03}"), day_of_year());
        break;
      case 'F':
        fmt::format_to(out, FMT_COMPILE("{:04}-{:02}-{:02}"), year, month, day);
        break;
      case 'H':
        fmt::format_to(out, FMT_COMPILE("{:02}"), of_day_ / kHour);
        break;
      case 'M':
        fmt::format_to(out, FMT_COMPILE("{:02}"), of_day_ / kMinute % 60);
        break;
      case 'S':
        fmt::format_to(out, FMT_COMPILE("{:02}"), of_day_ % 60);
        break;
      default:
        to += conversion;
        break;
    }
  }

 private:
  [[nodiscard]] long day_of_year() const {
    const std::chrono::sys_days new_year{date_.year() / std::chrono::January / 1};
    return (std::chrono::sys_days{date_} - new_year).count() + 1;
  }

  std::chrono::year_month_day date_;
  std::int64_t of_day_;  // seconds
};

}  // namespace

DatedPath::DatedPath(std::string pattern) : pattern_(std::move(pattern)) {
  parse(
      pattern_, [](char) {},
      [this](char conversion) {
        const std::int64_t period = *period_of(conversion);
        if (period != 0 && (period_ == 0 || period < period_)) period_ = period;
      });
}

const std::string& DatedPath::at(Nanos wall) {
  const std::int64_t second = wall / kSecond;
  const std::int64_t current = dated() ? second / period_ : 0;
  if (current == current_) return name_;
  current_ = current;
  name_.clear();
  const Moment moment(second);
  parse(
      pattern_, [this](char letter) { name_ += letter; },
      [&](char conversion) { moment.append(conversion, name_); });
  return name_;
}

}  // namespace tidegate::base
