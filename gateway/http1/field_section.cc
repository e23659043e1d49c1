#include "gateway/http1/field_section.h"

#include <algorithm>

#include "gateway/http/list.h"

namespace tidegate::gateway::http1 {
namespace {

using http::equals_ignoring_case;
using http::Field;
using http::FieldId;

void note_connection(std::string_view options, SectionFacts& facts) {
  http::for_each_member(options, [&](std::string_view option) {
    if (equals_ignoring_case(option, "close")) {
      facts.option_close = true;
    } else if (equals_ignoring_case(option, "keep-alive")) {
      facts.option_keep_alive = true;
    } else if (equals_ignoring_case(option, "upgrade")) {
      facts.option_upgrade = true;
    } else if (!option.empty() && !equals_ignoring_case(option, "te")) {
      facts.option_others = true;
    }
  });
}

void note_te(std::string_view codings, SectionFacts& facts) {
  http::for_each_member(codings, [&](std::string_view coding) {
    facts.te_trailers |= equals_ignoring_case(coding, "trailers");
  });
}

void note(const Field& field, SectionFacts& facts) {
  switch (field.id) {
    case FieldId::host:
      facts.repeats_host = facts.has_host;
      facts.has_host = true;
      facts.host = field.value;
      return;
    case FieldId::connection:
      return note_connection(field.value, facts);
    case FieldId::te:
      return note_te(field.value, facts);
    case FieldId::upgrade:
      facts.has_upgrade |= !field.value.empty();
      return;
    case FieldId::expect:
      if (equals_ignoring_case(field.value, "100-continue")) {
        facts.expects_continue = true;
      } else {
        facts.expects_other = true;
      }
      return;
    default:
      return;
  }
}

// Reads the line of `text` from `at` to the CR at `line_end`; false when it is malformed. Obs-fold
// and white space before the first field fail as an empty name.
bool parse_line(std::string_view text, const char* at, const char* line_end, Field& field) {
  const char* name_end = find_token_end(text, at);
  if (name_end == at || *name_end != ':') return false;
  const char* value = name_end + 1;
  const char* value_end = line_end;
  while (http::is_white_space(*value)) ++value;
  while (value_end > value && http::is_white_space(value_end[-1])) --value_end;

  field.name = {at, static_cast<std::size_t>(name_end - at)};
  field.value = {value, static_cast<std::size_t>(value_end - value)};
  field.id = http::classify(field.name);
  return true;
}

}  // namespace

SectionProblem parse_fields(const char* at, LineEnds& line_ends, std::size_t most,
                            http::Fields& fields, SectionFacts& facts) {
  fields.clear();
  const char* end = line_ends.text().data() + line_ends.text().size();
  for (;;) {
    const char* line_end = line_ends.next();
    if (line_end == nullptr) return SectionProblem::malformed;
    if (line_end == at) break;
    if (fields.size() == most || fields.full()) return SectionProblem::too_many;
    Field field;
    if (!parse_line(line_ends.text(), at, line_end, field)) return SectionProblem::malformed;
    fields.push_back(field);
    if (field.id != FieldId::other) note(field, facts);
    at = line_end + 2;
  }
  // An empty line before the end of the section would hide what follows it.
  return at + 2 == end ? SectionProblem::none : SectionProblem::malformed;
}

}  // namespace tidegate::gateway::http1
