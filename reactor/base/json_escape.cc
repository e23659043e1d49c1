#include "reactor/base/json_escape.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace tidegate::base {
namespace {

constexpr std::size_t kLongestEscape = 6;  // \u0000

constexpr bool is_clean(unsigned char c) {
  return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

#if defined(__SSE2__)
constexpr std::size_t kLane = 16;

// One bit for each of sixteen bytes that is not clean. Compared as signed, what is over 0x7f is
// below 0x20 too.
unsigned unclean_bits(const char* at) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): what the intrinsic takes
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  const __m128i outside = _mm_or_si128(_mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)),
                                       _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f)));
  const __m128i special = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                                       _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(outside, special)));
}
#endif

std::size_t clean_prefix(std::string_view text) {
  std::size_t i = 0;
#if defined(__SSE2__)
  for (; text.size() - i >= kLane; i += kLane) {
    const unsigned found = unclean_bits(text.data() + i);
    if (found != 0) return i + static_cast<std::size_t>(std::countr_zero(found));
  }
#endif
  while (i < text.size() && is_clean(static_cast<unsigned char>(text[i]))) ++i;
  return i;
}

// The size of the well-formed sequence that `text` begins with, or 0 (Unicode, table 3-7: no
// overlong forms, no surrogates, nothing over U+10FFFF). Requires: the first byte is not ASCII.
std::size_t sequence_size(std::string_view text) {
  const auto byte = [text](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto continues = [&](std::size_t i) { return (byte(i) & 0xc0U) == 0x80U; };
  const unsigned first = byte(0);
  if (first < 0xc2 || first > 0xf4) return 0;
  if (first < 0xe0) return continues(1) ? 2 : 0;
  const unsigned second = byte(1);
  if (first < 0xf0) {
    const unsigned lowest = first == 0xe0 ? 0xa0 : 0x80;
    const unsigned highest = first == 0xed ? 0x9f : 0xbf;
    return second >= lowest && second <= highest && continues(2) ? 3 : 0;
  }
  const unsigned lowest = first == 0xf0 ? 0x90 : 0x80;
  const unsigned highest = first == 0xf4 ? 0x8f : 0xbf;
  return second >= lowest && second <= highest && continues(2) && continues(3) ? 4 : 0;
}

// What one character is written as.
struct Piece {
  std::array<char, kLongestEscape> text;
  std::size_t size = 0;
  std::size_t consumed = 1;
};

Piece short_escape(char letter) {
  return {{'\\', letter}, 2, 1};
}

Piece unicode_escape(unsigned code, std::size_t consumed) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  return {{'\\', 'u', kDigits[code >> 12U & 15U], kDigits[code >> 8U & 15U],
           kDigits[code >> 4U & 15U], kDigits[code & 15U]},
          6,
          consumed};
}

// Requires: the first byte is not clean.
Piece escape_one(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  switch (first) {
    case '"':
      return short_escape('"');
    case '\\':
      return short_escape('\\');
    case '\n':
      return short_escape('n');
    case '\r':
      return short_escape('r');
    case '\t':
      return short_escape('t');
    default:
      break;
  }
  if (first < 0x80) return unicode_escape(first, 1);
  const std::size_t size = sequence_size(text);
  if (size == 0) return unicode_escape(0xfffd, 1);
  const auto second = static_cast<unsigned char>(text[1]);
  if (first == 0xc2 && second < 0xa0) return unicode_escape(second, 2);  // C1
  Piece piece{{}, size, size};
  std::memcpy(piece.text.data(), text.data(), size);
  return piece;
}

}  // namespace

std::size_t escape_json(std::string_view text, std::span<char> out) {
  std::size_t written = 0;
  for (;;) {
    const std::size_t clean = clean_prefix(text);
    const std::size_t fits = std::min(clean, out.size() - written);
    if (fits > 0) std::memcpy(out.data() + written, text.data(), fits);
    written += fits;
    if (fits < clean || clean == text.size()) return written;
    text.remove_prefix(clean);
    const Piece piece = escape_one(text);
    if (piece.size > out.size() - written) return written;
    std::memcpy(out.data() + written, piece.text.data(), piece.size);
    written += piece.size;
    text.remove_prefix(piece.consumed);
  }
}

void append_escaped(std::string& out, std::string_view text, std::size_t most) {
  const std::size_t clean = clean_prefix(text);
  out.append(text.substr(0, std::min(clean, most)));
  if (clean == text.size() || clean >= most) return;
  const std::string_view rest = text.substr(clean);
  const std::size_t before = out.size();
  out.resize(before + std::min(rest.size() * kLongestEscape, most - clean));
  out.resize(before + escape_json(rest, std::span(out).subspan(before)));
}

}  // namespace tidegate::base
