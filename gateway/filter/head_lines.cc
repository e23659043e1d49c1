#include "gateway/filter/head_lines.h"

#include <array>
#include <charconv>

#include "gateway/http/status.h"
#include "reactor/base/check.h"

namespace tidegate::gateway::filter {
namespace {

constexpr std::string_view kColon = ": ";

[[maybe_unused]] bool is_one_line(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

void append_number(std::string& out, std::uint64_t value) {
  std::array<char, 20> digits;  // of 2^64-1
  const auto written = std::to_chars(digits.begin(), digits.end(), value);
  out.append(digits.begin(), written.ptr);
}

}  // namespace

void append_request_line(std::string& out, std::string_view method, std::string_view path) {
  TG_DCHECK(is_one_line(method) && is_one_line(path));
  out += method;
  out += ' ';
  out += path;
  out += " HTTP/1.1\r\n";
}

void append_status_line(std::string& out, std::uint16_t status, std::string_view phrase) {
  if (phrase.empty()) phrase = http::reason_phrase(status);
  TG_DCHECK(is_one_line(phrase));
  out += "HTTP/1.1 ";
  append_number(out, status);
  out += ' ';
  out += phrase;
  out += kEndOfLine;
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  TG_DCHECK(is_one_line(name) && is_one_line(value));
  out += name;
  out += kColon;
  out += value;
  out += kEndOfLine;
}

void append_field(std::string& out, std::string_view name, std::uint64_t value) {
  out += name;
  out += kColon;
  append_number(out, value);
  out += kEndOfLine;
}

void append_merged_field(std::string& out, std::string_view name, const http::Field* first,
                         const http::Field* end, std::string_view last,
                         std::string_view last_part) {
  TG_DCHECK(is_one_line(last) && is_one_line(last_part));
  out += name;
  out += kColon;
  for (const http::Field* field = first; field != nullptr && field != end; ++field) {
    if (field->id != first->id || field->value.empty()) continue;
    TG_DCHECK(is_one_line(field->value));
    out += field->value;
    out += ", ";
  }
  out += last;
  out += last_part;
  out += kEndOfLine;
}

}  // namespace tidegate::gateway::filter
