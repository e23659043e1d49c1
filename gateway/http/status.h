// Status codes and their standard phrases (RFC 9110 §15).
#pragma once

#include <cstdint>
#include <string_view>

namespace tidegate::gateway::http {

/// "Not Found"; "Unknown" for a code without one.
std::string_view reason_phrase(std::uint16_t status);

}  // namespace tidegate::gateway::http
