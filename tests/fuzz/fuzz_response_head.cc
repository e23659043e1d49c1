// Responses: scanned whole and in pieces, then parsed. The first byte says how they are cut.
#include <memory>

#include "gateway/http/chars.h"
#include "gateway/http/framing.h"
#include "gateway/http1/head_parser.h"
#include "tests/fuzz/properties.h"

namespace tidegate::gateway::http1 {
namespace {

constexpr HeadLimits kLimits = {.head_bytes = 512, .fields = 12, .target_bytes = 64};

void check_framing(const http::ResponseHead& head, http::Method method) {
  const http::FramingDecision decision = http::response_framing(head, method);
  must(decision.problem == Reason::none || decision.problem == Reason::upstream_bad_head);
  must(decision.problem == Reason::none || decision.framing.kind == http::Framing::Kind::none);
  const bool bodiless =
      head.status < 200 || head.status == 204 || head.status == 304 || method == http::Method::head;
  must(!bodiless || decision.framing.kind == http::Framing::Kind::none);
}

void check_head(const http::ResponseHead& head, std::string_view bytes) {
  must(head.status >= 100 && head.status <= 999);
  must(lies_inside(head.reason, bytes));
  must(std::ranges::all_of(head.reason, http::is_value_char));
  must(head.fields->size() <= kLimits.fields);
  for (const http::Field& field : *head.fields) {
    must(http::is_token(field.name) && lies_inside(field.name, bytes));
    must(std::ranges::all_of(field.value, http::is_value_char) && lies_inside(field.value, bytes));
  }
  check_framing(head, http::Method::get);
  check_framing(head, http::Method::head);
  check_framing(head, http::Method::connect);
}

void check(std::string_view bytes, std::uint8_t seed) {
  const HeadScanner::Outcome outcome = scan_both_ways(bytes, kLimits, seed);
  const bool complete = outcome.head_size > 0;
  const std::string_view head_bytes = complete ? bytes.substr(0, outcome.head_size) : bytes;
  const std::vector<char> copy = exact_copy(head_bytes);
  const std::string_view text(copy.data(), copy.size());
  const auto fields = std::make_unique<http::Fields>();
  http::ResponseHead head;
  const Reason problem = parse_response_head(text, kLimits, *fields, head);
  must(problem == Reason::none || problem == Reason::upstream_bad_head);
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
