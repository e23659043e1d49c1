// Numbers as the configuration writes them: 2s, 64KiB, 20%, 0660. Text in, values out.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tidegate::conf {

/// Decimal digits only: no sign, no leading zero, no other base. Nothing when it does not fit.
std::optional<std::uint64_t> parse_integer(std::string_view text);

/// Digits and one of ms, s, m, h. Nothing also when the milliseconds do not fit.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
/// In the largest unit that is exact: "1h", "90s", "0s".
std::string format_duration(std::chrono::milliseconds duration);

/// Digits and one of B, KiB, MiB, GiB. Nothing also when the bytes do not fit.
std::optional<std::uint64_t> parse_size(std::string_view text);
std::string format_size(std::uint64_t bytes);

/// "20%" or "0.25%", 0% to 100%, at most two decimals; the share of one, e.g. 0.2.
std::optional<double> parse_share(std::string_view text);
std::string format_share(double share);

/// Permission bits in octal, three digits or four that begin with 0: "0660".
std::optional<std::uint32_t> parse_mode(std::string_view text);
std::string format_mode(std::uint32_t mode);

}  // namespace tidegate::conf
