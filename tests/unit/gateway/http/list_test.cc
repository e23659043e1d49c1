#include "gateway/http/list.h"

#include <boost/test/unit_test.hpp>
#include <string>

namespace tidegate::gateway::http {
namespace {

std::string members_of(std::string_view list) {
  std::string joined;
  for_each_member(list,
                  [&](std::string_view member) { joined.append("<").append(member).append(">"); });
  return joined;
}

BOOST_AUTO_TEST_SUITE(list)

BOOST_AUTO_TEST_CASE(members_come_in_order_without_white_space) {
  BOOST_TEST(members_of("a") == "<a>");
  BOOST_TEST(members_of("a,b ,\tc d\t") == "<a><b><c d>");
}

BOOST_AUTO_TEST_CASE(empty_members_are_visited) {
  BOOST_TEST(members_of("") == "<>");
  BOOST_TEST(members_of(",a, ,") == "<><a><><>");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::gateway::http
