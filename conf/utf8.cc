#include "conf/utf8.h"

namespace tidegate::conf {
namespace {

struct Lead {
  std::size_t size;
  char32_t bits;
  char32_t smallest;  // below it the form is overlong
};

Lead classify(unsigned char byte) {
  if (byte < 0x80) return {1, byte, 0};
  if ((byte & 0xe0U) == 0xc0) return {2, byte & 0x1fU, 0x80};
  if ((byte & 0xf0U) == 0xe0) return {3, byte & 0x0fU, 0x800};
  if ((byte & 0xf8U) == 0xf0) return {4, byte & 0x07U, 0x10000};
  return {0, 0, 0};
}

}  // namespace

Utf8Char utf8_at(std::string_view text, std::size_t position) {
  const Lead lead = classify(static_cast<unsigned char>(text[position]));
  if (lead.size == 0 || position + lead.size > text.size()) return {};
  char32_t code = lead.bits;
  for (std::size_t i = 1; i < lead.size; ++i) {
    const auto byte = static_cast<unsigned char>(text[position + i]);
    if ((byte & 0xc0U) != 0x80) return {};
    code = (code << 6U) | (byte & 0x3fU);
  }
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < lead.smallest || code > 0x10ffff || surrogate) return {};
  return {code, lead.size, true};
}

std::optional<std::size_t> first_bad_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Char next = utf8_at(text, at);
    if (!next.valid) return at;
    at += next.size;
  }
  return std::nullopt;
}

}  // namespace tidegate::conf
