#include "reactor/base/utc_stamp.h"

#include <chrono>

namespace tidegate::base {
namespace {

constexpr std::int64_t kSecondsPerDay = 86'400;

constexpr char digit(std::int64_t value) {
  return static_cast<char>('0' + value);
}

}  // namespace

std::string_view UtcStamp::format(Nanos wall) {
  const std::int64_t second = wall / kSecond;
  if (second != second_) {
    const std::int64_t day = second / kSecondsPerDay;
    if (day != day_) format_day(day);
    format_second(second % kSecondsPerDay);
    second_ = second;
  }
  const std::int64_t millis = wall % kSecond / kMillisecond;
  text_[20] = digit(millis / 100);
  put_two(21, millis % 100);
  return {text_.data(), text_.size()};
}

void UtcStamp::format_day(std::int64_t day) {
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{day}}};
  const int year = static_cast<int>(date.year());
  put_two(0, year / 100);
  put_two(2, year % 100);
  put_two(5, static_cast<unsigned>(date.month()));
  put_two(8, static_cast<unsigned>(date.day()));
  day_ = day;
}

void UtcStamp::format_second(std::int64_t second_of_day) {
  put_two(11, second_of_day / 3600);
  put_two(14, second_of_day / 60 % 60);
  put_two(17, second_of_day % 60);
}

void UtcStamp::put_two(std::size_t at, std::int64_t value) {
  text_[at] = digit(value / 10);
  text_[at + 1] = digit(value % 10);
}

}  // namespace tidegate::base
