// Reads socket addresses: one, or the range of ports a listener may take.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "conf/reader.h"
#include "reactor/base/address.h"

namespace tidegate::conf {

/// "10.0.0.1:80", "[::1]:80", "unix:/run/x.sock", "unix:@name". No port 0 unless `any_port`.
std::optional<base::Address> read_address(Reader& reader, const Node& node, bool any_port);

/// The same, port 0 allowed, and "0.0.0.0:7000-7010": one address per port. Empty after a
/// complaint.
std::vector<base::Address> read_listen_addresses(Reader& reader, const Node& node);

/// What `read_listen_addresses` reads; `addresses` must not be empty.
std::string format_listen_addresses(const std::vector<base::Address>& addresses);

/// Complains when one of them is listened on already.
void take_addresses(Reader& reader, const Node& node, const std::vector<base::Address>& addresses);

}  // namespace tidegate::conf
