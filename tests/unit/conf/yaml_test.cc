// What YAML and its parser allow and a configuration must not: each trap is refused with its place.
#include <boost/test/unit_test.hpp>
#include <chrono>

#include "tests/unit/conf/support.h"

using namespace tidegate::conf;
using namespace tidegate::conf::test;

BOOST_AUTO_TEST_SUITE(yaml)

BOOST_AUTO_TEST_CASE(refuses_a_quote_that_is_never_closed) {
  const struct {
    const char* text;
    const char* problem;
  } cases[] = {
      {"log: \"abc\nb: 1\n", "1:6 log: a quote is opened and never closed"},
      {"log: 'abc\nb: 1\n", "1:6 log: a quote is opened and never closed"},
      {"log: &x \"abc\n", "1:9 log: a quote is opened and never closed"},
      {"log: [\"x, 1]\n", "1:7 log[0]: a quote is opened and never closed"},
      {"log: ['ok', 'x\n", "1:13 log[1]: a quote is opened and never closed"},
      {"log: \"a\\\"\n", "1:6 log: a quote is opened and never closed"},
      {"log: 'a\n---\nb: 1\n", "1:6 log: a quoted text runs into `---` or `...` (close the quote)"},
  };
  for (const auto& c : cases) {
    BOOST_TEST_CONTEXT(c.text) {
      BOOST_TEST(problem_of(c.text) == c.problem);
    }
  }
}

BOOST_AUTO_TEST_CASE(an_apostrophe_in_text_after_an_anchor_is_no_quote) {
  const std::string text = with_root("log:\n  path: &p |-\n    it's/here\n");
  BOOST_TEST(problems_of(text).empty());
}

BOOST_AUTO_TEST_CASE(refuses_a_second_document) {
  BOOST_TEST(problem_of("version: 1\n---\nversion: 1\n") ==
             "2:1 a second document begins here "
             "(one file holds one document; use a directory for several files)");
  BOOST_TEST(load_text(with_root("") + "---\n", "t").config == nullptr);
}

BOOST_AUTO_TEST_CASE(refuses_a_map_after_a_list_and_a_list_after_a_map) {
  BOOST_TEST(problem_of("- a\nb: 1\n").rfind("2:1 this does not belong to what is above it", 0) ==
             0U);
  BOOST_TEST(
      problem_of("a: 1\n- b\n").rfind("2:1 this does not belong to the section above it", 0) == 0U);
}

BOOST_AUTO_TEST_CASE(names_both_places_of_a_duplicate_key) {
  BOOST_TEST(problem_of(with_listener("    backlog: 5\n    \"backlog\": 6\n")) ==
             "6:5 listeners[web]: the key `backlog` is given twice; the first is at t.yaml:5:5 "
             "(keep one of them)");
}

BOOST_AUTO_TEST_CASE(does_not_read_octal_or_hexadecimal) {
  BOOST_TEST(problem_of(with_listener("    backlog: 012\n")) ==
             "5:14 listeners[web].backlog: wanted a whole number, 1 to 65535, found `012` "
             "(a leading 0 is octal to some readers; write `12`)");
  BOOST_TEST(problem_of(with_listener("    backlog: 0x12\n")) ==
             "5:14 listeners[web].backlog: wanted a whole number, 1 to 65535, found `0x12` "
             "(write it in decimal)");
}

