// The lines of a head, appended to a string. All text must be free of CR, LF and NUL: what
// strangers sent has been through the parser, what operators wrote through the configuration's
// checks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/http/fields.h"

namespace tidegate::gateway::filter {

inline constexpr std::string_view kEndOfLine = "\r\n";

/// "METHOD path HTTP/1.1"
void append_request_line(std::string& out, std::string_view method, std::string_view path);

/// "HTTP/1.1 200 OK"; an empty phrase is replaced by the standard one.
void append_status_line(std::string& out, std::uint16_t status, std::string_view phrase);

void append_field(std::string& out, std::string_view name, std::string_view value);
void append_field(std::string& out, std::string_view name, std::uint64_t value);

/// One line of the values of all fields of `first`'s id from there to `end`, and `last`, which is
/// made of two parts. `first` may be null: then there are none.
void append_merged_field(std::string& out, std::string_view name, const http::Field* first,
                         const http::Field* end, std::string_view last,
                         std::string_view last_part = {});

}  // namespace tidegate::gateway::filter
