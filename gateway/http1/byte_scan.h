// The inner loops of head parsing: where the control bytes are, and where a name ends. None reads
// past the text it is given.
//
// Control bytes are gathered into one bit a byte, 64 at a time, so that finding a line's end does
// not wait for the parsing of the line before it: the processor works on several lines at once.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "gateway/http1/lane.h"

namespace tidegate::gateway::http1 {

constexpr std::size_t kBlockSize = 4 * kLaneSize;  // as many bytes as a word has bits

/// The bits `of_lane` finds in the kBlockSize bytes at `at`.
template <typename OfLane>
[[gnu::always_inline]] inline std::uint64_t block_bits(const char* at, OfLane of_lane) {
  return of_lane(Lane(at)) | of_lane(Lane(at + kLaneSize)) << kLaneSize |
         of_lane(Lane(at + 2 * kLaneSize)) << (2 * kLaneSize) |
         of_lane(Lane(at + 3 * kLaneSize)) << (3 * kLaneSize);
}

/// Covers the last bytes of `text`, those from `from` on, of which there are fewer than kBlockSize:
/// calls `visit(lane, skip, index)` for lanes that, less their first `skip` bytes, begin `index`
/// after `from`.
template <typename Visit>
[[gnu::always_inline]] inline void visit_tail(std::string_view text, std::size_t from,
                                              Visit&& visit) {
  const std::size_t size = text.size() - from;
  std::size_t index = 0;
  for (; index + kLaneSize <= size; index += kLaneSize) {
    visit(Lane(text.data() + from + index), 0, index);
  }
  const std::size_t rest = size - index;
  if (rest == 0) return;
  if (text.size() >= kLaneSize) {  // the last lane reaches back over bytes visited already
    visit(Lane(text.data() + text.size() - kLaneSize), kLaneSize - rest, index);
    return;
  }
  std::array<char, kLaneSize> padded;
  padded.fill('x');
  std::ranges::copy(text.substr(from), padded.begin());
  visit(Lane(padded.data()), 0, index);
}

/// What block_bits() does, for a tail.
template <typename OfLane>
std::uint64_t tail_bits(std::string_view text, std::size_t from, OfLane of_lane) {
  std::uint64_t bits = 0;
  visit_tail(text, from, [&](Lane lane, std::size_t skip, std::size_t index) {
    bits |= of_lane(lane) >> skip << index;
  });
  return bits;
}

/// The first byte of `text` from `at` on that is no token character, or its end.
inline const char* find_token_end(std::string_view text, const char* at) {
  constexpr std::ptrdiff_t kStep = kLaneSize;
  const char* end = text.data() + text.size();
  while (end - at >= kStep) {
    const std::uint64_t uncommon = Lane(at).uncommon_in_tokens();
    if (uncommon == 0) {
      at += kStep;
      continue;
    }
    at += std::countr_zero(uncommon);
    if (!http::is_token_char(*at)) return at;
    ++at;
  }
  while (at != end && http::is_token_char(*at)) ++at;
  return at;
}

// Walks the line ends of a text, in order.
class LineEnds {
 public:
  explicit LineEnds(std::string_view text) : text_(text) { load(); }

  [[nodiscard]] std::string_view text() const { return text_; }

  /// The address of the next control byte if it is a CR before an LF; null when it is any other
  /// control byte, or there is none left.
  const char* next() {
    const std::size_t cr = next_control();
    if (text_.size() - cr < 2 || text_[cr] != '\r' || text_[cr + 1] != '\n') return nullptr;
    if (bits_ != 0) {
      bits_ &= bits_ - 1;  // the LF's
    } else {
      next_control();  // the LF begins the next block
    }
    return text_.data() + cr;
  }

 private:
  void load() {
    constexpr auto controls = [](Lane lane) { return lane.controls(); };
    bits_ = text_.size() - block_ >= kBlockSize ? block_bits(text_.data() + block_, controls)
                                                : tail_bits(text_, block_, controls);
  }

  // The next control byte's place, or the size of the text.
  [[gnu::always_inline]] std::size_t next_control() {
    while (bits_ == 0) {
      if (text_.size() - block_ <= kBlockSize) return text_.size();
      block_ += kBlockSize;
      load();
    }
    const std::size_t found = block_ + static_cast<std::size_t>(std::countr_zero(bits_));
    bits_ &= bits_ - 1;
    return found;
  }

  std::string_view text_;
  std::size_t block_ = 0;   // where the current block begins
  std::uint64_t bits_ = 0;  // its control bytes that were not given yet
};

}  // namespace tidegate::gateway::http1
