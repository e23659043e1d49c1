// The Date field's format. Pure: the caller brings the clock and formats once a second.
#pragma once

#include <array>
#include <cstdint>

namespace tidegate::gateway::http {

using DateText = std::array<char, 29>;  // not NUL-terminated

/// IMF-fixdate, "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 §5.6.7), of seconds since the epoch.
/// Years before 1970 and after 9999 have no such form and are clamped to the nearest that has.
DateText format_date(std::int64_t seconds);

}  // namespace tidegate::gateway::http
