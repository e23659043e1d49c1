// Checks that need the test framework, shared by the tests of sections.
#pragma once

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>
#include <vector>

#include "tests/unit/conf/support.h"

namespace tidegate::conf::test {

struct Case {
  std::string text;
  std::string problem;  // how the only problem begins
};

/// Each text has exactly one problem, and it begins as said.
inline void check_each(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    BOOST_TEST_CONTEXT(c.text) {
      const auto problems = problems_of(c.text);
      BOOST_TEST(problems.size() == 1U);
      BOOST_REQUIRE(!problems.empty());
      BOOST_TEST(problems[0].substr(0, c.problem.size()) == c.problem);
    }
  }
}

/// The configuration; ends the test case when there is none.
inline std::shared_ptr<const Config> load(const std::string& text) {
  Loaded loaded = load_text(text, "t.yaml");
  for (const Problem& problem : loaded.problems) BOOST_TEST_MESSAGE(problem.to_string());
  BOOST_REQUIRE(loaded.config != nullptr);
  return loaded.config;
}

}  // namespace tidegate::conf::test
