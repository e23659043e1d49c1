#include "gateway/server/options.h"

#include <boost/test/unit_test.hpp>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

using tidegate::gateway::server::Options;
using tidegate::gateway::server::parse_options;
using tidegate::gateway::server::ParsedOptions;

namespace {

struct Parsed {
  ParsedOptions result;
  std::string out;
  std::string err;
};

Parsed parse(std::vector<std::string> words) {
  words.insert(words.begin(), "tidegate");
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::ostringstream out;
  std::ostringstream err;
  std::streambuf* const old_out = std::cout.rdbuf(out.rdbuf());
  std::streambuf* const old_err = std::cerr.rdbuf(err.rdbuf());
  Parsed parsed{parse_options(static_cast<int>(words.size()), arguments.data()), {}, {}};
  std::cout.rdbuf(old_out);
  std::cerr.rdbuf(old_err);
  parsed.out = out.str();
  parsed.err = err.str();
  return parsed;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(options)

BOOST_AUTO_TEST_CASE(commands_and_their_options_are_read) {
  const struct {
    std::vector<std::string> words;
    Options::Command command;
    std::string config;  // empty: none
    bool effective;
  } rows[] = {
      {{"run"}, Options::Command::run, "", false},
      {{"run", "-c", "a.yaml"}, Options::Command::run, "a.yaml", false},
      {{"run", "--config", "a.yaml"}, Options::Command::run, "a.yaml", false},
      {{"run", "--config=a.yaml"}, Options::Command::run, "a.yaml", false},
      {{"check"}, Options::Command::check, "", false},
      {{"check", "-c", "dir"}, Options::Command::check, "dir", false},
      {{"check", "--effective", "-c", "dir"}, Options::Command::check, "dir", true},
      {{"schema"}, Options::Command::schema, "", false},
      {{"version"}, Options::Command::version, "", false},
  };
  for (const auto& row : rows) {
    BOOST_TEST_CONTEXT(row.words.front() << " and " << row.words.size() - 1 << " more") {
      const Parsed parsed = parse(row.words);
      BOOST_REQUIRE(parsed.result.options.has_value());
      BOOST_TEST((parsed.result.options->command == row.command));
      BOOST_TEST(parsed.result.options->config.has_value() == !row.config.empty());
      BOOST_TEST(parsed.result.options->config.value_or("") == row.config);
      BOOST_TEST(parsed.result.options->effective == row.effective);
      BOOST_TEST(parsed.result.exit_status == 0);
      BOOST_TEST(parsed.out + parsed.err == "");
    }
  }
}

BOOST_AUTO_TEST_CASE(help_goes_to_stdout_and_is_no_error) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"--help"}, {"-h"}, {"run", "--help"}, {"check", "-h"}}) {
    const Parsed parsed = parse(words);
    BOOST_TEST(!parsed.result.options.has_value());
    BOOST_TEST(parsed.result.exit_status == 0);
    BOOST_TEST(parsed.out != "");
    BOOST_TEST(parsed.err == "");
  }
  BOOST_TEST(parse({"--help"}).out.find("Exit status:") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(wrong_usage_is_2_with_a_complaint_on_stderr) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{},
                                                {"walk"},
                                                {"run", "--walk"},
                                                {"run", "-c"},
                                                {"--effective"},
                                                {"run", "--effective"},
                                                {"schema", "-c", "x"},
                                                {"run", "stray"},
                                                {"run", "check"}}) {
    BOOST_TEST_CONTEXT(words.size() << " words, last " << (words.empty() ? "" : words.back())) {
      const Parsed parsed = parse(words);
      BOOST_TEST(!parsed.result.options.has_value());
      BOOST_TEST(parsed.result.exit_status == 2);
      BOOST_TEST(parsed.out == "");
      BOOST_TEST(parsed.err != "");
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
