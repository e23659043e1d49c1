// What one configuration may cost us to read. Each is far above any real one.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tidegate::conf {

constexpr std::size_t kMaxFileBytes = 4U << 20U;      // checked before the file is read
constexpr std::size_t kMaxDepth = 64;                 // nested lists and sections
constexpr std::uint64_t kMaxNodes = 500'000;          // values, with every alias counted as a copy
constexpr std::size_t kMaxExpandedBytes = 4U << 20U;  // all values with variables, per file
constexpr std::size_t kMaxFiles = 256;                // *.yaml in a directory

}  // namespace tidegate::conf
