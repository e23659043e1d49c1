#include "gateway/http/framing.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "gateway/http/list.h"

namespace tidegate::gateway::http {
namespace {

constexpr std::uint64_t kMaxLength = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t kMaxLengthDigits = 19;  // those of kMaxLength

// What the two fields that frame a body say, before the kind of message is looked at.
struct FramingFields {
  const Field* length = nullptr;
  const Field* coding = nullptr;
  bool repeated = false;
};

FramingFields find_framing_fields(const Fields& fields) {
  FramingFields found;
  for (const Field& field : fields) {
    if (field.id == FieldId::content_length) {
      found.repeated |= found.length != nullptr;
      found.length = &field;
    } else if (field.id == FieldId::transfer_encoding) {
      found.repeated |= found.coding != nullptr;
      found.coding = &field;
    }
  }
  return found;
}

// 1*DIGIT and nothing else (RFC 9110 §8.6): no sign, no white space, no list.
std::optional<std::uint64_t> parse_length(std::string_view text) {
  if (text.empty() || text.size() > kMaxLengthDigits) return std::nullopt;
  std::uint64_t length = 0;  // 19 digits always fit in 64 bits
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    length = length * 10 + hex_value(c);
  }
  if (length > kMaxLength) return std::nullopt;
  return length;
}

// Only the one word "chunked" is framing we know. A well-formed list of other codings, with chunked
// at most once and last, is honest and merely unknown; anything else is an attempt at two readings.
Reason judge_coding(std::string_view value) {
  if (equals_ignoring_case(value, "chunked")) return Reason::none;
  bool well_formed = true;
  bool chunked_seen = false;
  for_each_member(value, [&](std::string_view member) {
    if (chunked_seen || !is_token(member)) well_formed = false;
    chunked_seen |= equals_ignoring_case(member, "chunked");
  });
  return well_formed ? Reason::unknown_coding : Reason::ambiguous_framing;
}

// RFC 9112 §6.3 rules 3 to 6; rules 7 and 8 are left to `without_either`.
FramingDecision decide(const Fields& fields, Version version, Framing::Kind without_either) {
  const FramingFields found = find_framing_fields(fields);
  if (found.length == nullptr && found.coding == nullptr) return {{without_either}};
  if (found.repeated) return {{}, Reason::ambiguous_framing};
  if (found.coding == nullptr) {
    const std::optional<std::uint64_t> length = parse_length(found.length->value);
    if (!length) return {{}, Reason::ambiguous_framing};
    return {{Framing::Kind::length, *length}};
  }
  if (found.length != nullptr || version == Version::http10) return {{}, Reason::ambiguous_framing};
  const Reason problem = judge_coding(found.coding->value);
  if (problem != Reason::none) return {{}, problem};
  return {{Framing::Kind::chunked}};
}

bool is_bodiless(std::uint16_t status, Method request_method) {
  if (status < 200 || status == 204 || status == 304) return true;
  return request_method == Method::head || (request_method == Method::connect && status < 300);
}

}  // namespace

FramingDecision request_framing(const RequestHead& head) {
  return decide(*head.fields, head.version, Framing::Kind::none);
}

FramingDecision response_framing(const ResponseHead& head, Method request_method) {
  const FramingDecision decision = decide(*head.fields, head.version, Framing::Kind::until_close);
  if (decision.problem != Reason::none) return {{}, Reason::upstream_bad_head};
  if (!is_bodiless(head.status, request_method)) return decision;
  // Bytes after an interim response are the next head: one that announces a body (RFC 9110 §8.6,
  // RFC 9112 §6.1 forbid it) would have us take that body for a response.
  const bool promises_body =
      decision.framing.kind == Framing::Kind::chunked || decision.framing.length > 0;
  if (head.status < 200 && promises_body) return {{}, Reason::upstream_bad_head};
  return {};
}

}  // namespace tidegate::gateway::http
