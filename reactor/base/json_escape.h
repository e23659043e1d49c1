// Strangers' text made fit for a JSON string, and for a terminal that shows one.
//
// Escaped: quotes, backslashes, C0 and C1 control characters and DEL; each byte that is no UTF-8
// (RFC 3629) becomes \ufffd. Everything else stays as it is, so clean ASCII is one copy.
#pragma once

#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <string_view>

namespace tidegate::base {

/// Writes `text` into `out`, as much of it as fits in whole characters; returns the bytes written.
std::size_t escape_json(std::string_view text, std::span<char> out);

/// Appends `text`; characters that would make it longer than `most` bytes are left out.
void append_escaped(std::string& out, std::string_view text,
                    std::size_t most = std::numeric_limits<std::size_t>::max());

}  // namespace tidegate::base
