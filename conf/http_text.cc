#include "conf/http_text.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "conf/escape.h"
#include "reactor/base/address.h"

namespace tidegate::conf {
namespace {

constexpr std::size_t kMaxHeaderChanges = 64;
constexpr std::size_t kMaxHeaderName = 256;
constexpr std::size_t kMaxHeaderValue = 8192;
constexpr std::size_t kMaxPath = 8192;
constexpr std::size_t kMaxHost = 253;  // RFC 1035 §2.3.4
constexpr std::size_t kMaxMethod = 32;

// RFC 9110 §7.6.1, §6.4.1, RFC 9112 §6.
constexpr std::array<std::string_view, 11> kNotOurs{"connection",
                                                    "content-length",
                                                    "http2-settings",
                                                    "keep-alive",
                                                    "proxy-authenticate",
                                                    "proxy-authorization",
                                                    "proxy-connection",
                                                    "te",
                                                    "trailer",
                                                    "transfer-encoding",
                                                    "upgrade"};

bool is_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

bool is_host(std::string_view host) {
  if (host.empty() || host.size() > kMaxHost) return false;
  if (host.front() == '[') return base::Address::parse(std::string(host) + ":80").ok();
  const bool letters = std::all_of(host.begin(), host.end(), [](char c) {
    return is_alnum(c) || c == '-' || c == '_' || c == '.';
  });
  return letters && host.front() != '.' && host.find("..") == std::string_view::npos;
}

std::string host_hint(const std::string& host) {
  if (host == "*") return "leave `hosts` out to match any host";
  if (host.find("://") != std::string::npos) return "only the host, without a scheme";
  if (host.find('/') != std::string::npos) return "only the host; a path goes to `path`";
  if (host.find('*') != std::string::npos) return "`*.` may only stand for the first labels";
  if (host.find(':') != std::string::npos) {
    return "without a port: did you mean " + quote(host.substr(0, host.rfind(':'))) + "?";
  }
  return "names in other scripts are written in their `xn--` form";
}

std::optional<std::string> read_host(Reader& reader, const Node& node) {
  std::string host = lower(node.text);
  if (host.size() > 1 && host.back() == '.') host.pop_back();
  const bool wildcard = host.rfind("*.", 0) == 0;
  const std::string_view named = std::string_view(host).substr(wildcard ? 2 : 0);
  const bool right = node.is_scalar() && is_host(named) && !(wildcard && named.front() == '[');
  if (right) return host;
  reader.wrong(node, "a host like shop.example or *.shop.example", host_hint(node.text));
  return std::nullopt;
}

std::optional<std::string> read_method(Reader& reader, const Node& node) {
  const std::string& text = node.text;
  const bool lower_case =
      std::any_of(text.begin(), text.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  if (node.is_scalar() && is_token(text) && text.size() <= kMaxMethod && !lower_case) return text;
  std::string upper = text;
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  reader.wrong(node, "a method like GET",
               lower_case && is_token(text) ? "did you mean " + quote(upper) + "?" : "");
  return std::nullopt;
}

template <typename Read>
std::vector<std::string> read_list(Reader& reader, const Node& node, std::string_view of_what,
                                   Read read) {
  std::vector<std::string> out;
  if (!reader.expect_list(node, of_what)) return out;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const Node& item = *node.items[i];
    const Reader::Scope scope(reader, "[" + std::to_string(i) + "]");
    auto value = read(reader, item);
    if (!value) continue;
    if (std::find(out.begin(), out.end(), *value) != out.end()) {
      reader.complain(item.mark, quote(*value) + " is given twice");
    }
    out.push_back(std::move(*value));
  }
  return out;
}

void refuse_empty(Reader& reader, const Node& node) {
  if (node.kind != Node::Kind::list || !node.items.empty()) return;
  reader.complain(node.mark, "an empty list would match nothing",
                  "remove the key to match everything");
}

// The lower-case name, or nothing after a complaint at `mark`.
std::optional<std::string> checked_field_name(Reader& reader, const Mark& mark,
                                              const std::string& text, HostField host) {
  const std::string name = lower(text);
  if (!is_token(name) || name.size() > kMaxHeaderName) {
    reader.complain(mark, quote(text) + " is no header name",
                    "letters, digits and !#$%&'*+-.^_`|~ (RFC 9110 §5.1)");
    return std::nullopt;
  }
  const bool framing = std::find(kNotOurs.begin(), kNotOurs.end(), name) != kNotOurs.end();
  if (framing || (name == "host" && host == HostField::refused)) {
    reader.complain(mark, quote(name) + " is managed by the gateway and cannot be changed here",
                    name == "host" ? "`request_headers.set` may change it" : "");
    return std::nullopt;
  }
  return name;
}

bool is_field_value(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
  });
}

