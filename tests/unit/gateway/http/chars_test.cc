#include "gateway/http/chars.h"

#include <boost/test/unit_test.hpp>
#include <string>

namespace tidegate::gateway::http {
namespace {

template <typename Test>
std::string all_that(Test test) {
  std::string found;
  for (int byte = 0; byte < 256; ++byte) {
    if (test(static_cast<char>(byte))) found.push_back(static_cast<char>(byte));
  }
  return found;
}

constexpr std::string_view kUpper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kLower = "abcdefghijklmnopqrstuvwxyz";

BOOST_AUTO_TEST_SUITE(chars)

BOOST_AUTO_TEST_CASE(token_characters_are_those_of_rfc_9110) {
  const std::string expected =
      "!#$%&'*+-.0123456789" + std::string(kUpper) + "^_`" + std::string(kLower) + "|~";
  BOOST_TEST(all_that(is_token_char) == expected);
}

BOOST_AUTO_TEST_CASE(values_hold_tab_space_visible_and_high_bytes_only) {
  for (int byte = 0; byte < 256; ++byte) {
    const bool expected = byte == '\t' || (byte >= 0x20 && byte != 0x7f);
    BOOST_TEST_CONTEXT("byte " << byte) {
      BOOST_TEST(is_value_char(static_cast<char>(byte)) == expected);
    }
  }
}

BOOST_AUTO_TEST_CASE(paths_hold_rfc_3986_characters_and_what_browsers_leave_bare) {
  const std::string expected =
      "!$&'()*+,-./0123456789:;=@" + std::string(kUpper) + "[]^_" + std::string(kLower) + "|~";
  BOOST_TEST(all_that(is_path_char) == expected);
}

BOOST_AUTO_TEST_CASE(queries_hold_every_visible_character_but_four) {
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool expected =
        byte > 0x20 && byte < 0x7f && c != '"' && c != '#' && c != '<' && c != '>';
    BOOST_TEST_CONTEXT("byte " << byte) {
      BOOST_TEST(is_query_char(c) == expected);
    }
  }
}

BOOST_AUTO_TEST_CASE(hosts_hold_unreserved_characters) {
  const std::string expected =
      "-.0123456789" + std::string(kUpper) + "_" + std::string(kLower) + "~";
  BOOST_TEST(all_that(is_host_char) == expected);
}

BOOST_AUTO_TEST_CASE(hex_digits_have_their_values) {
  BOOST_TEST(all_that(is_hex_digit) == "0123456789ABCDEFabcdef");
  BOOST_TEST(hex_value('0') == 0U);
  BOOST_TEST(hex_value('9') == 9U);
  BOOST_TEST(hex_value('a') == 10U);
  BOOST_TEST(hex_value('F') == 15U);
}

BOOST_AUTO_TEST_CASE(comparison_ignores_the_case_of_ascii_letters_only) {
  BOOST_TEST(equals_ignoring_case("Keep-Alive", "keep-aliVE"));
  BOOST_TEST(!equals_ignoring_case("keep-alive", "keep-aliv"));
  BOOST_TEST(!equals_ignoring_case("[", "{"));
  BOOST_TEST(!equals_ignoring_case("\xc0", "\xe0"));
}

BOOST_AUTO_TEST_CASE(a_token_has_at_least_one_character) {
  BOOST_TEST(is_token("x"));
  BOOST_TEST(!is_token(""));
  BOOST_TEST(!is_token("a b"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::gateway::http
