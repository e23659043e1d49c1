// Takes the framing off a body: bytes in, slices of content out. Pure; owns nothing but a bounded
// trailer section while one is being received.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "gateway/failure.h"
#include "gateway/http/message.h"

namespace tidegate::gateway::http1 {

class BodyDecoder {
 public:
  struct Step {
    std::size_t consumed = 0;       // of the input, framing included
    std::string_view data = {};     // content: a slice of the input; may be empty
    bool done = false;              // the body and its trailers are complete
    Reason problem = Reason::none;  // bad_chunk, head_too_large (trailers)
  };

  BodyDecoder();
  BodyDecoder(BodyDecoder&&) noexcept;
  BodyDecoder& operator=(BodyDecoder&&) noexcept;
  ~BodyDecoder();

  /// Begins a body; a Kind::none or zero-length one is done at once.
  void start(http::Framing framing);

  /// Takes the next step; call again with the rest while `consumed` > 0 and not done. Consumes
  /// nothing only when it is done, has a problem, or `input` is empty. A step with data has no
  /// problem: bytes received before one are delivered first. A problem stays until the next
  /// start().
  ///
  /// Strict (RFC 9112 §7.1): chunk sizes are 1 to 16 hex digits and below 2^63, with no white space
  /// around them; chunk extensions are skipped but limited to 256 bytes a chunk and must hold no
  /// control bytes but HTAB; every line ends in CRLF.
  Step next(std::string_view input);

  /// The peer closed: true when that is a proper end (Kind::until_close, or already done).
  [[nodiscard]] bool finish_at_eof();

  [[nodiscard]] bool done() const { return phase_ == Phase::done; }
  [[nodiscard]] bool is_chunked() const { return chunked_; }

  /// After done() on a chunked body: the trailer section, final CRLF included, for
  /// parse_trailers();
  /// "\r\n" when there were none. Empty for bodies of other kinds. Valid until the next start().
  [[nodiscard]] std::string_view trailers() const;

 private:
  enum class Phase : std::uint8_t {
    done,
    failed,
    length,
    until_close,
    size_first,
    size,
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailers_first,
    trailers_none_lf,
    trailers,
  };

  struct TrailerSection;

  static constexpr std::uint16_t kMaxSizeDigits = 16;
  static constexpr std::uint16_t kMaxExtensionBytes = 256;
  static constexpr std::uint32_t kMaxTrailerBytes = 8 * 1024;

  Step next_counted(std::string_view input);
  Step next_chunked(std::string_view input);
  bool take_framing_byte(char c);
  bool take_size_digit(char c);
  bool advance(Phase next);
  Step take_trailers(std::string_view input);
  Step fail(Reason problem);

  std::uint64_t remaining_ = 0;
  std::unique_ptr<TrailerSection> trailers_;  // made only when a trailer section begins
  std::uint16_t count_ = 0;                   // digits of a size, or bytes of extensions
  Phase phase_ = Phase::done;
  Reason problem_ = Reason::none;
  bool chunked_ = false;
};

}  // namespace tidegate::gateway::http1
