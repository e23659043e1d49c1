// "did you mean …?"
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tidegate::conf {

/// Edits that turn `a` into `b`: insert, delete, replace, or swap two neighbours.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The nearest of `known` if it is near enough to be what was meant; else empty. Letter case and
/// `-` for `_` count as nothing.
std::string_view nearest(std::string_view word, std::span<const std::string_view> known);

/// "did you mean `x`?" for the nearest, else "known here: a, b, c", else empty.
std::string suggest(std::string_view word, std::span<const std::string_view> known);

}  // namespace tidegate::conf
