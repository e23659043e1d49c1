#include "gateway/http1/head_parser.h"

#include <algorithm>
#include <optional>

#include "gateway/http/authority.h"
#include "gateway/http/chars.h"
#include "gateway/http1/byte_scan.h"
#include "gateway/http1/field_section.h"
#include "gateway/http1/request_target.h"

namespace tidegate::gateway::http1 {
namespace {

using http::Version;

constexpr std::size_t kVersionSize = 8;  // "HTTP/1.1"
constexpr std::size_t kCodeSize = 3;     // "200"

std::string_view slice(const char* from, const char* to) {
  return {from, static_cast<std::size_t>(to - from)};
}

std::optional<Version> parse_version(std::string_view text) {
  if (text == "HTTP/1.1") return Version::http11;
  if (text == "HTTP/1.0") return Version::http10;
  return std::nullopt;
}

// HTTP-version of RFC 9112 §2.3, whatever the digits.
bool has_version_shape(std::string_view text) {
  return text.size() == kVersionSize && text.starts_with("HTTP/") && http::is_digit(text[5]) &&
         text[6] == '.' && http::is_digit(text[7]);
}

// RFC 9112 §9.3: close wins over keep-alive, whatever their order.
bool keeps_alive(const SectionFacts& facts, Version version) {
  if (facts.option_close) return false;
  return version == Version::http11 || facts.option_keep_alive;
}

// `method SP target SP version` from the beginning of `head` to the CR at `line_end`, beyond which
// no loop goes.
Reason parse_request_line(std::string_view head, const char* line_end, const HeadLimits& limits,
                          http::RequestHead& out) {
  const char* method_end = find_token_end(head, head.data());
  if (method_end == head.data() || *method_end != ' ') return Reason::bad_request;
  const char* target = method_end + 1;
  const char* target_end = find_target_end(target);
  if (slice(target, target_end).size() > limits.target_bytes) return Reason::target_too_long;
  if (target_end == target || *target_end != ' ') return Reason::bad_request;

  const std::string_view version_text = slice(target_end + 1, line_end);
  const std::optional<Version> version = parse_version(version_text);
  if (!version) return has_version_shape(version_text) ? Reason::bad_version : Reason::bad_request;
  out.version = *version;
  out.method_text = slice(head.data(), method_end);
  out.method = http::classify_method(out.method_text);
  out.target = slice(target, target_end);
  return interpret_target(out);
}

// RFC 9112 §3.2: exactly one Host in HTTP/1.1, at most one in HTTP/1.0, and a valid one even where
// an absolute-form overrides it.
Reason settle_authority(const SectionFacts& facts, http::RequestHead& out) {
  if (facts.repeats_host) return Reason::bad_host;
  if (facts.host.empty()) {
    return out.version == Version::http10 ? Reason::none : Reason::bad_host;
  }
  const std::optional<std::string_view> host = http::parse_authority(facts.host);
  if (!host) return Reason::bad_host;
  if (!out.absolute_form) out.authority = *host;
  return Reason::none;
}

// `version SP code [SP phrase]`; false when it is anything else. A phrase may hold what a field
// value may, which is all that is left between two line ends.
bool parse_status_line(std::string_view line, http::ResponseHead& out) {
  constexpr std::size_t kFixedSize = kVersionSize + 1 + kCodeSize;
  if (line.size() < kFixedSize || line[kVersionSize] != ' ') return false;
  const std::optional<Version> version = parse_version(line.substr(0, kVersionSize));
  if (!version) return false;

  unsigned status = 0;
  for (const char c : line.substr(kVersionSize + 1, kCodeSize)) {
    if (!http::is_digit(c)) return false;
    status = status * 10 + http::hex_value(c);
  }
  if (status < 100) return false;
  if (line.size() > kFixedSize && line[kFixedSize] != ' ') return false;

  out.version = *version;
  out.status = static_cast<std::uint16_t>(status);
  out.reason = line.substr(std::min(line.size(), kFixedSize + 1));
  return true;
}

// A 204 has no body whatever its fields say, but an upstream that announces one may well send it:
// the connection is not used again, so that those bytes are never taken for a response.
bool announces_a_body_it_cannot_have(const http::ResponseHead& head) {
  if (head.status != 204) return false;
  if (head.fields->find(http::FieldId::transfer_encoding) != nullptr) return true;
  const http::Field* length = head.fields->find(http::FieldId::content_length);
  return length != nullptr && length->value != "0";
}

}  // namespace

Reason parse_request_head(std::string_view head, const HeadLimits& limits, http::Fields& fields,
                          http::RequestHead& out) {
  LineEnds line_ends(head);
  const char* line_end = line_ends.next();
  if (line_end == nullptr) return Reason::bad_request;
  const Reason line_problem = parse_request_line(head, line_end, limits, out);
  if (line_problem != Reason::none) return line_problem;

  SectionFacts facts;
  switch (parse_fields(line_end + 2, line_ends, limits.fields, fields, facts)) {
    case SectionProblem::malformed:
      return Reason::bad_request;
    case SectionProblem::too_many:
      return Reason::head_too_large;
    case SectionProblem::none:
      break;
  }
  const Reason host_problem = settle_authority(facts, out);
  if (host_problem != Reason::none) return host_problem;

  const bool http11 = out.version == Version::http11;
  if (http11 && facts.expects_other) return Reason::expectation_failed;
  out.keep_alive = keeps_alive(facts, out.version);
  out.upgrade = http11 && facts.option_upgrade && facts.has_upgrade;  // RFC 9110 §7.8
  out.expect_continue = http11 && facts.expects_continue;             // RFC 9110 §10.1.1
  out.te_trailers = facts.te_trailers;
  out.connection_names_fields = facts.option_others;
  out.fields = &fields;
  return Reason::none;
}

Reason parse_response_head(std::string_view head, const HeadLimits& limits, http::Fields& fields,
                           http::ResponseHead& out) {
  LineEnds line_ends(head);
  const char* line_end = line_ends.next();
  if (line_end == nullptr || !parse_status_line(slice(head.data(), line_end), out)) {
    return Reason::upstream_bad_head;
  }
  SectionFacts facts;
  if (parse_fields(line_end + 2, line_ends, limits.fields, fields, facts) != SectionProblem::none) {
    return Reason::upstream_bad_head;
  }
  out.fields = &fields;
  out.keep_alive = keeps_alive(facts, out.version) && !announces_a_body_it_cannot_have(out);
  out.upgrade = facts.option_upgrade && facts.has_upgrade;
  out.connection_names_fields = facts.option_others;
  return Reason::none;
}

Reason parse_trailers(std::string_view section, const HeadLimits& limits, http::Fields& fields) {
  fields.clear();
  if (section.empty() || section == "\r\n") return Reason::none;
  LineEnds line_ends(section);
  SectionFacts facts;
  const SectionProblem problem =
      parse_fields(section.data(), line_ends, limits.fields, fields, facts);
  return problem == SectionProblem::none ? Reason::none : Reason::bad_chunk;
}

}  // namespace tidegate::gateway::http1
