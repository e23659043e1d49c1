#include "conf/escape.h"

#include <algorithm>
#include <cstdio>

#include "conf/utf8.h"

namespace tidegate::conf {
namespace {

constexpr std::size_t kWindow = 120;  // bytes of a long line that are shown
constexpr std::size_t kBefore = 60;   // of them before the mark

// Characters that hide or reorder what stands around them.
bool is_invisible(char32_t code) {
  return (code >= 0x80 && code <= 0x9f) || code == 0xad || (code >= 0x200b && code <= 0x200f) ||
         (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) || code == 0xfeff;
}

template <typename Number>
std::string formatted(const char* format, Number number) {
  char text[16];
  const int size = std::snprintf(text, sizeof text, format, number);
  return {text, static_cast<std::size_t>(size)};
}

std::string shown(std::string_view bytes, std::size_t at, const Utf8Char& next) {
  const auto byte = static_cast<unsigned char>(bytes[at]);
  if (byte == '\n') return "\\n";
  if (byte == '\t') return "\\t";
  if (byte == '\r') return "\\r";
  if (!next.valid || byte < 0x20 || byte == 0x7f) {
    return formatted("\\x%02x", static_cast<unsigned>(byte));
  }
  if (is_invisible(next.code)) return formatted("\\u{%04x}", static_cast<unsigned>(next.code));
  return std::string(bytes.substr(at, next.size));
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xc0U) != 0x80;
  }));
}

// The start of the character that `at` is inside of.
std::size_t char_start(std::string_view text, std::size_t at) {
  while (at > 0 && at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0U) == 0x80) --at;
  return at;
}

}  // namespace

std::string escape(std::string_view bytes, std::size_t limit) {
  std::string out;
  std::size_t count = 0;
  for (std::size_t at = 0; at < bytes.size(); ++count) {
    if (count == limit) return out + "…";
    const Utf8Char next = utf8_at(bytes, at);
    out += shown(bytes, at, next);
    at += next.size;
  }
  return out;
}

std::string quote(std::string_view bytes) {
  return "`" + escape(bytes) + "`";
}

Excerpt excerpt(std::string_view line, std::size_t offset) {
  offset = std::min(offset, line.size());
  std::size_t first = 0;
  std::size_t last = line.size();
  if (line.size() > kWindow) {
    first = char_start(line, offset > kBefore ? offset - kBefore : 0);
    last = char_start(line, std::min(line.size(), first + kWindow));
  }
  const std::string lead = first > 0 ? "…" : "";
  const std::string before = lead + escape(line.substr(first, offset - first), line.size());
  const std::string after = escape(line.substr(offset, last - offset), line.size());
  const std::string tail = last < line.size() ? "…" : "";
  return {before + after + tail, static_cast<std::uint32_t>(characters(before))};
}

}  // namespace tidegate::conf
