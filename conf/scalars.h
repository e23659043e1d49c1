// Reads one value of each kind out of a node, or complains about it and returns nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/reader.h"
#include "reactor/base/address.h"

namespace tidegate::conf {

/// The index in `info.words` of a node that is one of them; no complaint when it is none.
std::optional<std::size_t> match_word(const Node& node, const KeyInfo& info);

std::optional<std::uint64_t> read_integer(Reader& reader, const Node& node, const KeyInfo& info);
std::optional<bool> read_boolean(Reader& reader, const Node& node);
std::optional<std::size_t> read_choice(Reader& reader, const Node& node, const KeyInfo& info);
std::optional<std::string> read_text(Reader& reader, const Node& node, const KeyInfo& info);
std::optional<std::string> read_file(Reader& reader, const Node& node, const KeyInfo& info);
std::optional<std::string> read_name(Reader& reader, const Node& node);
std::optional<std::size_t> read_cluster(Reader& reader, const Node& node);
std::optional<Millis> read_duration(Reader& reader, const Node& node, const KeyInfo& info);
std::optional<std::uint64_t> read_size(Reader& reader, const Node& node, const KeyInfo& info);
std::optional<double> read_share(Reader& reader, const Node& node);
std::optional<std::uint32_t> read_mode(Reader& reader, const Node& node);

}  // namespace tidegate::conf
