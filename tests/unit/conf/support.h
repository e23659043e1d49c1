// What the tests of the configuration share.
#pragma once

#include <stdlib.h>

#include <string>
#include <string_view>
#include <vector>

#include "conf/load.h"

namespace tidegate::conf::test {

/// One problem on one line: "3:5 listeners[web].address: wanted a, found b (hint)".
inline std::string brief(const Problem& problem) {
  std::string out = std::to_string(problem.line) + ":" + std::to_string(problem.column) + " ";
  if (problem.severity == Problem::Severity::warning) out += "warning: ";
  if (!problem.key_path.empty()) out += problem.key_path + ": ";
  out += problem.found.empty() ? problem.wanted
                               : "wanted " + problem.wanted + ", found " + problem.found;
  if (!problem.hint.empty()) out += " (" + problem.hint + ")";
  return out;
}

inline std::vector<std::string> briefs(const Loaded& loaded) {
  std::vector<std::string> out;
  for (const Problem& problem : loaded.problems) out.push_back(brief(problem));
  return out;
}

inline std::vector<std::string> problems_of(std::string_view text) {
  return briefs(load_text(text, "t.yaml"));
}

/// The first problem, or "" when there is none.
inline std::string problem_of(std::string_view text) {
  const auto all = problems_of(text);
  return all.empty() ? "" : all.front();
}

inline std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

/// A right configuration whose listener `web` has `lines` more, from line 5 on, indented by four.
inline std::string with_listener(std::string_view lines) {
  return "listeners:\n"
         "  - name: web\n"
         "    address: \"127.0.0.1:80\"\n"
         "    cluster: app\n" +
         std::string(lines) +
         "clusters: [{ name: app, endpoints: [{ address: \"10.0.0.1:80\" }] }]\n";
}

/// A right configuration whose cluster `app` has `lines` more, from line 4 on, indented by four.
inline std::string with_cluster(std::string_view lines) {
  return "listeners: [{ name: web, address: \"127.0.0.1:80\", cluster: app }]\n"
         "clusters:\n"
         "  - name: app\n" +
         std::string(lines);
}

/// A right configuration whose only route `r` has `lines` more, from line 6 on, indented by eight.
inline std::string with_route(std::string_view lines) {
  return "listeners:\n"
         "  - name: web\n"
         "    address: \"127.0.0.1:80\"\n"
         "    routes:\n"
         "      - name: r\n" +
         std::string(lines);
}

/// A right configuration with `lines` at the top.
inline std::string with_root(std::string_view lines) {
  return std::string(lines) + with_listener("");
}

/// Sets a variable of the environment for as long as it lives.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }
  ~Variable() { ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

}  // namespace tidegate::conf::test
