// Makes bytes of a stranger's file fit to be shown on a terminal or in a log.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tidegate::conf {

/// Control characters, invisible ones and bytes that are no UTF-8 become \n, \t, \x1b, \u{202e};
/// what is longer than `limit` characters is cut and ends in "…".
std::string escape(std::string_view bytes, std::size_t limit = 60);

/// The same between backquotes: `text`.
std::string quote(std::string_view bytes);

struct Excerpt {
  std::string text;
  std::uint32_t caret = 0;  // characters of `text` before the marked byte
};

/// `line` escaped, with the place of the byte at `offset`. Of a long line only the part around it.
Excerpt excerpt(std::string_view line, std::size_t offset);

}  // namespace tidegate::conf
