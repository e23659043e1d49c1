#include "gateway/http/status.h"

#include <array>
#include <boost/test/unit_test.hpp>

namespace tidegate::gateway::http {
namespace {

BOOST_AUTO_TEST_SUITE(status)

BOOST_AUTO_TEST_CASE(gives_the_standard_phrase) {
  BOOST_TEST(reason_phrase(100) == "Continue");
  BOOST_TEST(reason_phrase(200) == "OK");
  BOOST_TEST(reason_phrase(413) == "Content Too Large");
  BOOST_TEST(reason_phrase(431) == "Request Header Fields Too Large");
  BOOST_TEST(reason_phrase(505) == "HTTP Version Not Supported");
}

BOOST_AUTO_TEST_CASE(says_unknown_for_a_code_without_one) {
  for (const std::uint16_t status :
       std::to_array<std::uint16_t>({0, 99, 199, 418, 599, 600, 999})) {
    BOOST_TEST_CONTEXT(status) {
      BOOST_TEST(reason_phrase(status) == "Unknown");
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::gateway::http
