// The head of an HTTP/1.x request, for the examples that speak it: strict, complete, no allocation.
// The gateway has its own; this one shows how little a program of one's own needs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace tidegate::examples {

inline constexpr std::size_t kMaxHead = 8 * 1024;

// Everything points into the bytes it was read from.
class RequestHead {
 public:
  static constexpr std::size_t kMaxFields = 64;

  enum class Outcome : std::uint8_t { whole, partial, bad, too_large };

  /// Reads the head that `bytes` begins with. `whole`: `size()` bytes were it; `partial`: more must
  /// come first. Bad is what RFC 9112 calls malformed, a bare LF or CR included.
  Outcome read(std::string_view bytes);

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::string_view method() const { return method_; }
  [[nodiscard]] std::string_view target() const { return target_; }

  /// The value of the only field of this name (in lower case); nothing when there is none or
  /// several.
  [[nodiscard]] std::optional<std::string_view> only(std::string_view name) const;

  [[nodiscard]] bool has(std::string_view name) const;

  /// Whether a comma-separated field has this token (in lower case).
  [[nodiscard]] bool has_token(std::string_view name, std::string_view token) const;

  /// RFC 9112 §9.3, but for HTTP/1.0's keep-alive, which these examples decline.
  [[nodiscard]] bool keeps_alive() const;

  /// A body follows the head: these examples take none.
  [[nodiscard]] bool has_body() const;

 private:
  struct Field {
    std::string_view name;
    std::string_view value;
  };

  bool read_request_line(std::string_view line);
  bool read_field(std::string_view line);
  [[nodiscard]] std::span<const Field> fields() const { return std::span(fields_).first(count_); }

  std::size_t size_ = 0;
  std::string_view method_;
  std::string_view target_;
  bool minor_ = false;  // HTTP/1.1, not 1.0
  std::size_t count_ = 0;
  std::array<Field, kMaxFields> fields_;
};

}  // namespace tidegate::examples
