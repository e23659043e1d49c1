// One complaint about a configuration, precise enough to mend the file from.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tidegate::conf {

struct Problem {
  enum class Severity { error, warning };

  Severity severity = Severity::error;
  std::string source;        // file name, or "<default>"
  std::uint32_t line = 0;    // from 1; 0 when the problem is of the file as a whole
  std::uint32_t column = 0;  // from 1, in bytes
  std::string key_path;      // e.g. "clusters[shop].endpoints[0].address"
  std::string found;         // what stood there, escaped and shortened
  std::string wanted;        // what would be right; what is wrong in a sentence if `found` is empty
  std::string hint;          // "did you mean `timeouts`?", or empty
  std::string line_text;     // the offending line, escaped; the part around the mark of a long one
  std::uint32_t caret = 0;   // how many characters of `line_text` stand before the mark

  /// Several lines: `file:line:column: error: key.path: wanted …, found …`, then the line and a
  /// caret, then the hint. Never contains control bytes of the file.
  [[nodiscard]] std::string to_string() const;
};

}  // namespace tidegate::conf
