// Reads the parts of routes that are text of HTTP: hosts, methods, paths, header names and values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/reader.h"

namespace tidegate::conf {

/// RFC 9110 §5.6.2.
bool is_token(std::string_view text);

std::optional<std::string> read_pseudonym(Reader& reader, const Node& node);
/// Lower case, without a trailing dot; "*.example.com" or exact.
std::vector<std::string> read_hosts(Reader& reader, const Node& node);
std::vector<std::string> read_methods(Reader& reader, const Node& node);
std::optional<std::string> read_path(Reader& reader, const Node& node);

/// Which fields a section may touch: the framing of a message and what ends at this hop are never
/// the configuration's business.
enum class HostField { allowed, refused };

std::vector<HeaderChange> read_header_map(Reader& reader, const Node& node, HostField host);
std::vector<std::string> read_header_names(Reader& reader, const Node& node);

}  // namespace tidegate::conf
