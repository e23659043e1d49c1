#include "gateway/http/date.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace tidegate::gateway::http {
namespace {

constexpr std::int64_t kSecondsPerDay = 86400;
constexpr std::int64_t kLastSecondOf9999 = 253402300799;

struct Civil {
  int year;
  int month;  // 1 to 12
  int day;    // 1 to 31
};

// Counts in 400-year eras of 146097 days that begin on the first of March, so that the leap day
// is the last of its year and months need no table.
Civil civil_from_days(std::int64_t days_since_epoch) {
  const std::int64_t days = days_since_epoch + 719468;  // from 0000-03-01
  const std::int64_t era = days / 146097;
  const int day_of_era = static_cast<int>(days % 146097);
  const int year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int month_from_march = (5 * day_of_year + 2) / 153;
  const int month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  const int year = static_cast<int>(era) * 400 + year_of_era + (month <= 2 ? 1 : 0);
  return {year, month, day_of_year - (153 * month_from_march + 2) / 5 + 1};
}

void put(DateText& out, std::size_t at, std::string_view text) {
  std::ranges::copy(text, out.data() + at);
}

void put_two_digits(DateText& out, std::size_t at, int number) {
  out[at] = static_cast<char>('0' + number / 10 % 10);
  out[at + 1] = static_cast<char>('0' + number % 10);
}

}  // namespace

DateText format_date(std::int64_t seconds) {
  constexpr std::string_view kDays = "ThuFriSatSunMonTueWed";  // the epoch was a Thursday
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";

  seconds = std::clamp<std::int64_t>(seconds, 0, kLastSecondOf9999);
  const std::int64_t days = seconds / kSecondsPerDay;
  const int second = static_cast<int>(seconds % kSecondsPerDay);
  const Civil date = civil_from_days(days);

  DateText out;
  put(out, 0, "Day, 00 Mon 0000 00:00:00 GMT");
  put(out, 0, kDays.substr(static_cast<std::size_t>(days % 7) * 3, 3));
  put_two_digits(out, 5, date.day);
  put(out, 8, kMonths.substr(static_cast<std::size_t>(date.month - 1) * 3, 3));
  put_two_digits(out, 12, date.year / 100);
  put_two_digits(out, 14, date.year);
  put_two_digits(out, 17, second / 3600);
  put_two_digits(out, 20, second / 60 % 60);
  put_two_digits(out, 23, second % 60);
  return out;
}

}  // namespace tidegate::gateway::http
