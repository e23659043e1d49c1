// Requests: scanned whole and in pieces, then parsed. The first byte says how they are cut.
#include <memory>

#include "gateway/http/authority.h"
#include "gateway/http/chars.h"
#include "gateway/http/framing.h"
#include "gateway/http/hop_by_hop.h"
#include "gateway/http1/head_parser.h"
#include "tests/fuzz/properties.h"

namespace tidegate::gateway::http1 {
namespace {

constexpr HeadLimits kLimits = {.head_bytes = 512, .fields = 12, .target_bytes = 64};

void check_fields(const http::Fields& fields, std::string_view bytes) {
  must(fields.size() <= kLimits.fields);
  for (const http::Field& field : fields) {
    must(http::is_token(field.name) && lies_inside(field.name, bytes));
    must(std::ranges::all_of(field.value, http::is_value_char) && lies_inside(field.value, bytes));
    must(field.value.empty() || !http::is_white_space(field.value.front()));
    must(field.value.empty() || !http::is_white_space(field.value.back()));
    must(field.id == http::classify(field.name));
    http::connection_names(fields, field);
    http::may_be_trailer(field);
  }
}

void check_head(const http::RequestHead& head, std::string_view bytes) {
  must(http::is_token(head.method_text) && lies_inside(head.method_text, bytes));
  must(!head.target.empty() && lies_inside(head.target, bytes));
  must(head.target.size() <= kLimits.target_bytes);
  must(head.path == "*" || head.path.front() == '/');
  must(head.path.find_first_of(" \t\r\n#") == std::string_view::npos);
  must(lies_inside(head.authority, bytes));
  must(head.version == http::Version::http10 || !head.authority.empty());
  must(head.authority.empty() || http::parse_authority(head.authority) == head.authority);
  check_fields(*head.fields, bytes);
  const http::FramingDecision decision = http::request_framing(head);
  must(decision.problem == Reason::none || decision.framing.kind == http::Framing::Kind::none);
}

void check(std::string_view bytes, std::uint8_t seed) {
  const HeadScanner::Outcome outcome = scan_both_ways(bytes, kLimits, seed);
  const bool complete = outcome.head_size > 0;
  // A parser must stand anything, even what no scanner would give it.
  const std::string_view head_bytes = complete ? bytes.substr(0, outcome.head_size) : bytes;
  const std::vector<char> copy = exact_copy(head_bytes);
  const std::string_view text(copy.data(), copy.size());
  const auto fields = std::make_unique<http::Fields>();
  http::RequestHead head;
  const Reason problem = parse_request_head(text, kLimits, *fields, head);
  const bool over_a_limit =
      outcome.problem == Reason::head_too_large || outcome.problem == Reason::target_too_long;
  must(complete || over_a_limit || problem != Reason::none);
  if (problem == Reason::none) check_head(head, text);
}

}  // namespace
}  // namespace tidegate::gateway::http1

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::vector<char> bytes(data + 1, data + size);
  tidegate::gateway::http1::check({bytes.data(), bytes.size()}, data[0]);
  return 0;
}
