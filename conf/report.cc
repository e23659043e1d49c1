#include "conf/report.h"

#include <algorithm>
#include <utility>

#include "conf/escape.h"

namespace tidegate::conf {

void Report::add(Complaint complaint) {
  if (complaint.severity == Problem::Severity::error) failed_ = true;
  if (complaints_.size() < kMaxProblems) {
    complaints_.push_back(std::move(complaint));
  } else {
    ++unshown_;
  }
}

std::vector<Problem> Report::finish() {
  std::stable_sort(complaints_.begin(), complaints_.end(),
                   [](const Complaint& a, const Complaint& b) { return a.mark < b.mark; });
  std::vector<Problem> problems;
  for (Complaint& complaint : complaints_) problems.push_back(to_problem(complaint));
  if (unshown_ > 0) {
    Problem rest;
    rest.source = problems.back().source;
    rest.severity = failed_ ? Problem::Severity::error : Problem::Severity::warning;
    rest.wanted = std::to_string(unshown_) + " more problems are not shown";
    problems.push_back(std::move(rest));
  }
  return problems;
}

Problem Report::to_problem(Complaint& complaint) const {
  const Source& source = sources_.at(complaint.mark.source);
  Problem problem;
  problem.severity = complaint.severity;
  problem.source = source.name();
  problem.line = complaint.mark.line;
  problem.column = complaint.mark.column;
  problem.key_path = std::move(complaint.key_path);
  problem.found = std::move(complaint.found);
  problem.wanted = std::move(complaint.wanted);
  problem.hint = std::move(complaint.hint);
  if (problem.line != 0) {
    Excerpt shown = excerpt(source.line(problem.line), problem.column - 1);
    problem.line_text = std::move(shown.text);
    problem.caret = shown.caret;
  }
  return problem;
}

}  // namespace tidegate::conf
