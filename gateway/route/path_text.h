// Brings a path to the form routes are compared in (RFC 3986 §6.2.2). Both functions write to
// memory of the caller's, at least as long as `path`; `path` itself may be that memory.
#pragma once

#include <string_view>

namespace tidegate::gateway::route {

/// Decodes percent-encoded letters, digits and "-._~", which mean the same encoded or not, and
/// writes what stays encoded in upper case. A '%' without two hexadecimal digits stays as it is.
std::string_view decode_unreserved(std::string_view path, char* out);

/// True when a segment of `path` is "." or "..".
bool has_dot_segments(std::string_view path);

/// Resolves dot segments (RFC 3986 §5.2.4); one that would climb above the root stays there. Empty
/// segments are kept: "/a//b" is not "/a/b". Requires: `path` begins with '/'.
std::string_view remove_dot_segments(std::string_view path, char* out);

}  // namespace tidegate::gateway::route
