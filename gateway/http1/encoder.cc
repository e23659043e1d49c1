#include "gateway/http1/encoder.h"

#include <charconv>

#include "gateway/http/status.h"

namespace tidegate::gateway::http1 {

void append_request_line(std::string& out, std::string_view method, std::string_view path) {
  out.append(method).append(1, ' ').append(path).append(" HTTP/1.1\r\n");
}

void append_status_line(std::string& out, std::uint16_t status, std::string_view phrase) {
  const char code[] = {static_cast<char>('0' + status / 100 % 10),
                       static_cast<char>('0' + status / 10 % 10),
                       static_cast<char>('0' + status % 10), ' '};
  out.append("HTTP/1.1 ").append(code, sizeof code);
  out.append(phrase.empty() ? http::reason_phrase(status) : phrase).append("\r\n");
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

void append_field(std::string& out, std::string_view name, std::uint64_t value) {
  std::array<char, 20> digits;  // of 2^64 - 1
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  append_field(out, name,
               std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data())));
}

ChunkHeader::ChunkHeader(std::uint64_t size) : start_(kTextSize) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  text_[--start_] = '\n';
  text_[--start_] = '\r';
  do {
    text_[--start_] = kDigits[size & 0xf];
    size >>= 4;
  } while (size != 0);
}

}  // namespace tidegate::gateway::http1
