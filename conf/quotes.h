// Where quoted YAML text ends. yaml-cpp takes the end of the file for a closing double quote.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace tidegate::conf {

/// The position after the quote that closes the one at `open`; nothing when it is never closed.
std::optional<std::size_t> end_of_quoted(std::string_view text, std::size_t open);

/// The first quote from `from` on that opens a text and is never closed.
std::optional<std::size_t> unclosed_quote(std::string_view text, std::size_t from);

/// The position after the anchor and tag that may stand before a value, and the space behind them.
std::size_t skip_properties(std::string_view text, std::size_t at);

}  // namespace tidegate::conf
