#include "reactor/base/utc_stamp.h"

#include <array>
#include <boost/test/unit_test.hpp>

using tidegate::base::kMillisecond;
using tidegate::base::kSecond;
using tidegate::base::Nanos;
using tidegate::base::UtcStamp;

BOOST_AUTO_TEST_SUITE(utc_stamp)

BOOST_AUTO_TEST_CASE(formats_utc_with_milliseconds_through_every_rollover) {
  struct Case {
    Nanos wall;
    std::string_view text;
  };
  const std::array<Case, 9> cases = {{
      {0, "1970-01-01T00:00:00.000Z"},
      {999'999'999, "1970-01-01T00:00:00.999Z"},
      {kSecond, "1970-01-01T00:00:01.000Z"},
      {1'767'323'045 * kSecond + 678 * kMillisecond, "2026-01-02T03:04:05.678Z"},
      {1'767'323'045 * kSecond + 7 * kMillisecond, "2026-01-02T03:04:05.007Z"},
      {1'709'164'799 * kSecond, "2024-02-28T23:59:59.000Z"},
      {1'709'164'800 * kSecond, "2024-02-29T00:00:00.000Z"},
      {951'868'800 * kSecond, "2000-03-01T00:00:00.000Z"},
      {1'709'164'799 * kSecond, "2024-02-28T23:59:59.000Z"},  // a clock set back
  }};
  UtcStamp stamp;
  for (const Case& each : cases) {
    BOOST_TEST_CONTEXT(each.text) {
      BOOST_TEST(stamp.format(each.wall) == each.text);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