bool check_field_value(Reader& reader, const Node& node) {
  if (!node.is_scalar()) {
    reader.wrong(node, "the value of a header", "write \"\" for an empty one");
    return false;
  }
  if (node.text.size() > kMaxHeaderValue) {
    reader.complain(node.mark, "longer than 8KiB");
    return false;
  }
  if (is_field_value(node.text)) return true;
  reader.wrong(node, "a value without line ends and other control characters",
               "a text after `|` or `>` ends in a line end; `|-` and `>-` leave it out");
  return false;
}

}  // namespace

bool is_token(std::string_view text) {
  static constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_alnum(c) || kMarks.find(c) != std::string_view::npos;
  });
}

std::optional<std::string> read_pseudonym(Reader& reader, const Node& node) {
  constexpr std::size_t kLongest = 64;
  if (node.is_scalar() && is_token(node.text) && node.text.size() <= kLongest) return node.text;
  reader.wrong(node, "a token of at most 64 letters, digits, `-`, `_` and `.`");
  return std::nullopt;
}

std::vector<std::string> read_hosts(Reader& reader, const Node& node) {
  refuse_empty(reader, node);
  return read_list(reader, node, "hosts", read_host);
}

std::vector<std::string> read_methods(Reader& reader, const Node& node) {
  refuse_empty(reader, node);
  return read_list(reader, node, "methods", read_method);
}

std::optional<std::string> read_path(Reader& reader, const Node& node) {
  const std::string& text = node.text;
  if (!node.is_scalar() || text.empty() || text.front() != '/' || text.size() > kMaxPath) {
    const bool forgot = node.is_scalar() && !text.empty() && text.front() != '/';
    reader.wrong(node, "a path that begins with `/`",
                 forgot ? "did you mean " + quote("/" + text) + "?" : "");
    return std::nullopt;
  }
  const auto bad = std::find_if(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7f ||
           c == '?' || c == '#' || c == '*';
  });
  if (bad == text.end()) return text;
  reader.wrong(node, "a path without " + quote({&*bad, 1}),
               *bad == '*'   ? "a prefix needs no `*`; it matches whole segments"
               : *bad == '?' ? "the query is not part of the path"
                             : "such a byte is written as %XX in a path");
  return std::nullopt;
}

std::vector<HeaderChange> read_header_map(Reader& reader, const Node& node, HostField host) {
  std::vector<HeaderChange> out;
  if (node.kind != Node::Kind::map) {
    reader.wrong(node, "header names and values, as in `{ x-name: value }`");
    return out;
  }
  if (node.entries.size() > kMaxHeaderChanges) {
    reader.complain(node.mark, "more than " + std::to_string(kMaxHeaderChanges) + " headers");
    return out;
  }
  std::unordered_map<std::string, Mark> seen;
  for (const Entry& entry : node.entries) {
    const Reader::Scope scope(reader, escape(entry.key));
    auto name = checked_field_name(reader, entry.mark, entry.key, host);
    const bool value_is_right = check_field_value(reader, *entry.value);
    if (!name || !value_is_right) continue;
    const auto [first, is_new] = seen.emplace(*name, entry.mark);
    if (!is_new) {
      reader.complain(entry.mark,
                      "the header " + quote(*name) + " is given twice; the first is at " +
                          reader.place(first->second),
                      "letter case does not tell headers apart");
    }
    out.push_back({std::move(*name), entry.value->text});
  }
  return out;
}

std::vector<std::string> read_header_names(Reader& reader, const Node& node) {
  return read_list(reader, node, "header names", [](Reader& r, const Node& item) {
    if (item.is_scalar()) return checked_field_name(r, item.mark, item.text, HostField::refused);
    r.wrong(item, "a header name");
    return std::optional<std::string>();
  });
}

}  // namespace tidegate::conf
