#include "gateway/http/date.h"

#include <boost/test/unit_test.hpp>
#include <ctime>
#include <string>

namespace tidegate::gateway::http {
namespace {

std::string text_of(std::int64_t seconds) {
  const DateText text = format_date(seconds);
  return {text.begin(), text.end()};
}

// The C library's own opinion, in the "C" locale no test program leaves.
std::string reference(std::int64_t seconds) {
  const std::time_t time = seconds;
  std::tm parts{};
  gmtime_r(&time, &parts);
  char text[64];
  return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

BOOST_AUTO_TEST_SUITE(date)

BOOST_AUTO_TEST_CASE(formats_the_example_of_rfc_9110) {
  BOOST_TEST(text_of(784111777) == "Sun, 06 Nov 1994 08:49:37 GMT");
}

BOOST_AUTO_TEST_CASE(agrees_with_the_c_library_over_four_centuries) {
  constexpr std::int64_t kStep = 86400 + 3661;  // every day of the year, every hour of the day
  for (std::int64_t seconds = 0; seconds < 400LL * 366 * 86400; seconds += kStep) {
    if (text_of(seconds) != reference(seconds)) {
      BOOST_TEST(text_of(seconds) == reference(seconds));
      return;
    }
  }
}

BOOST_AUTO_TEST_CASE(knows_the_edges_of_leap_years) {
  for (const std::int64_t day : {68169600LL, 68256000LL, 951782400LL, 951868800LL, 4107542400LL}) {
    for (const std::int64_t seconds : {day - 1, day, day + 86399}) {
      BOOST_TEST(text_of(seconds) == reference(seconds));
    }
  }
}

BOOST_AUTO_TEST_CASE(clamps_what_has_no_four_digit_year) {
  BOOST_TEST(text_of(-1) == "Thu, 01 Jan 1970 00:00:00 GMT");
  BOOST_TEST(text_of(253402300799) == "Fri, 31 Dec 9999 23:59:59 GMT");
  BOOST_TEST(text_of(253402300800) == "Fri, 31 Dec 9999 23:59:59 GMT");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::gateway::http
