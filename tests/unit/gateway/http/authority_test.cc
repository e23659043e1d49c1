#include "gateway/http/authority.h"

#include <boost/test/unit_test.hpp>
#include <string>

namespace tidegate::gateway::http {
namespace {

BOOST_AUTO_TEST_SUITE(authority)

BOOST_AUTO_TEST_CASE(accepts_names_and_addresses_with_or_without_a_port) {
  const std::string longest(255, 'a');
  const std::string_view accepted[] = {
      "a",
      "shop.example",
      "shop.example.",
      "shop.example:80",
      "_srv.a-b~c",
      "xn--bcher-kva.example",
      "127.0.0.1:65535",
      "a:0",
      "a:00080",
      "[::1]",
      "[::1]:8080",
      "[2001:DB8::7]",
      "[::ffff:10.0.0.1]:1",
      longest,
  };
  for (const std::string_view text : accepted) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(parse_authority(text).value_or("refused") == text);
    }
  }
}

BOOST_AUTO_TEST_CASE(leaves_out_the_colon_of_an_empty_port) {
  BOOST_TEST(parse_authority("shop.example:").value_or("refused") == "shop.example");
  BOOST_TEST(parse_authority("[::1]:").value_or("refused") == "[::1]");
}

BOOST_AUTO_TEST_CASE(refuses_what_is_no_host_and_port) {
  const std::string too_long(256, 'a');
  const std::string_view refused[] = {
      "",
      ":80",
      ":",
      "user@shop.example",
      "user:pw@shop.example",
      "a b",
      " a",
      "a ",
      "a,b",
      "a/b",
      "a?b",
      "a#b",
      "a\\b",
      "a%41",
      "a:80:80",
      "a:8o",
      "a:+80",
      "a:-1",
      "a:65536",
      "a:000080",
      "a:80 ",
      "a;b",
      "a=b",
      "caf\xc3\xa9",
      "::1",
      "[::1",
      "::1]",
      "[]",
      "[::1]x",
      "[::1]80",
      "[::1%25eth0]",
      "[v1.a]",
      "[127.0.0.1]",
      "[shop.example]",
      "[[::1]]",
      too_long,
  };
  for (const std::string_view text : refused) {
    BOOST_TEST_CONTEXT('"' << text << '"') {
      BOOST_TEST(!parse_authority(text).has_value());
    }
  }
}

BOOST_AUTO_TEST_CASE(refuses_a_nul_inside) {
  BOOST_TEST(!parse_authority(std::string_view("a\0b", 3)).has_value());
}

BOOST_AUTO_TEST_CASE(knows_the_forms_of_ipv6) {
  const std::string_view valid[] = {
      "::",
      "::1",
      "1::",
      "1:2:3:4:5:6:7:8",
      "1::8",
      "1:2:3:4:5:6:7::",
      "::2:3:4:5:6:7:8",
      "1:2:3:4:5:6:1.2.3.4",
      "::1.2.3.4",
      "1::255.255.255.255",
      "abcd:ef01::ABCD",
  };
  for (const std::string_view text : valid) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(is_ipv6_address(text));
    }
  }
  const std::string_view invalid[] = {
      "",
      ":",
      ":::",
      "1",
      "1:2:3:4:5:6:7",
      "1:2:3:4:5:6:7:8:9",
      "1::2::3",
      "1:2:3:4:5:6:7:8::",
      "::1:2:3:4:5:6:7:8",
      ":1::2",
      "1::2:",
      "12345::",
      "g::",
      "1.2.3.4",
      "1.2.3.4::",
      "::1.2.3",
      "::1.2.3.4.5",
      "::1.2.3.256",
      "::1.2.3.04",
      "::1.2.3.4:5",
      "1:2:3:4:5:6:7:1.2.3.4",
      "::1 ",
      "1:2:3:4:5:6:7:",
  };
  for (const std::string_view text : invalid) {
    BOOST_TEST_CONTEXT('"' << text << '"') {
      BOOST_TEST(!is_ipv6_address(text));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::gateway::http
