// Writes HTTP/1 heads and chunk framing. Pure: appends to a string the caller owns and reuses.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/http/fields.h"

namespace tidegate::gateway::http1 {

void append_request_line(std::string& out, std::string_view method, std::string_view path);

/// "HTTP/1.1 200 OK\r\n"; an empty phrase is replaced by the standard one.
void append_status_line(std::string& out, std::uint16_t status, std::string_view phrase);

/// "name: value\r\n". The caller vouches for both: no CR, LF or NUL.
void append_field(std::string& out, std::string_view name, std::string_view value);
void append_field(std::string& out, std::string_view name, std::uint64_t value);

// "1a2b\r\n" for one chunk, made without allocation.
struct ChunkHeader {
  explicit ChunkHeader(std::uint64_t size);
  [[nodiscard]] std::string_view text() const {
    return {text_.data() + start_, kTextSize - start_};
  }

 private:
  static constexpr std::size_t kTextSize = 18;  // 16 digits and CRLF

  std::array<char, kTextSize> text_;
  std::size_t start_;
};

constexpr std::string_view kChunkEnd = "\r\n";
constexpr std::string_view kLastChunk = "0\r\n";  // a trailer section and CRLF follow
constexpr std::string_view kLastChunkNoTrailers = "0\r\n\r\n";

}  // namespace tidegate::gateway::http1
