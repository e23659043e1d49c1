#include "reactor/base/json_escape.h"

#include <array>
#include <boost/test/unit_test.hpp>
#include <string>

using namespace std::string_literals;
using tidegate::base::append_escaped;
using tidegate::base::escape_json;

namespace {

std::string escaped(std::string_view text) {
  std::string out;
  append_escaped(out, text);
  return out;
}

struct Case {
  std::string in;
  std::string out;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(json_escape)

BOOST_AUTO_TEST_CASE(leaves_clean_text_alone) {
  BOOST_TEST(escaped("") == "");
  BOOST_TEST(escaped("GET /a?b=c") == "GET /a?b=c");
  BOOST_TEST(escaped("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x8c\x8a") ==
             "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x8c\x8a");
}

BOOST_AUTO_TEST_CASE(escapes_what_json_or_a_terminal_would_act_on) {
  const std::array<Case, 9> cases = {{
      {"\"", "\\\""},
      {"\\", "\\\\"},
      {"\n\r\t", "\\n\\r\\t"},
      {"\0"s, "\\u0000"},
      {"\x1b[2J", "\\u001b[2J"},
      {"\x1f", "\\u001f"},
      {"\x7f", "\\u007f"},
      {"\xc2\x9b", "\\u009b"},
      {"\xc2\xa0", "\xc2\xa0"},
  }};
  for (const Case& each : cases) {
    BOOST_TEST_CONTEXT(each.out) {
      BOOST_TEST(escaped(each.in) == each.out);
    }
  }
}

BOOST_AUTO_TEST_CASE(replaces_each_byte_that_is_no_utf8) {
  const std::array<Case, 10> cases = {{
      {"\x80", "\\ufffd"},
      {"\xff", "\\ufffd"},
      {"\xc3", "\\ufffd"},
      {"\xc3z", "\\ufffdz"},
      {"\xc0\xaf", "\\ufffd\\ufffd"},
      {"\xe0\x80\xaf", "\\ufffd\\ufffd\\ufffd"},
      {"\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd"},
      {"\xf0\x8f\xbf\xbf", "\\ufffd\\ufffd\\ufffd\\ufffd"},
      {"\xf4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd"},
      {"\xe2\x82", "\\ufffd\\ufffd"},
  }};
  for (const Case& each : cases) {
    BOOST_TEST_CONTEXT(each.out << " of " << each.in.size()) {
      BOOST_TEST(escaped(each.in) == each.out);
    }
  }
}

BOOST_AUTO_TEST_CASE(finds_a_special_byte_at_every_position) {
  for (std::size_t size = 1; size < 50; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      std::string text(size, 'x');
      text[at] = '"';
      std::string want(size, 'x');
      want.replace(at, 1, "\\\"");
      BOOST_TEST_CONTEXT(size << " " << at) {
        BOOST_TEST(escaped(text) == want);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(never_writes_more_than_it_may_nor_half_a_character) {
  const std::string text = "ab\"\xc3\xa9\x01z";
  const std::string whole = "ab\\\"\xc3\xa9\\u0001z";
  const std::array<std::size_t, 14> fitting = {0, 1, 2, 2, 4, 4, 6, 6, 6, 6, 6, 6, 12, 13};
  for (std::size_t most = 0; most < fitting.size(); ++most) {
    BOOST_TEST_CONTEXT(most) {
      std::string appended = ">";
      append_escaped(appended, text, most);
      BOOST_TEST(appended == ">" + whole.substr(0, fitting[most]));
      std::string memory(most, '-');
      const std::size_t written = escape_json(text, memory);
      BOOST_TEST(memory.substr(0, written) == whole.substr(0, fitting[most]));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
