#include "conf/text_check.h"

#include <algorithm>
#include <optional>

#include "conf/escape.h"
#include "conf/limits.h"
#include "conf/utf8.h"

namespace tidegate::conf {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// The YAML scanner queues everything from an opening bracket on before it reports the first
// event. Brackets in quoted text are counted too, so this is far above kMaxDepth, which the
// reader holds exactly.
constexpr std::size_t kMaxOpenBrackets = 1000;

bool is_control(char byte) {
  const auto value = static_cast<unsigned char>(byte);
  return (value < 0x20 && byte != '\n' && byte != '\t') || value == 0x7f;
}

bool is_utf16(std::string_view text) {
  return text.substr(0, 2) == "\xff\xfe" || text.substr(0, 2) == "\xfe\xff";
}

std::optional<std::size_t> first_too_deep(std::string_view text) {
  std::size_t open = 0;
  std::size_t limit_at = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '[' || text[at] == '{') {
      if (++open == kMaxDepth + 1) limit_at = at;
      if (open > kMaxOpenBrackets) return limit_at;
    }
    if ((text[at] == ']' || text[at] == '}') && open > 0) --open;
  }
  return std::nullopt;
}

}  // namespace

std::string normalize(std::string_view bytes) {
  if (bytes.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    bytes.remove_prefix(kByteOrderMark.size());
  }
  std::string out;
  out.reserve(bytes.size());
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    if (bytes.substr(at, 2) == "\r\n") continue;
    out += bytes[at];
  }
  return out;
}

bool check_text(std::uint32_t source, Report& report) {
  const Source& file = report.sources().at(source);
  const std::string& text = file.text();
  const auto refuse = [&](std::size_t at, std::string wanted, std::string hint) {
    report.add({file.mark_of(at, source), "", std::move(wanted), "", std::move(hint)});
    return false;
  };
  if (is_utf16(text)) return refuse(0, "the file is UTF-16", "save it as UTF-8");
  const auto control = std::find_if(text.begin(), text.end(), is_control);
  if (control != text.end()) {
    return refuse(static_cast<std::size_t>(control - text.begin()),
                  "the control character " + quote({&*control, 1}) + " has no place in text",
                  *control == '\0' ? "this looks like a binary file" : "");
  }
  if (const auto bad = first_bad_utf8(text)) {
    return refuse(*bad, "the byte " + quote({&text[*bad], 1}) + " is no UTF-8",
                  "save the file as UTF-8");
  }
  if (const auto deep = first_too_deep(text)) {
    return refuse(*deep, "nested more than " + std::to_string(kMaxDepth) + " deep", "");
  }
  return true;
}

}  // namespace tidegate::conf
