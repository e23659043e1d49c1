#include "gateway/http1/head_scanner.h"

#include <algorithm>

#include "gateway/http1/byte_scan.h"

namespace tidegate::gateway::http1 {
namespace {

constexpr std::size_t kLineSlack = 64;  // method and version beside the longest target

struct Find {
  std::size_t head_size = 0;
  bool broken = false;
};

// The control bytes among up to 64.
struct Controls {
  std::uint64_t all;
  std::uint64_t cr;
  std::uint64_t lf;
};

[[gnu::always_inline]] inline Controls controls_of_block(const char* at) {
  return {block_bits(at, [](Lane lane) { return lane.controls(); }),
          block_bits(at, [](Lane lane) { return lane.where('\r'); }),
          block_bits(at, [](Lane lane) { return lane.where('\n'); })};
}

Controls controls_of_tail(std::string_view text, std::size_t from) {
  Controls found{};
  visit_tail(text, from, [&](Lane lane, std::size_t skip, std::size_t index) {
    found.all |= lane.controls() >> skip << index;
    found.cr |= lane.where('\r') >> skip << index;
    found.lf |= lane.where('\n') >> skip << index;
  });
  return found;
}

// Judges line ends a block at a time and without a loop over lines: shifting the CRs by one must
// give the LFs, and an LF two after another ends the head.
class LineJudge {
 public:
  /// Goes on after the first `from` bytes of `text`, which are good. Requires: from >= 2.
  LineJudge(std::string_view text, std::size_t from)
      : cr_before_(text[from - 1] == '\r' ? 1 : 0),
        lf_before_((text[from - 1] == '\n' ? 2U : 0U) | (text[from - 2] == '\n' ? 1U : 0U)) {}

  /// `at` is where the block begins. Requires: 0 < size <= kBlockSize, and nothing found before.
  [[gnu::always_inline]] Find judge(const Controls& controls, std::size_t at, std::size_t size) {
    const std::uint64_t in_block = ~std::uint64_t{0} >> (kBlockSize - size);
    const std::uint64_t unpaired = ((controls.cr << 1 | cr_before_) ^ controls.lf) & in_block;
    const std::uint64_t broken = unpaired | (controls.all ^ (controls.cr | controls.lf));
    const std::uint64_t ends = controls.lf & (controls.lf << 2 | lf_before_);
    cr_before_ = controls.cr >> (kBlockSize - 1);
    lf_before_ = controls.lf >> (kBlockSize - 2);
    if ((broken | ends) == 0) return {};
    const int end = std::countr_zero(ends);
    if (end >= std::countr_zero(broken)) return {0, true};
    return {at + static_cast<std::size_t>(end) + 1, false};
  }

 private:
  std::uint64_t cr_before_;
  std::uint64_t lf_before_;
};

// Requires: what lies before `from` is good, and from >= 2.
Find find_head_end(std::string_view text, std::size_t from) {
  LineJudge lines(text, from);
  std::size_t at = from;
  for (; text.size() - at >= kBlockSize; at += kBlockSize) {
    const Find found = lines.judge(controls_of_block(text.data() + at), at, kBlockSize);
    if (found.broken || found.head_size > 0) return found;
  }
  if (at == text.size()) return {};
  return lines.judge(controls_of_tail(text, at), at, text.size() - at);
}

// The place of the first control byte from `at` on, or the size of the text.
std::size_t find_control(std::string_view text, std::size_t at) {
  const auto controls = [](Lane lane) { return lane.controls(); };
  for (; text.size() - at >= kBlockSize; at += kBlockSize) {
    const std::uint64_t found = block_bits(text.data() + at, controls);
    if (found != 0) return at + static_cast<std::size_t>(std::countr_zero(found));
  }
  const std::uint64_t found = tail_bits(text, at, controls);
  return found == 0 ? text.size() : at + static_cast<std::size_t>(std::countr_zero(found));
}

}  // namespace

HeadScanner::Outcome HeadScanner::scan(std::string_view bytes, const HeadLimits& limits) {
  if (first_line_size_ == 0) {
    const Outcome outcome = scan_first_line(bytes, limits);
    if (first_line_size_ == 0) return outcome;
  }
  // A head that is not complete within its limit never will be, and what lies beyond is not looked
  // at: so the outcome is the same however the bytes arrive.
  const std::string_view window = bytes.substr(0, limits.head_bytes);
  const Find found = find_head_end(window, scanned_);
  if (found.broken) return {0, Reason::bad_request};
  if (found.head_size > 0) return {found.head_size, Reason::none};
  if (bytes.size() >= limits.head_bytes) return {0, Reason::head_too_large};
  scanned_ = static_cast<std::uint32_t>(window.size());
  return {};
}

HeadScanner::Outcome HeadScanner::scan_first_line(std::string_view bytes,
                                                  const HeadLimits& limits) {
  const std::size_t line_bytes = std::size_t{limits.target_bytes} + kLineSlack + 2;
  const std::size_t most = std::min<std::size_t>(line_bytes, limits.head_bytes);
  const std::string_view window = bytes.substr(0, most);
  const std::size_t line_end = find_control(window, scanned_);
  scanned_ = static_cast<std::uint32_t>(line_end);

  if (line_end < window.size() && window[line_end] != '\r') return {0, Reason::bad_request};
  if (window.size() - line_end < 2) {
    if (window.size() < most) return {};
    return {0, most == limits.head_bytes ? Reason::head_too_large : Reason::target_too_long};
  }
  if (window[line_end + 1] != '\n' || line_end == 0) return {0, Reason::bad_request};
  scanned_ += 2;
  first_line_size_ = scanned_;
  return {};
}

std::size_t HeadScanner::leading_crlf(std::string_view bytes) {
  std::size_t size = 0;
  while (size < 4 && bytes.substr(size, 2) == "\r\n") size += 2;
  return size;
}

}  // namespace tidegate::gateway::http1
