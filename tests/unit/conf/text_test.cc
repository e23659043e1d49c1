// Escaping, suggestions, variables and quotes: the small functions over text.
#include <boost/test/unit_test.hpp>

#include "conf/escape.h"
#include "conf/quotes.h"
#include "conf/suggest.h"
#include "conf/utf8.h"
#include "conf/variables.h"

using namespace tidegate::conf;

BOOST_AUTO_TEST_SUITE(text)

BOOST_AUTO_TEST_CASE(shows_control_and_invisible_characters_escaped) {
  BOOST_TEST(escape("a\x1b[31mb") == "a\\x1b[31mb");
  BOOST_TEST(escape("a\r\n\tb") == "a\\r\\n\\tb");
  BOOST_TEST(escape("\xe2\x80\xae") == "\\u{202e}");
  BOOST_TEST(escape("\xc2\x9b") == "\\u{009b}");
  BOOST_TEST(escape("caf\xe9") == "caf\\xe9");
  BOOST_TEST(escape("caf\xc3\xa9") == "caf\xc3\xa9");
  BOOST_TEST(escape(std::string_view("\0", 1)) == "\\x00");
}

BOOST_AUTO_TEST_CASE(cuts_long_text_at_a_character) {
  BOOST_TEST(escape("abcdef", 3) == "abc…");
  BOOST_TEST(escape("\xc3\xa9\xc3\xa9\xc3\xa9", 2) == "\xc3\xa9\xc3\xa9…");
}

BOOST_AUTO_TEST_CASE(an_excerpt_puts_the_caret_below_the_byte) {
  const Excerpt plain = excerpt("key: value", 5);
  BOOST_TEST(plain.text == "key: value");
  BOOST_TEST(plain.caret == 5U);
  const Excerpt wide = excerpt("k\xc3\xa9y:\tvalue", 6);
  BOOST_TEST(wide.text == "k\xc3\xa9y:\\tvalue");
  BOOST_TEST(wide.caret == 6U);
}

BOOST_AUTO_TEST_CASE(an_excerpt_of_a_long_line_is_a_window) {
  const std::string line = std::string(5000, 'a') + "X" + std::string(5000, 'b');
  const Excerpt shown = excerpt(line, 5000);
  BOOST_TEST(shown.text.size() < 200U);
  // The ellipsis is one character of three bytes.
  BOOST_TEST(shown.text[shown.caret + 2] == 'X');
}

BOOST_AUTO_TEST_CASE(refuses_overlong_and_surrogate_utf8) {
  for (const char* text : {"\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80",
                           "\xc3", "\xf8\x88\x80\x80\x80"}) {
    BOOST_TEST_CONTEXT(escape(text)) {
      BOOST_TEST(first_bad_utf8(text).value() == 0U);
    }
  }
  BOOST_TEST(!first_bad_utf8("a\xf0\x9f\x8c\x8a\xe2\x82\xac"));
}

BOOST_AUTO_TEST_CASE(a_swap_is_one_edit) {
  BOOST_TEST(edit_distance("timeuots", "timeouts") == 1U);
  BOOST_TEST(edit_distance("adress", "address") == 1U);
  BOOST_TEST(edit_distance("", "abc") == 3U);
  BOOST_TEST(edit_distance("same", "same") == 0U);
}

BOOST_AUTO_TEST_CASE(suggests_the_nearest_or_lists_what_is_known) {
  constexpr std::string_view kKnown[] = {"listeners", "clusters", "drain"};
  BOOST_TEST(suggest("cluster", kKnown) == "did you mean `clusters`?");
  BOOST_TEST(suggest("Listeners", kKnown) == "did you mean `listeners`?");
  BOOST_TEST(suggest("upstreams", kKnown) == "known here: listeners, clusters, drain");
  BOOST_TEST(suggest(std::string(10'000, 'x'), kKnown) == "known here: listeners, clusters, drain");
}

BOOST_AUTO_TEST_CASE(expands_variables_and_their_defaults) {
  const Lookup lookup = [](const std::string& name) -> const char* {
    if (name == "HOST") return "shop";
    if (name == "EMPTY") return "";
    if (name == "SLY") return "${HOST}";
    return nullptr;
  };
  BOOST_TEST(expand("${HOST}.example", lookup).text == "shop.example");
  BOOST_TEST(expand("a${EMPTY}b", lookup).text == "ab");
  BOOST_TEST(expand("${EMPTY:-x}", lookup).text == "x");
  BOOST_TEST(expand("${NONE:-10.0.0.1:80}", lookup).text == "10.0.0.1:80");
  BOOST_TEST(expand("${NONE:-}", lookup).text == "");
  BOOST_TEST(expand("$${HOST} $HOST $", lookup).text == "${HOST} $HOST $");
  BOOST_TEST(expand("${SLY}", lookup).text == "${HOST}");
}

BOOST_AUTO_TEST_CASE(complains_about_variables_it_cannot_expand) {
  const Lookup none = [](const std::string&) -> const char* { return nullptr; };
  const Lookup bad = [](const std::string&) -> const char* { return "\xff"; };
  BOOST_TEST(expand("x${NONE}", none).problem == "the variable `NONE` is not set");
  BOOST_TEST(expand("x${NONE}", none).error_at == 1U);
  BOOST_TEST(expand("${NONE", none).problem == "`${` is never closed by `}`");
  BOOST_TEST(expand("${a b}", none).problem == "`${…}` needs the name of a variable, found `a b`");
  BOOST_TEST(expand("${}", none).problem == "`${…}` needs the name of a variable, found ``");
  BOOST_TEST(expand("${X}", bad).problem == "the variable `X` holds bytes that are no UTF-8");
}

BOOST_AUTO_TEST_CASE(protected_text_expands_to_itself) {
  const Lookup none = [](const std::string&) -> const char* { return nullptr; };
  for (const char* text : {"", "${X}", "$${X}", "$$${X}", "a$b{c}", "${", "$$", "${${X}}"}) {
    BOOST_TEST_CONTEXT(text) {
      const Expansion back = expand(protect(text), none);
      BOOST_TEST(back.problem == "");
      BOOST_TEST(back.text == text);
    }
  }
}

BOOST_AUTO_TEST_CASE(finds_the_end_of_quoted_text) {
  BOOST_TEST(end_of_quoted(R"("a\"b" c)", 0).value() == 6U);
  BOOST_TEST(end_of_quoted("'it''s' c", 0).value() == 7U);
  BOOST_TEST(!end_of_quoted(R"("a\")", 0));
  BOOST_TEST(!end_of_quoted("'a''", 0));
}

BOOST_AUTO_TEST_CASE(finds_the_quote_that_is_never_closed) {
  BOOST_TEST(unclosed_quote("a: 'x' # it's\nb: \"y", 0).value() == 17U);
  BOOST_TEST(!unclosed_quote("a: it's\nb: 'x'\n", 0));
}

BOOST_AUTO_TEST_CASE(steps_over_anchors_and_tags) {
  BOOST_TEST(skip_properties("&a !t\n # c\n \"x\"", 0) == 12U);
  BOOST_TEST(skip_properties("|\n it's", 0) == 0U);
  BOOST_TEST(skip_properties("&a", 0) == 2U);
}

BOOST_AUTO_TEST_SUITE_END()
