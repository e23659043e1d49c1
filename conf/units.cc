#include "conf/units.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace tidegate::conf {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array<Unit, 4> kDurations{{{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}}};
constexpr std::array<Unit, 4> kSizes{
    {{"B", 1}, {"KiB", 1U << 10U}, {"MiB", 1U << 20U}, {"GiB", 1U << 30U}}};
constexpr auto kLargest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

bool is_digit(char byte) {
  return byte >= '0' && byte <= '9';
}

template <std::size_t N>
std::optional<std::uint64_t> parse_with_unit(std::string_view text,
                                             const std::array<Unit, N>& units) {
  const auto digits =
      static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
  const auto number = parse_integer(text.substr(0, digits));
  if (!number) return std::nullopt;
  for (const Unit& unit : units) {
    if (text.substr(digits) != unit.name) continue;
    if (*number > kLargest / unit.factor) return std::nullopt;
    return *number * unit.factor;
  }
  return std::nullopt;
}

template <std::size_t N>
std::string format_with_unit(std::uint64_t value, const std::array<Unit, N>& units,
                             std::string_view unit_of_zero) {
  if (value == 0) return "0" + std::string(unit_of_zero);
  const auto exact = std::find_if(units.rbegin(), units.rend(),
                                  [value](const Unit& unit) { return value % unit.factor == 0; });
  return std::to_string(value / exact->factor) + std::string(exact->name);
}

}  // namespace

std::optional<std::uint64_t> parse_integer(std::string_view text) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const auto value = parse_with_unit(text, kDurations);
  if (!value) return std::nullopt;
  return std::chrono::milliseconds(static_cast<std::int64_t>(*value));
}

std::string format_duration(std::chrono::milliseconds duration) {
  return format_with_unit(static_cast<std::uint64_t>(duration.count()), kDurations, "s");
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  return parse_with_unit(text, kSizes);
}

std::string format_size(std::uint64_t bytes) {
  return format_with_unit(bytes, kSizes, "B");
}

std::optional<double> parse_share(std::string_view text) {
  if (text.empty() || text.back() != '%') return std::nullopt;
  text.remove_suffix(1);
  const auto point = text.find('.');
  const auto whole = parse_integer(text.substr(0, point));
  if (!whole || *whole > 100) return std::nullopt;
  std::uint64_t hundredths = 0;
  if (point != std::string_view::npos) {
    const std::string_view decimals = text.substr(point + 1);
    if (decimals.empty() || decimals.size() > 2) return std::nullopt;
    if (!std::all_of(decimals.begin(), decimals.end(), is_digit)) return std::nullopt;
    for (const char digit : decimals) {
      hundredths = hundredths * 10 + static_cast<std::uint64_t>(digit - '0');
    }
    if (decimals.size() == 1) hundredths *= 10;
  }
  const std::uint64_t total = *whole * 100 + hundredths;
  if (total > 10'000) return std::nullopt;
  return static_cast<double>(total) / 10'000.0;
}

std::string format_share(double share) {
  const auto total = static_cast<std::uint64_t>(std::lround(share * 10'000.0));
  std::string out = std::to_string(total / 100);
  std::uint64_t hundredths = total % 100;
  if (hundredths != 0) {
    out += hundredths < 10 ? ".0" : ".";
    if (hundredths >= 10 && hundredths % 10 == 0) hundredths /= 10;
    out += std::to_string(hundredths);
  }
  return out + "%";
}

std::optional<std::uint32_t> parse_mode(std::string_view text) {
  if (text.size() == 4 && text.front() == '0') text.remove_prefix(1);
  if (text.size() != 3) return std::nullopt;
  std::uint32_t mode = 0;
  for (const char digit : text) {
    if (digit < '0' || digit > '7') return std::nullopt;
    mode = mode * 8 + static_cast<std::uint32_t>(digit - '0');
  }
  return mode;
}

std::string format_mode(std::uint32_t mode) {
  std::string out = "0";
  for (const unsigned shift : {6U, 3U, 0U}) {
    out += static_cast<char>('0' + ((mode >> shift) & 7U));
  }
  return out;
}

}  // namespace tidegate::conf