BOOST_AUTO_TEST_CASE(refuses_tabs_in_the_indentation) {
  for (const char* text : {"a:\n\tb: 1\n", "a: 1\n\tb: 2\n", "- a\n\t- b\n", "a:\n  \tb: 1\n"}) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(problem_of(text).find("a tab in the indentation (use spaces)") !=
                 std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_CASE(refuses_deep_nesting) {
  const std::string flow = "a: " + repeated("[", 70) + repeated("]", 70);
  BOOST_TEST(problem_of(flow) == "1:67 nested more than 64 deep");
  BOOST_TEST(problem_of(repeated("- ", 100'000)) == "1:129 nested more than 64 deep");
  BOOST_TEST(problem_of(repeated("[", 4'000'000)) == "1:65 nested more than 64 deep");
  BOOST_TEST(problem_of(repeated("{a: ", 900'000)) == "1:257 nested more than 64 deep");
  BOOST_TEST(!problem_of(repeated("? ", 1'000'000)).empty());
  BOOST_TEST(!problem_of(repeated(": ", 1'000'000)).empty());
}

BOOST_AUTO_TEST_CASE(takes_nesting_up_to_the_limit) {
  std::string blocks;
  for (std::size_t i = 0; i < 62; ++i) blocks += std::string(i, ' ') + "a:\n";
  BOOST_TEST(problem_of(blocks) != "");
  BOOST_TEST(problem_of(blocks).find("nested") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(refuses_an_alias_bomb_at_once) {
  std::string bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n";
  for (char c = 'b'; c <= 'p'; ++c) {
    const std::string alias = std::string("*") + static_cast<char>(c - 1);
    bomb += std::string(1, c) + ": &" + c + " [" + repeated(alias + ",", 9) + alias + "]\n";
  }
  const auto began = std::chrono::steady_clock::now();
  BOOST_TEST(problem_of(bomb) ==
             "6:20 f[4]: more than 500000 values "
             "(an alias counts as a copy of what its anchor holds)");
  BOOST_TEST((std::chrono::steady_clock::now() - began < std::chrono::seconds(10)));
}

BOOST_AUTO_TEST_CASE(refuses_more_values_than_any_configuration_has) {
  BOOST_TEST(problem_of("a: [" + repeated("x,", 500'001) + "]").find("more than 500000 values") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(refuses_an_alias_inside_its_own_anchor) {
  const auto problems = problems_of(with_root("log: &x { path: *x }\n"));
  BOOST_TEST(problems.at(0) ==
             "1:17 log.path: this alias stands inside its own anchor and would never end");
}

BOOST_AUTO_TEST_CASE(takes_anchors_and_aliases) {
  const Loaded loaded = load_text(
      "listeners:\n"
      "  - { name: a, address: \"127.0.0.1:1\", cluster: &c app, timeouts: &t { idle: 7s } }\n"
      "  - { name: b, address: \"127.0.0.1:2\", cluster: *c, timeouts: *t }\n"
      "clusters: [{ name: *c, endpoints: [{ address: \"10.0.0.1:80\" }] }]\n",
      "t.yaml");
  BOOST_REQUIRE(loaded.config != nullptr);
  BOOST_TEST(loaded.config->listeners[1].timeouts.idle.count() == 7000);
  BOOST_TEST(loaded.config->listeners[1].cluster.value() == 0U);
}

BOOST_AUTO_TEST_CASE(complains_at_the_anchor_with_the_path_of_each_use) {
  const auto problems = problems_of(
      "listeners:\n"
      "  - { name: a, address: \"127.0.0.1:1\", cluster: app, timeouts: &t { idel: 7s } }\n"
      "  - { name: b, address: \"127.0.0.1:2\", cluster: app, timeouts: *t }\n"
      "clusters: [{ name: app, endpoints: [{ address: \"10.0.0.1:80\" }] }]\n");
  BOOST_REQUIRE(problems.size() == 2U);
  BOOST_TEST(problems[0] ==
             "2:69 listeners[a].timeouts: unknown key `idel` (did you mean `idle`?)");
  BOOST_TEST(problems[1] ==
             "2:69 listeners[b].timeouts: unknown key `idel` (did you mean `idle`?)");
}

BOOST_AUTO_TEST_CASE(refuses_what_is_not_plain_yaml) {
  const struct {
    const char* text;
    const char* problem;
  } cases[] = {
      {"log: *nope\n", "1:6 log: no anchor of that name stands above"},
      {"log: { <<: *x }\n", ""},
      {"[a]: 1\n",
       "1:1 a key must be plain text, not a list or a section "
       "(quote a text that begins with `[` or `{`)"},
      {"? {a: 1}\n: 2\n",
       "1:3 a key must be plain text, not a list or a section "
       "(quote a text that begins with `[` or `{`)"},
      {"~: 1\n", "1:1 a key is missing here"},
      {"log: @x\n", "1:6 log: a value cannot begin with this character (quote it)"},
      {"a: 1\n]\n", "2:1 a closing bracket that matches no open one"},
      {"a: b: c\n",
       "1:5 a `key: value` cannot stand here "
       "(check the indentation; quote a text that contains `: `)"},
      {"hello\n", "1:1 wanted a section of keys, such as `listeners:`, found `hello`"},
      {"- a\n", "1:1 wanted a section of keys, such as `listeners:`, found a list"},
  };
  for (const auto& c : cases) {
    BOOST_TEST_CONTEXT(c.text) {
      const std::string problem = problem_of(c.text);
      BOOST_TEST(problem != "");
      if (*c.problem != '\0') BOOST_TEST(problem == c.problem);
    }
  }
}

BOOST_AUTO_TEST_CASE(places_an_unclosed_bracket_where_it_opens) {
  for (const char* text : {"log: [1, 2\nb: 3\n", "log: { b: 1\nc: 2\n", "log: {address: ${X}}\n"}) {
    BOOST_TEST_CONTEXT(text) {
      const std::string problem = problem_of(text);
      BOOST_TEST(problem.rfind("1:6 log", 0) == 0U);
      BOOST_TEST(problem.find("this bracket is not closed") != std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_CASE(refuses_tags) {
  const auto problems =
      problems_of(with_root("version: !!int 1\nlog: !x { level: !y info, path: ! stdout }\n"));
  BOOST_REQUIRE(problems.size() == 3U);
  BOOST_TEST(problems[0] ==
             "1:10 version: YAML tags are not used here, found `tag:yaml.org,2002:int` "
             "(remove it; a text that begins with `!` must be quoted)");
  BOOST_TEST(problems[1].rfind("2:6 log: YAML tags are not used here, found `!x`", 0) == 0U);
  BOOST_TEST(problems[2].rfind("2:18 log.level: YAML tags are not used here", 0) == 0U);
}

BOOST_AUTO_TEST_CASE(refuses_merge_keys) {
  const auto problems = problems_of(with_listener("    timeouts: { <<: { idle: 1s } }\n"));
  BOOST_REQUIRE(problems.size() == 1U);
  BOOST_TEST(problems[0].rfind("5:17 listeners[web].timeouts: merge keys (`<<`) are not supported",
                               0) == 0U);
}

BOOST_AUTO_TEST_CASE(a_bare_text_must_end_on_its_line) {
  const auto problems = problems_of(with_root("log:\n  level: info\n    path: stdout\n"));
  BOOST_TEST(
      problems.at(0).rfind("2:10 log.level: a text without quotes must end on its line", 0) == 0U);
  const auto folded = problems_of(with_root("log:\n  level: info\n    more\n"));
  BOOST_TEST(folded.size() == 1U);
}

BOOST_AUTO_TEST_CASE(an_absent_value_is_placed_at_its_key) {
  BOOST_TEST(problem_of(with_root("log:\n  level:\n\n# a comment\n")) ==
             "2:3 log.level: wanted `error`, `warn`, `info` or `debug`, found nothing "
             "(give it a value, or remove the key)");
  BOOST_TEST(problem_of(with_root("log:\n  level: ~\n")).rfind("2:10 log.level", 0) == 0U);
}

BOOST_AUTO_TEST_CASE(says_that_a_colon_needs_a_space) {
  BOOST_TEST(problem_of(with_root("log: {level:info}\n")) ==
             "1:7 log: unknown key `level:info` (a colon needs a space after it: `key: value`)");
}

BOOST_AUTO_TEST_CASE(refuses_text_without_any_configuration) {
  for (const char* text : {"", "\n\n", "# only a comment\n", "---\n", "~\n"}) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(problem_of(text) ==
                 "0:0 the file holds no configuration "
                 "(the least is `listeners:` with one listener)");
    }
  }
}

BOOST_AUTO_TEST_CASE(refuses_bytes_that_are_no_text) {
  using namespace std::string_view_literals;
  const struct {
    std::string_view text;
    const char* problem;
  } cases[] = {
      {"a: b\0c"sv,
       "1:5 the control character `\\x00` has no place in text (this looks like a binary file)"},
      {"\x7f"
       "ELF\x02"sv,
       "1:1 the control character `\\x7f` has no place in text"},
      {"a: 1\n  b\x1b[2J"sv, "2:4 the control character `\\x1b` has no place in text"},
      {"a: 1\rb: 2\n"sv, "1:5 the control character `\\r` has no place in text"},
      {"a: \"caf\xe9\"\n"sv, "1:8 the byte `\\xe9` is no UTF-8 (save the file as UTF-8)"},
      {"\xff\xfe"
       "a\0"sv,
       "1:1 the file is UTF-16 (save it as UTF-8)"},
  };
  for (const auto& c : cases) {
    BOOST_TEST_CONTEXT(c.problem) {
      BOOST_TEST(problem_of(c.text) == c.problem);
    }
  }
}

BOOST_AUTO_TEST_CASE(takes_windows_line_ends_and_a_byte_order_mark) {
  std::string text = "\xef\xbb\xbf" + with_route(
                                          "        respond:\n"
                                          "          status: 200\n"
                                          "          body: |\n"
                                          "            one\n"
                                          "            two\n");
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2) {
    text.replace(at, 1, "\r\n");
  }
  const Loaded loaded = load_text(text, "t.yaml");
  BOOST_REQUIRE(loaded.config != nullptr);
  BOOST_TEST(loaded.config->listeners[0].routes[0].respond->body == "one\ntwo\n");
  BOOST_TEST(problem_of("\xef\xbb\xbfversoin: 1\r\nlisteners: []\r\n") ==
             "1:1 unknown key `versoin` (did you mean `version`?)");
}

BOOST_AUTO_TEST_CASE(refuses_text_past_the_size_limit) {
  BOOST_TEST(problem_of(std::string((4U << 20U) + 1, '#')) == "0:0 larger than 4MiB");
}

BOOST_AUTO_TEST_CASE(counts_columns_in_bytes) {
  BOOST_TEST(problem_of(with_root("log: { path: \"\xc3\xa9/x\", level: loud }\n"))
                 .rfind("1:29 log.level", 0) == 0U);
}

BOOST_AUTO_TEST_CASE(expands_variables_in_values_but_never_in_keys) {
  const Variable size("TG_TEST_SIZE", "5");
  const Variable sly("TG_TEST_SLY", "5\nmax_connections: 7");
  const Loaded loaded = load_text(with_listener("    backlog: ${TG_TEST_SIZE}\n"), "t");
  BOOST_REQUIRE(loaded.config != nullptr);
  BOOST_TEST(loaded.config->listeners[0].backlog == 5U);
  BOOST_TEST(problem_of(with_listener("    backlog: ${TG_TEST_SLY}\n")) ==
             "5:14 listeners[web].backlog: wanted a whole number, 1 to 65535, found "
             "`5\\nmax_connections: 7`");
  BOOST_TEST(
      problem_of(with_listener("    ${TG_TEST_SIZE}: 1\n")).find("unknown key `${TG_TEST_SIZE}`") !=
      std::string::npos);
}

BOOST_AUTO_TEST_CASE(complains_once_about_a_variable_that_is_not_set) {
  const auto problems = problems_of(with_listener("    backlog: ${TG_TEST_UNSET}\n"));
  BOOST_REQUIRE(problems.size() == 1U);
  BOOST_TEST(problems[0] ==
             "5:14 listeners[web].backlog: the variable `TG_TEST_UNSET` is not set "
             "(set it, or give a default: `${TG_TEST_UNSET:-default}`)");
}

BOOST_AUTO_TEST_CASE(limits_what_variables_expand_to) {
  const std::string large(100'000, 'x');
  const Variable variable("TG_TEST_LARGE", large.c_str());
  BOOST_TEST(problem_of("a: [" + repeated("\"${TG_TEST_LARGE}\",", 50) + "]")
                 .find("variables make the file larger than 4 MiB") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
