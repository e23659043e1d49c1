// Reading and checking UTF-8 (RFC 3629), one character at a time.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace tidegate::conf {

struct Utf8Char {
  char32_t code = 0;
  std::size_t size = 1;  // bytes; 1 when not valid, so that a caller can step over it
  bool valid = false;
};

/// The character that begins at `position`, which must be inside `text`. Overlong forms and
/// surrogates are not valid.
Utf8Char utf8_at(std::string_view text, std::size_t position);

/// Where the first byte that is no UTF-8 stands; nothing when all of it is.
std::optional<std::size_t> first_bad_utf8(std::string_view text);

}  // namespace tidegate::conf
