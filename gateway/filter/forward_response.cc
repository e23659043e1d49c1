#include "gateway/filter/forward.h"

#include <algorithm>

#include "gateway/filter/changes.h"
#include "gateway/filter/head_lines.h"
#include "gateway/http/chars.h"
#include "gateway/http/hop_by_hop.h"
#include "reactor/base/check.h"

namespace tidegate::gateway::filter {
namespace {

using http::Field;
using http::FieldId;
using http::Framing;

constexpr std::uint16_t kSwitchingProtocols = 101;
constexpr std::uint16_t kNoContent = 204;
constexpr std::uint16_t kUpgradeRequired = 426;

// What the fields held that is written after them: the first of each.
struct Seen {
  const Field* content_length = nullptr;
  const Field* date = nullptr;
  const Field* upgrade = nullptr;
  const Field* via = nullptr;
};

bool is_final(const http::ResponseHead& head) {
  return head.status >= 200;
}

Seen copy_fields(std::string& out, const http::ResponseHead& head, Framing::Kind framing,
                 const Changes& changes) {
  Seen seen;
  const auto note = [](const Field*& first, const Field& field) {
    if (first == nullptr) first = &field;
  };
  for (const Field& field : *head.fields) {
    switch (field.id) {
      case FieldId::content_length:
        note(seen.content_length, field);
        continue;
      case FieldId::upgrade:
        note(seen.upgrade, field);
        continue;
      case FieldId::via:
        note(seen.via, field);
        continue;
      case FieldId::date:
        note(seen.date, field);
        break;
      case FieldId::trailer:
        if (framing != Framing::Kind::chunked || !is_final(head)) continue;
        break;
      default:
        if (http::is_hop_by_hop(field.id)) continue;
    }
    if (head.connection_names_fields && http::connection_names(*head.fields, field)) continue;
    if (!changes.drops(field)) append_field(out, field.name, field.value);
  }
  return seen;
}

bool is_length(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, http::is_digit);
}

void append_framing(std::string& out, const http::ResponseHead& head, Framing framing,
                    const Seen& seen) {
  switch (framing.kind) {
    case Framing::Kind::none:
      if (head.status == kNoContent || seen.content_length == nullptr) return;
      if (is_length(seen.content_length->value)) {
        append_field(out, "Content-Length", seen.content_length->value);
      }
      return;
    case Framing::Kind::length:
      append_field(out, "Content-Length", framing.length);
      return;
    case Framing::Kind::chunked:
      append_field(out, "Transfer-Encoding", "chunked");
      return;
    case Framing::Kind::until_close:
      return;
  }
}

// Every upgrade the upstream names, as in `append_request_head`.
void append_upgrade(std::string& out, const http::ResponseHead& head) {
  for (const Field& field : *head.fields) {
    if (field.id == FieldId::upgrade) append_field(out, "Upgrade", field.value);
  }
}

void append_connection(std::string& out, const http::ResponseHead& head, Framing::Kind framing,
                       const ResponseFacts& facts, bool offers_upgrade) {
  if (head.status == kSwitchingProtocols) {
    append_field(out, "Connection", "upgrade");
  } else if (!facts.keep_alive || framing == Framing::Kind::until_close) {
    append_field(out, "Connection", offers_upgrade ? "close, upgrade" : "close");
  } else if (facts.client_version == http::Version::http10) {
    append_field(out, "Connection", offers_upgrade ? "keep-alive, upgrade" : "keep-alive");
  } else if (offers_upgrade) {
    append_field(out, "Connection", "upgrade");
  }
}

}  // namespace

void append_response_head(std::string& out, const http::ResponseHead& head, Framing framing,
                          const ResponseFacts& facts) {
  TG_DCHECK(framing.kind != Framing::Kind::chunked ||
            facts.client_version == http::Version::http11);
  const Changes changes(facts.changes);
  append_status_line(out, head.status, head.reason);
  const Seen seen = copy_fields(out, head, framing.kind, changes);

  const bool switches = head.status == kSwitchingProtocols;
  if (is_final(head)) append_framing(out, head, framing, seen);
  if (is_final(head) || switches) {
    const bool offers = head.status == kUpgradeRequired && seen.upgrade != nullptr;
    append_connection(out, head, framing.kind, facts, offers);
    if (offers || switches) append_upgrade(out, head);
  }
  if (is_final(head) && seen.date == nullptr && !facts.date.empty() &&
      !changes.drops(FieldId::date)) {
    append_field(out, "Date", facts.date);
  }
  if (!changes.drops(FieldId::via)) {
    const std::string_view version = head.version == http::Version::http11 ? "1.1 " : "1.0 ";
    append_merged_field(out, "Via", seen.via, head.fields->end(), version, facts.via_name);
  }
  if (is_final(head) || switches) changes.append_to(out);
  out += kEndOfLine;
}

}  // namespace tidegate::gateway::filter
