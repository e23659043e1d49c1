// The character classes of HTTP and URIs, as bits of one 256-entry table: four cache lines serve
// every parser. Independent of locale.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tidegate::gateway::http {

enum CharClass : std::uint8_t {
  kTokenChar = 1,  // tchar (RFC 9110 §5.6.2)
  kValueChar = 2,  // what a field value may hold: HTAB, SP, VCHAR, obs-text (RFC 9110 §5.5)
  kPathChar = 4,   // see is_path_char
  kQueryChar = 8,  // see is_query_char
  kHostChar = 16,  // see is_host_char
  kHexDigit = 32,  // HEXDIG, both cases
  kDigit = 64,
};

namespace detail {

constexpr bool holds(std::string_view set, char c) {
  return set.find(c) != std::string_view::npos;
}

constexpr std::uint8_t classes_of(unsigned byte) {
  const char c = static_cast<char>(byte);
  const bool digit = byte >= '0' && byte <= '9';
  const bool alpha = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
  const bool visible = byte > 0x20 && byte < 0x7f;
  const bool unreserved = digit || alpha || (visible && holds("-._~", c));

  unsigned bits = 0;
  if (digit || alpha || (visible && holds("!#$%&'*+-.^_`|~", c))) bits |= kTokenChar;
  if (visible || byte == 0x20 || byte == 0x09 || byte >= 0x80) bits |= kValueChar;
  if (unreserved || (visible && holds("!$&'()*+,;=:@/[]|^", c))) bits |= kPathChar;
  if (visible && !holds("\"#<>", c)) bits |= kQueryChar;
  if (unreserved) bits |= kHostChar;
  if (digit || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F')) bits |= kHexDigit;
  if (digit) bits |= kDigit;
  return static_cast<std::uint8_t>(bits);
}

constexpr std::array<std::uint8_t, 256> make_char_classes() {
  std::array<std::uint8_t, 256> table{};
  for (unsigned byte = 0; byte < table.size(); ++byte) table[byte] = classes_of(byte);
  return table;
}

}  // namespace detail

inline constexpr std::array<std::uint8_t, 256> kCharClasses = detail::make_char_classes();

constexpr bool is_in(CharClass which, char c) {
  return (kCharClasses[static_cast<unsigned char>(c)] & which) != 0;
}

constexpr bool is_token_char(char c) {
  return is_in(kTokenChar, c);
}
constexpr bool is_value_char(char c) {
  return is_in(kValueChar, c);
}
constexpr bool is_digit(char c) {
  return is_in(kDigit, c);
}
constexpr bool is_hex_digit(char c) {
  return is_in(kHexDigit, c);
}

/// RFC 3986's characters but '%' and '?', which need a look of their own, and '#'; besides them '|'
/// and '^', which browsers send bare in paths (WHATWG URL, path percent-encode set).
constexpr bool is_path_char(char c) {
  return is_in(kPathChar, c);
}

/// Every VCHAR but '"', '#', '<' and '>': what browsers send bare in queries (WHATWG URL, query
/// percent-encode set). A query is opaque to us, so nothing hangs on the rest.
constexpr bool is_query_char(char c) {
  return is_in(kQueryChar, c);
}

/// RFC 3986's unreserved: narrower than reg-name, which also has sub-delims and percent-encoding;
/// no name that resolves needs those.
constexpr bool is_host_char(char c) {
  return is_in(kHostChar, c);
}

constexpr bool is_white_space(char c) {
  return c == ' ' || c == '\t';
}  // OWS

/// 0 to 15. Requires: is_hex_digit(c).
constexpr unsigned hex_value(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte <= '9' ? byte - '0' : (byte | 0x20U) - 'a' + 10;
}

/// ASCII letters only.
constexpr char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

constexpr bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, to_lower, to_lower);
}

/// True for one or more token characters.
constexpr bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_token_char);
}

}  // namespace tidegate::gateway::http
