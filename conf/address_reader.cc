#include "conf/address_reader.h"

#include "conf/escape.h"
#include "conf/units.h"

namespace tidegate::conf {
namespace {

constexpr std::uint64_t kMaxRange = 1024;  // ports of one listener: a socket each
constexpr std::string_view kUnix = "unix:";
constexpr std::string_view kForms =
    "an address like 10.0.0.1:80, [::1]:80, unix:/run/x.sock or unix:@name";

std::string did_you_mean(const std::string& text) {
  return "did you mean " + quote(text) + "?";
}

// What is most likely wrong with a text that is no address.
std::string address_hint(const std::string& text) {
  if (text.empty()) return {};
  if (text.rfind(kUnix, 0) == 0) return "a unix path is absolute and at most 107 bytes long";
  if (text.front() == '/') return did_you_mean("unix:" + text);
  if (text.front() == '@') return did_you_mean("unix:" + text);
  if (text.front() == ':' && text.rfind(':') == 0) return did_you_mean("0.0.0.0" + text);
  if (text.rfind("*:", 0) == 0) return did_you_mean(std::string("0.0.0.0").append(text, 1));
  if (text.rfind("localhost:", 0) == 0)
    return did_you_mean(std::string("127.0.0.1").append(text, 9));
  if (base::Address::parse(text + ":80").ok()) return "add a port, as in " + quote(text + ":80");
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) return "host and port are separated by `:`";
  const std::string host = text.substr(0, colon);
  const std::string bracketed = std::string("[").append(host).append("]").append(text, colon);
  if (base::Address::parse(bracketed).ok()) {
    return "IPv6 needs brackets: " + did_you_mean(bracketed);
  }
  const auto port = parse_integer(text.substr(colon + 1));
  if (!port || *port > 65535) return "a port is a number, 0 to 65535";
  if (host.find_first_not_of("0123456789.") == std::string::npos) return {};
  return "names are not resolved; write the numeric address of " + quote(host);
}

bool is_usable_unix_path(const base::Address& address) {
  const std::string path = address.unix_path();
  for (const char byte : path) {
    if (static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f) return false;
  }
  return path.front() == '/' || path.front() == '@';
}

std::optional<base::Address> parse(const std::string& text) {
  const auto parsed = base::Address::parse(text);
  if (!parsed || (parsed->is_unix() && !is_usable_unix_path(*parsed))) return std::nullopt;
  // The plain form of an IPv4-mapped address, so that equal addresses are equal.
  const auto plain = base::Address::parse(parsed->to_string());
  return plain ? *plain : *parsed;
}

struct Range {
  std::string first;  // the address with the first port
  std::uint64_t from = 0;
  std::uint64_t to = 0;
};

// Nothing when the text has no form of a range at all.
std::optional<Range> split_range(const std::string& text) {
  const auto dash = text.rfind('-');
  const auto colon = text.rfind(':');
  if (text.rfind(kUnix, 0) == 0 || dash == std::string::npos || colon == std::string::npos ||
      dash < colon) {
    return std::nullopt;
  }
  const auto from = parse_integer(text.substr(colon + 1, dash - colon - 1));
  const auto to = parse_integer(text.substr(dash + 1));
  if (!from || !to) return std::nullopt;
  return Range{text.substr(0, dash), *from, *to};
}

std::vector<base::Address> read_range(Reader& reader, const Node& node, const Range& range) {
  const auto first = parse(range.first);
  if (!first) {
    reader.wrong(node, std::string(kForms), address_hint(range.first));
    return {};
  }
  const bool right = range.from > 0 && range.to >= range.from && range.to <= 65535 &&
                     range.to - range.from < kMaxRange;
  if (!right) {
    reader.wrong(node, "a range of ports, the lower first, at most " + std::to_string(kMaxRange) +
                           " of them");
    return {};
  }
  std::vector<base::Address> out;
  for (std::uint64_t port = range.from; port <= range.to; ++port) {
    out.push_back(first->with_port(static_cast<std::uint16_t>(port)));
  }
  return out;
}

}  // namespace

std::optional<base::Address> read_address(Reader& reader, const Node& node, bool any_port) {
  const auto address = node.is_scalar() ? parse(node.text) : std::nullopt;
  if (!address) {
    reader.wrong(node, std::string(kForms), address_hint(node.text));
    return std::nullopt;
  }
  if (address->is_ip() && address->port() == 0 && !any_port) {
    reader.wrong(node, "an address with a port, 1 to 65535");
    return std::nullopt;
  }
  return address;
}

std::vector<base::Address> read_listen_addresses(Reader& reader, const Node& node) {
  if (const auto range = split_range(node.text)) return read_range(reader, node, *range);
  const auto address = read_address(reader, node, true);
  if (!address) return {};
  return {*address};
}

std::string format_listen_addresses(const std::vector<base::Address>& addresses) {
  std::string out = addresses.front().to_string();
  if (addresses.size() > 1) out += "-" + std::to_string(addresses.back().port());
  return out;
}

void take_addresses(Reader& reader, const Node& node, const std::vector<base::Address>& addresses) {
  for (const base::Address& address : addresses) {
    if (address.is_ip() && address.port() == 0) continue;  // the kernel picks a free one
    const std::string text = address.to_string();
    const auto first = reader.addresses.take(text, node.mark);
    if (!first) continue;
    reader.complain(node.mark,
                    quote(text) + " is listened on twice; the first is at " + reader.place(*first));
    return;
  }
}

}  // namespace tidegate::conf
