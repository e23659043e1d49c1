#include "conf/units.h"

#include <boost/test/unit_test.hpp>

using namespace tidegate::conf;
using std::chrono::milliseconds;

BOOST_AUTO_TEST_SUITE(units)

BOOST_AUTO_TEST_CASE(takes_decimal_integers_only) {
  BOOST_TEST(parse_integer("0").value() == 0U);
  BOOST_TEST(parse_integer("18446744073709551615").value() == 18446744073709551615ULL);
  for (const char* text : {"", "012", "00", "0x10", "0o7", "+1", "-1", "1_000", "1e3", "1.0", " 1",
                           "1 ", "18446744073709551616", "one"}) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(!parse_integer(text));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_duration_needs_its_unit) {
  BOOST_TEST(parse_duration("250ms")->count() == 250);
  BOOST_TEST(parse_duration("2s")->count() == 2000);
  BOOST_TEST(parse_duration("5m")->count() == 300'000);
  BOOST_TEST(parse_duration("1h")->count() == 3'600'000);
  BOOST_TEST(parse_duration("0s")->count() == 0);
  for (const char* text : {"", "2", "0", "s", "2 s", "2S", "2sec", "1.5s", "-1s", "1m30s", "01s",
                           "9223372036854775807s", "99999999999999999999ms"}) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(!parse_duration(text));
    }
  }
}

BOOST_AUTO_TEST_CASE(writes_durations_in_the_largest_exact_unit) {
  BOOST_TEST(format_duration(milliseconds(0)) == "0s");
  BOOST_TEST(format_duration(milliseconds(250)) == "250ms");
  BOOST_TEST(format_duration(milliseconds(90'000)) == "90s");
  BOOST_TEST(format_duration(milliseconds(60'000)) == "1m");
  BOOST_TEST(format_duration(milliseconds(3'600'000)) == "1h");
}

BOOST_AUTO_TEST_CASE(a_size_needs_a_binary_unit) {
  BOOST_TEST(parse_size("64KiB").value() == 65536U);
  BOOST_TEST(parse_size("1MiB").value() == 1048576U);
  BOOST_TEST(parse_size("2GiB").value() == 2147483648U);
  BOOST_TEST(parse_size("7B").value() == 7U);
  for (const char* text : {"", "64", "64KB", "64kib", "64K", "KiB", "1.5MiB", "9999999999999GiB"}) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(!parse_size(text));
    }
  }
  BOOST_TEST(format_size(65536) == "64KiB");
  BOOST_TEST(format_size(1025) == "1025B");
  BOOST_TEST(format_size(0) == "0B");
}

BOOST_AUTO_TEST_CASE(a_share_is_a_percentage_up_to_a_hundred) {
  BOOST_TEST(parse_share("100%").value() == 1.0);
  BOOST_TEST(parse_share("0%").value() == 0.0);
  BOOST_TEST(parse_share("0.25%").value() == 0.0025);
  BOOST_TEST(parse_share("12.5%").value() == 0.125);
  for (const char* text :
       {"", "%", "20", "101%", "100.01%", "1.234%", "1.%", ".5%", "-1%", "0.2"}) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(!parse_share(text));
    }
  }
}

BOOST_AUTO_TEST_CASE(writes_shares_as_they_are_read) {
  for (const char* text : {"0%", "0.01%", "0.25%", "0.5%", "12.5%", "20%", "99.99%", "100%"}) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(format_share(parse_share(text).value()) == text);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_mode_is_octal) {
  BOOST_TEST(parse_mode("0660").value() == 0660U);
  BOOST_TEST(parse_mode("600").value() == 0600U);
  for (const char* text : {"", "0888", "1660", "66", "00660", "rw-", "0x180"}) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(!parse_mode(text));
    }
  }
  BOOST_TEST(format_mode(0640) == "0640");
}

BOOST_AUTO_TEST_SUITE_END()
