#include "conf/problem.h"

#include <boost/test/unit_test.hpp>

#include "tests/unit/conf/support.h"

using namespace tidegate::conf;
using namespace tidegate::conf::test;

BOOST_AUTO_TEST_SUITE(problem)

BOOST_AUTO_TEST_CASE(shows_place_path_line_caret_and_hint) {
  const Loaded loaded = load_text(with_listener("    timeouts: { idle: 60 }\n"), "edge.yaml");
  BOOST_REQUIRE(loaded.problems.size() == 1U);
  BOOST_TEST(
      loaded.problems[0].to_string() ==
      "edge.yaml:5:23: error: listeners[web].timeouts.idle: wanted a duration like 2s, found "
      "`60`\n"
      "    5 |     timeouts: { idle: 60 }\n"
      "      |                       ^\n"
      "  hint: a duration needs a unit, ms, s, m or h: did you mean `60s`?\n");
}

BOOST_AUTO_TEST_CASE(a_problem_of_the_whole_file_has_no_line) {
  const Loaded loaded = load_text("", "empty.yaml");
  BOOST_REQUIRE(loaded.problems.size() == 1U);
  BOOST_TEST(loaded.problems[0].to_string() ==
             "empty.yaml: error: the file holds no configuration\n"
             "  hint: the least is `listeners:` with one listener\n");
}

BOOST_AUTO_TEST_CASE(never_shows_control_bytes_of_the_file) {
  const Loaded loaded = load_text("\"a\\x1b[2J\": \"\\0\xe2\x80\xae\"\nb: \"\\e\"\n", "x\x1b.yaml");
  BOOST_REQUIRE(!loaded.problems.empty());
  for (const Problem& each : loaded.problems) {
    for (const char byte : each.to_string()) {
      BOOST_TEST((static_cast<unsigned char>(byte) >= 0x20 || byte == '\n'));
    }
    BOOST_TEST(each.to_string().find("\xe2\x80\xae") == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(the_caret_counts_characters_and_not_bytes) {
  const Loaded loaded = load_text(with_root("log: { path: \"\xc3\xa9/x\", level: loud }\n"), "t");
  BOOST_REQUIRE(loaded.problems.size() == 1U);
  BOOST_TEST(loaded.problems[0].column == 29U);
  BOOST_TEST(loaded.problems[0].caret == 27U);
}

BOOST_AUTO_TEST_CASE(reports_every_problem_in_file_order) {
  const Loaded loaded = load_text(
      "drain: { deadline: soon }\n"
      "listeners:\n"
      "  - { name: a, address: \"nowhere\", cluster: shpo }\n"
      "  - { name: a, address: \"127.0.0.1:1\", protocol: udp }\n"
      "clusters: [{ name: shop, endpoints: [] }]\n"
      "workers: { count: many }\n",
      "t.yaml");
  BOOST_TEST(loaded.config == nullptr);
  const auto problems = briefs(loaded);
  BOOST_REQUIRE(problems.size() == 7U);
  BOOST_TEST(problems[0].rfind("1:20 drain.deadline", 0) == 0U);
  BOOST_TEST(problems[1].rfind("3:25 listeners[a].address", 0) == 0U);
  BOOST_TEST(problems[2].rfind("3:45 listeners[a].cluster", 0) == 0U);
  BOOST_TEST(problems[3].rfind("4:13 listeners[a]: the name `a` is given twice", 0) == 0U);
  BOOST_TEST(problems[4].rfind("4:50 listeners[a].protocol", 0) == 0U);
  BOOST_TEST(problems[5].rfind("5:37 clusters[shop].endpoints: needs at least one endpoint", 0) ==
             0U);
  BOOST_TEST(problems[6].rfind("6:19 workers.count", 0) == 0U);
}

BOOST_AUTO_TEST_CASE(counts_the_problems_that_are_too_many_to_show) {
  std::string text;
  for (int i = 0; i < 1500; ++i) text += "key" + std::to_string(i) + ": 1\n";
  const Loaded loaded = load_text(text, "t.yaml");
  BOOST_REQUIRE(loaded.problems.size() == 1001U);
  BOOST_TEST(loaded.problems.back().to_string() ==
             "t.yaml: error: 501 more problems are not shown\n");
}

BOOST_AUTO_TEST_SUITE_END()
