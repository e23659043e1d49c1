// Finds the end of a message head as bytes arrive, looking at each byte once.
//
// It accepts only CRLF line ends (RFC 9112 §2.2 lets a recipient take a bare LF; two parsers that
// differ on it are a smuggling vector, so we refuse) and never looks back. Pure; 8 bytes of state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "gateway/failure.h"

namespace tidegate::gateway::http1 {

struct HeadLimits {
  std::uint32_t head_bytes = 32 * 1024;
  std::uint32_t fields = 100;
  std::uint32_t target_bytes = 8 * 1024;
};

class HeadScanner {
 public:
  struct Outcome {
    std::size_t head_size = 0;      // > 0: the head is complete, its final CRLF included
    Reason problem = Reason::none;  // bad_request, head_too_large, target_too_long
  };

  /// `bytes` begin at the head's first byte and hold everything received of it so far: each call
  /// repeats what earlier calls were given and adds to it. Neither head_size nor problem set: wait
  /// for more. A first line longer than target_bytes + 64 is target_too_long at once, and so is a
  /// control byte but HTAB bad_request. After a head_size or a problem, only reset() may follow.
  Outcome scan(std::string_view bytes, const HeadLimits& limits);

  /// Ready for the next head.
  void reset() { *this = HeadScanner(); }

  /// Empty lines before a request line are skipped by the caller (RFC 9112 §2.2): how many bytes of
  /// CRLF `bytes` begins with, at most 2 lines' worth. A lone CR leaves a new scanner as it was, so
  /// the caller may ask again when more has come; an empty line left in front is bad_request.
  static std::size_t leading_crlf(std::string_view bytes);

 private:
  Outcome scan_first_line(std::string_view bytes, const HeadLimits& limits);

  std::uint32_t scanned_ = 0;          // bytes known good
  std::uint32_t first_line_size_ = 0;  // 0 until it is complete
};

}  // namespace tidegate::gateway::http1
