#include "gateway/filter/forward.h"

#include <algorithm>

#include "gateway/filter/changes.h"
#include "gateway/filter/head_lines.h"
#include "gateway/http/chars.h"
#include "gateway/http/hop_by_hop.h"
#include "gateway/http/list.h"
#include "reactor/base/check.h"

namespace tidegate::gateway::filter {
namespace {

using http::Field;
using http::FieldId;
using http::Framing;

constexpr std::string_view kCleartextHttp2 = "h2c";  // and its drafts, such as "h2c-14"

// What the fields held that is written after them.
struct Seen {
  const Field* forwarded_for = nullptr;  // the first of each
  const Field* via = nullptr;
  bool content_length = false;
};

bool is_http11(const http::RequestHead& head) {
  return head.version == http::Version::http11;
}

Seen copy_fields(std::string& out, const http::RequestHead& head, Framing::Kind framing,
                 const Changes& changes) {
  Seen seen;
  for (const Field& field : *head.fields) {
    switch (field.id) {
      case FieldId::host:
      case FieldId::x_forwarded_host:
      case FieldId::x_forwarded_proto:
      case FieldId::x_request_id:
        continue;
      case FieldId::content_length:
        seen.content_length = true;
        continue;
      case FieldId::expect:
        if (head.expect_continue && is_http11(head)) append_field(out, field.name, field.value);
        continue;
      case FieldId::trailer:
        if (framing != Framing::Kind::chunked) continue;
        break;
      case FieldId::via:
        if (seen.via == nullptr) seen.via = &field;
        continue;
      case FieldId::x_forwarded_for:
        if (seen.forwarded_for == nullptr) seen.forwarded_for = &field;
        continue;
      default:
        if (http::is_hop_by_hop(field.id)) continue;
    }
    if (head.connection_names_fields && http::connection_names(*head.fields, field)) continue;
    if (!changes.drops(field)) append_field(out, field.name, field.value);
  }
  return seen;
}

void append_framing(std::string& out, Framing framing, const Seen& seen) {
  switch (framing.kind) {
    case Framing::Kind::none:
      if (seen.content_length) append_field(out, "Content-Length", "0");
      return;
    case Framing::Kind::length:
      append_field(out, "Content-Length", framing.length);
      return;
    case Framing::Kind::chunked:
      append_field(out, "Transfer-Encoding", "chunked");
      return;
    case Framing::Kind::until_close:
      TG_CHECK(false && "a request ends before its connection");
  }
}

// RFC 9110 §7.8 and §10.1.4: who sends Upgrade or TE names it in Connection.
void append_hop(std::string& out, const http::RequestHead& head) {
  const bool te_trailers = head.te_trailers && is_http11(head);
  if (te_trailers) append_field(out, "TE", "trailers");
  if (!passes_upgrade(head)) {
    if (te_trailers) append_field(out, "Connection", "te");
    return;
  }
  append_field(out, "Connection", te_trailers ? "upgrade, te" : "upgrade");
  for (const Field& field : *head.fields) {
    if (field.id == FieldId::upgrade) append_field(out, "Upgrade", field.value);
  }
}

void append_provenance(std::string& out, const http::RequestHead& head, const RequestFacts& facts,
                       const Seen& seen, const Changes& changes) {
  const Field* const end = head.fields->end();
  if (!changes.drops(FieldId::x_forwarded_for)) {
    append_merged_field(out, "X-Forwarded-For", seen.forwarded_for, end, facts.client_host);
  }
  if (!changes.drops(FieldId::x_forwarded_proto)) {
    append_field(out, "X-Forwarded-Proto", facts.scheme);
  }
  if (!head.authority.empty() && !changes.drops(FieldId::x_forwarded_host)) {
    append_field(out, "X-Forwarded-Host", head.authority);
  }
  if (!changes.drops(FieldId::via)) {
    append_merged_field(out, "Via", seen.via, end, is_http11(head) ? "1.1 " : "1.0 ",
                        facts.via_name);
  }
  if (!changes.drops(FieldId::x_request_id)) {
    append_field(out, "X-Request-Id", request_id_of(*head.fields, facts.request_id));
  }
}

}  // namespace

void append_request_head(std::string& out, const http::RequestHead& head, Framing framing,
                         const RequestFacts& facts) {
  const Changes changes(facts.changes);
  append_request_line(out, head.method_text, head.path);
  append_field(out, "Host", changes.host_or(head.authority));
  const Seen seen = copy_fields(out, head, framing.kind, changes);
  append_framing(out, framing, seen);
  append_hop(out, head);
  append_provenance(out, head, facts, seen, changes);
  changes.append_to(out);
  out += kEndOfLine;
}

bool passes_upgrade(const http::RequestHead& head) {
  if (!head.upgrade || !is_http11(head)) return false;
  bool passes = true;
  for (const Field& field : *head.fields) {
    if (field.id != FieldId::upgrade) continue;
    http::for_each_member(field.value, [&passes](std::string_view protocol) {
      const std::string_view start = protocol.substr(0, kCleartextHttp2.size());
      if (http::equals_ignoring_case(start, kCleartextHttp2)) passes = false;
    });
  }
  return passes;
}

std::string_view request_id_of(const http::Fields& fields, std::string_view made) {
  const Field* field = fields.find(FieldId::x_request_id);
  return field != nullptr && usable_request_id(field->value) ? field->value : made;
}

bool usable_request_id(std::string_view id) {
  constexpr std::size_t kMaxSize = 128;
  if (id.empty() || id.size() > kMaxSize) return false;
  return std::ranges::all_of(id, [](char c) {
    const char lower = http::to_lower(c);
    return (lower >= 'a' && lower <= 'z') || http::is_digit(c) ||
           std::string_view("_.:=+/@-").find(c) != std::string_view::npos;
  });
}

}  // namespace tidegate::gateway::filter
