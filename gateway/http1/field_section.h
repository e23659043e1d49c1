// Parses the field lines that heads and trailers share, and notes while passing what the fields say
// about this connection, so that nobody walks them a second time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "gateway/http/fields.h"
#include "gateway/http1/byte_scan.h"

namespace tidegate::gateway::http1 {

// What the fields that concern this hop say.
struct SectionFacts {
  std::string_view host;
  bool has_host = false;
  bool repeats_host = false;
  bool option_close = false;  // members of Connection
  bool option_keep_alive = false;
  bool option_upgrade = false;
  bool option_others = false;  // any but those and te
  bool has_upgrade = false;
  bool te_trailers = false;
  bool expects_continue = false;
  bool expects_other = false;
};

enum class SectionProblem : std::uint8_t { none, malformed, too_many };

/// Parses field lines and the empty line after them, which must end the text of `line_ends`: from
/// `at`, where the first of them begins and before whose end `line_ends` stand. At most `most` are
/// taken.
SectionProblem parse_fields(const char* at, LineEnds& line_ends, std::size_t most,
                            http::Fields& fields, SectionFacts& facts);

}  // namespace tidegate::gateway::http1
