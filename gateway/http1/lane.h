// Sixteen bytes looked at together: with SSE2, which every x86-64 has, else one by one. Every
// answer is one bit a byte, the first byte's lowest.
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "gateway/http/chars.h"

namespace tidegate::gateway::http1 {

constexpr std::size_t kLaneSize = 16;

/// Every control byte but HTAB: of a proper head, the CRs and LFs of its line ends and nothing
/// else.
constexpr bool is_control(char c) {
  return !http::is_value_char(c);
}

#if defined(__SSE2__)

class Lane {
 public:
  /// Reads kLaneSize bytes at `from`, however aligned.
  explicit Lane(const char* from)
      // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): what the intrinsic takes
      : bytes_(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))) {}

  [[nodiscard]] std::uint64_t where(char c) const { return bits_of(equal_to(bytes_, c)); }

  /// Where is_control() is true.
  [[nodiscard]] std::uint64_t controls() const {
    const __m128i low = _mm_andnot_si128(equal_to(bytes_, '\t'), at_most(bytes_, 0x1f));
    return bits_of(_mm_or_si128(low, equal_to(bytes_, 0x7f)));
  }

  /// Where there is no letter, digit or '-': of a token, few bytes or none.
  [[nodiscard]] std::uint64_t uncommon_in_tokens() const {
    const __m128i lower = _mm_or_si128(bytes_, _mm_set1_epi8(0x20));
    const __m128i letter = at_most(_mm_sub_epi8(lower, _mm_set1_epi8('a')), 25);
    const __m128i digit = at_most(_mm_sub_epi8(bytes_, _mm_set1_epi8('0')), 9);
    const __m128i dash = equal_to(bytes_, '-');
    return bits_of(_mm_or_si128(_mm_or_si128(letter, digit), dash)) ^ 0xffffU;
  }

 private:
  static std::uint64_t bits_of(__m128i bytes) {
    return static_cast<std::uint32_t>(_mm_movemask_epi8(bytes));
  }
  static __m128i equal_to(__m128i bytes, char c) { return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)); }

  // There is no unsigned comparison in SSE2: x <= most exactly when min(x, most) == x.
  static __m128i at_most(__m128i bytes, char most) {
    return _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(most)), bytes);
  }

  __m128i bytes_;
};

#else

class Lane {
 public:
  explicit Lane(const char* from) : bytes_(from) {}

  [[nodiscard]] std::uint64_t where(char c) const {
    return bits_that([c](char each) { return each == c; });
  }
  [[nodiscard]] std::uint64_t controls() const { return bits_that(is_control); }
  [[nodiscard]] std::uint64_t uncommon_in_tokens() const {
    return bits_that([](char each) { return !http::is_token_char(each); });
  }

 private:
  template <typename Test>
  std::uint64_t bits_that(Test test) const {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < kLaneSize; ++i) bits |= std::uint64_t{test(bytes_[i])} << i;
    return bits;
  }

  const char* bytes_;
};

#endif

}  // namespace tidegate::gateway::http1
