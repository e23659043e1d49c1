#include "reactor/examples/request_head.h"

#include <algorithm>

namespace tidegate::examples {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool is_same(std::string_view text, std::string_view lower_case) {
  return std::equal(text.begin(), text.end(), lower_case.begin(), lower_case.end(),
                    [](char a, char b) { return lower(a) == b; });
}

// tchar of RFC 9110 §5.6.2, as a table.
constexpr auto kTokenChars = [] {
  std::array<bool, 256> table{};
  for (unsigned c = '0'; c <= '9'; ++c) table[c] = true;
  for (unsigned c = 'a'; c <= 'z'; ++c) table[c] = table[c - 'a' + 'A'] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~"))
    table[static_cast<unsigned char>(c)] = true;
  return table;
}();

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return kTokenChars[static_cast<unsigned char>(c)];
  });
}

bool is_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return c == '\t' || (static_cast<unsigned char>(c) >= ' ' && c != '\x7f');
  });
}

bool is_target(std::string_view text) {
  return text.starts_with('/') &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

RequestHead::Outcome RequestHead::read(std::string_view bytes) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) {
    return bytes.size() > kMaxHead ? Outcome::too_large : Outcome::partial;
  }
  size_ = end + 4;
  if (size_ > kMaxHead) return Outcome::too_large;
  count_ = 0;
  std::string_view rest = bytes.substr(0, end + 2);
  for (bool first = true; !rest.empty(); first = false) {
    const std::size_t line_end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, line_end);
    if (!first && count_ == kMaxFields) return Outcome::too_large;
    if (!(first ? read_request_line(line) : read_field(line))) return Outcome::bad;
    rest.remove_prefix(line_end + 2);
  }
  // RFC 9112 §3.2: exactly one Host.
  return !minor_ || only("host") ? Outcome::whole : Outcome::bad;
}

bool RequestHead::read_request_line(std::string_view line) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return false;
  method_ = line.substr(0, first);
  target_ = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  minor_ = version == "HTTP/1.1";
  return (minor_ || version == "HTTP/1.0") && is_token(method_) && is_target(target_);
}

bool RequestHead::read_field(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return false;
  const Field field{line.substr(0, colon), trim(line.substr(colon + 1))};
  if (!is_token(field.name) || !is_value(field.value)) return false;
  fields_[count_++] = field;
  return true;
}

std::optional<std::string_view> RequestHead::only(std::string_view name) const {
  std::optional<std::string_view> found;
  for (const Field& field : fields()) {
    if (!is_same(field.name, name)) continue;
    if (found) return {};
    found = field.value;
  }
  return found;
}

bool RequestHead::has(std::string_view name) const {
  const auto all = fields();
  return std::any_of(all.begin(), all.end(), [&](const Field& f) { return is_same(f.name, name); });
}

bool RequestHead::has_token(std::string_view name, std::string_view token) const {
  for (const Field& field : fields()) {
    if (!is_same(field.name, name)) continue;
    for (std::string_view rest = field.value; !rest.empty();) {
      const std::size_t comma = rest.find(',');
      if (is_same(trim(rest.substr(0, comma)), token)) return true;
      rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    }
  }
  return false;
}

bool RequestHead::keeps_alive() const {
  return minor_ && !has_token("connection", "close");
}

bool RequestHead::has_body() const {
  return has("transfer-encoding") || (has("content-length") && only("content-length") != "0");
}

}  // namespace tidegate::examples
