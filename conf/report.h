// Collects what is wrong while the reading goes on, and hands it out in file order.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "conf/problem.h"
#include "conf/source.h"

namespace tidegate::conf {

struct Complaint {
  Mark mark;
  std::string key_path;
  std::string wanted;  // as in Problem: a sentence when `found` is empty
  std::string found;
  std::string hint;
  Problem::Severity severity = Problem::Severity::error;
};

class Report {
 public:
  /// An alias used a thousand times repeats its mistakes; what is past this is only counted.
  static constexpr std::size_t kMaxProblems = 1000;

  /// `sources` must outlive the report.
  explicit Report(const Sources& sources) : sources_(sources) {}

  void add(Complaint complaint);
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] const Sources& sources() const { return sources_; }

  /// Everything that was added, in file order, with the lines it speaks of.
  [[nodiscard]] std::vector<Problem> finish();

 private:
  [[nodiscard]] Problem to_problem(Complaint& complaint) const;

  const Sources& sources_;
  std::vector<Complaint> complaints_;
  std::size_t unshown_ = 0;
  bool failed_ = false;
};

}  // namespace tidegate::conf
