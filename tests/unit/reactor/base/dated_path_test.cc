#include "reactor/base/dated_path.h"

#include <array>
#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>

using namespace tidegate::base;

namespace {

constexpr Nanos kDay = 86'400 * kSecond;
constexpr Nanos kLeapDay = 19'782 * kDay;  // 2024-02-29T00:00:00Z
constexpr Nanos kNewYear = 20'454 * kDay;  // 2026-01-01T00:00:00Z
constexpr Nanos kMoment = kNewYear + (31 * 86'400 + 3 * 3600 + 4 * 60 + 5) * kSecond;

}  // namespace

BOOST_AUTO_TEST_SUITE(dated_path)

BOOST_AUTO_TEST_CASE(names_the_file_of_the_day_up_to_its_last_nanosecond) {
  struct Case {
    Nanos wall;
    std::string_view name;
  };
  const std::array<Case, 11> cases = {{
      {0, "app-19700101.log"},
      {kDay - 1, "app-19700101.log"},
      {kDay, "app-19700102.log"},
      {kLeapDay - 1, "app-20240228.log"},
      {kLeapDay, "app-20240229.log"},
      {kLeapDay + kDay - 1, "app-20240229.log"},
      {kLeapDay + kDay, "app-20240301.log"},
      {kNewYear - 1, "app-20251231.log"},
      {kNewYear, "app-20260101.log"},
      {kNewYear + 31 * kDay, "app-20260201.log"},
      {kNewYear - kDay, "app-20251231.log"},  // a clock set back
  }};
  DatedPath path("app-%Y%m%d.log");
  BOOST_TEST(path.dated());
  for (const Case& each : cases) {
    BOOST_TEST_CONTEXT(each.name) {
      BOOST_TEST(path.at(each.wall) == each.name);
    }
  }
}

BOOST_AUTO_TEST_CASE(knows_every_conversion_it_names_and_leaves_the_rest_alone) {
  struct Case {
    std::string_view pattern;
    std::string_view name;
    bool dated;
  };
  const std::array<Case, 14> cases = {{
      {"%Y", "2026", true},
      {"%m", "02", true},
      {"%d", "01", true},
      {"%j", "032", true},
      {"%F", "2026-02-01", true},
      {"%H", "03", true},
      {"%M", "04", true},
      {"%S", "05", true},
      {"/logs/%Y/%m/%dT%H%M%S.log", "/logs/2026/02/01T030405.log", true},
      {"plain.log", "plain.log", false},
      {"100%.log", "100%.log", false},
      {"%", "%", false},
      {"%q%-%", "%q%-%", false},
      {"%%d-%d%%", "%d-01%", true},
  }};
  for (const Case& each : cases) {
    BOOST_TEST_CONTEXT(each.pattern) {
      DatedPath path{std::string(each.pattern)};
      BOOST_TEST(path.at(kMoment) == each.name);
      BOOST_TEST(path.dated() == each.dated);
      BOOST_TEST(path.pattern() == each.pattern);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_doubled_percent_sign_alone_makes_a_literal_one_and_no_date) {
  DatedPath path("a%%d.log");
  BOOST_TEST(!path.dated());
  BOOST_TEST(path.at(kMoment) == "a%d.log");
  BOOST_TEST(path.at(kMoment + kDay) == "a%d.log");
}

BOOST_AUTO_TEST_CASE(the_name_moves_with_the_finest_of_its_conversions) {
  struct Case {
    std::string_view pattern;
    Nanos period;
  };
  const std::array<Case, 5> cases = {{
      {"%S %M %H %d", kSecond},
      {"%d %M", 60 * kSecond},
      {"%H %F", 3600 * kSecond},
      {"%Y", kDay},
      {"%j", kDay},
  }};
  const Nanos last_of_year = kNewYear - 1;
  for (const Case& each : cases) {
    BOOST_TEST_CONTEXT(each.pattern) {
      DatedPath path{std::string(each.pattern)};
      const std::string before = path.at(last_of_year - each.period + 1);
      BOOST_TEST(path.at(last_of_year) == before);
      BOOST_TEST(path.at(last_of_year + 1) != before);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_day_of_the_year_counts_the_leap_day) {
  DatedPath path("%j");
  BOOST_TEST(path.at(kLeapDay) == "060");
  BOOST_TEST(path.at(kLeapDay + 306 * kDay) == "366");
  BOOST_TEST(path.at(kLeapDay + 307 * kDay) == "001");
}

BOOST_AUTO_TEST_SUITE_END()
