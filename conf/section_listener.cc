#include "conf/escape.h"
#include "conf/fields.h"
#include "conf/http_text.h"
#include "conf/nested_fields.h"
#include "conf/sections.h"

namespace tidegate::conf {
namespace {

constexpr std::array<std::string_view, 2> kProtocols{"http", "tcp"};
constexpr std::array<std::string_view, 1> kLogFormats{"json"};
constexpr std::array<std::string_view, 2> kStandardStreams{"stdout", "stderr"};
constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kMaxConnections = 10'000'000;

constexpr std::array kAccessLogRows{
    file_or<&AccessLog::path, kStandardStreams>(
        "path", "where the records go; dates in a file's path as in `log.path`"),
    choice<&AccessLog::format, kLogFormats>("format", "`json`: an object per line"),
    share<&AccessLog::sample>("sample", "the share that is written; failures are always written")};

constexpr std::array kHttpLimitsRows{
    size<&HttpLimits::head_bytes>("head_size", 128, 1024 * kKiB,
                                  "request line and fields together; past it 431"),
    integer<&HttpLimits::fields>("fields", 1, 256, "fields of a request; past it 431"),
    size<&HttpLimits::target_bytes>("target_size", 16, 1024 * kKiB,
                                    "the request target; past it 414"),
    size_or_none<&HttpLimits::body_bytes>("body_size", "a request body; past it 413")};

constexpr Key<Listener> kAddress{
    {.name = "address",
     .kind = Kind::listen_address,
     .meaning = "where to listen; port 0 is any free one",
     .required = true},
    [](Reader& reader, const Node& node, const KeyInfo&, Listener& out) {
      out.addresses = read_listen_addresses(reader, node);
      take_addresses(reader, node, out.addresses);
    },
    [](const DumpScope&, const Listener& from) {
      return from.addresses.empty() ? Value()
                                    : Value::text(format_listen_addresses(from.addresses));
    }};

constexpr Key<Listener> kUnixMode{
    {.name = "unix_mode",
     .kind = Kind::mode,
     .meaning = "permission bits of a unix socket's file",
     .fallback = "as the umask says"},
    [](Reader& reader, const Node& node, const KeyInfo&, Listener& out) {
      out.unix_mode = read_mode(reader, node);
    },
    [](const DumpScope&, const Listener& from) {
      return from.unix_mode ? Value::text(format_mode(*from.unix_mode)) : Value();
    }};

constexpr Key<Listener> kAccessLogKey{
    {.name = "access_log",
     .kind = Kind::section,
     .meaning = "one record per request or TCP session",
     .words = kOff,
     .section = &kAccessLog,
     .fallback = "on, as below"},
    [](Reader& reader, const Node& node, const KeyInfo& info, Listener& out) {
      out.access_log.enabled = !match_word(node, info);
      if (out.access_log.enabled) read_section(reader, node, kAccessLog, out.access_log);
    },
    [](const DumpScope& scope, const Listener& from) {
      return from.access_log.enabled ? write_section(scope, kAccessLog, from.access_log)
                                     : Value::word(kOff[0]);
    }};

// A row that only an http listener has.
constexpr bool is_http_only(std::string_view name) {
  return name == "limits" || name == "server_name" || name == "routes";
}

constexpr Key<Listener> kLimits{
    {.name = "limits",
     .kind = Kind::section,
     .meaning = "what a client may send; http only",
     .section = &kHttpLimits},
    [](Reader& reader, const Node& node, const KeyInfo&, Listener& out) {
      read_section(reader, node, kHttpLimits, out.limits);
    },
    [](const DumpScope& scope, const Listener& from) {
      return from.protocol == Protocol::http ? write_section(scope, kHttpLimits, from.limits)
                                             : Value();
    }};

constexpr Key<Listener> kServerName{
    {.name = "server_name",
     .kind = Kind::pseudonym,
     .meaning = "this gateway's pseudonym in `Via`; http only"},
    [](Reader& reader, const Node& node, const KeyInfo&, Listener& out) {
      if (auto value = read_pseudonym(reader, node)) out.server_name = std::move(*value);
    },
    [](const DumpScope&, const Listener& from) {
      return from.protocol == Protocol::http ? Value::text(from.server_name) : Value();
    }};

constexpr Key<Listener> kRoutes{
    {.name = "routes",
     .kind = Kind::sections,
     .meaning = "which requests go where; http only, and either this or `cluster`",
     .min = 1,
     .section = &kRoute,
     .fallback = "none"},
    [](Reader& reader, const Node& node, const KeyInfo& info, Listener& out) {
      read_sections(reader, node, info, kRoute, out.routes);
    },
    [](const DumpScope& scope, const Listener& from) {
      if (from.cluster || from.protocol != Protocol::http) return Value();
      Value list = Value::list();
      for (const Route& route : from.routes) list.add(write_section(scope, kRoute, route));
      return list;
    }};

constexpr Key<Listener> kListenerCluster{
    {.name = "cluster",
     .kind = Kind::cluster_name,
     .meaning = "where everything goes: needed for tcp, for http instead of `routes`"},
    [](Reader& reader, const Node& node, const KeyInfo&, Listener& out) {
      out.cluster = read_cluster(reader, node);
    },
    [](const DumpScope& scope, const Listener& from) {
      const bool named = scope.config != nullptr && from.cluster;
      return named ? Value::text(scope.config->clusters[*from.cluster].name) : Value();
    }};

constexpr Key<Listener> kProtocol =
    choice<&Listener::protocol, kProtocols>("protocol", "what is spoken on it");

constexpr std::array kListenerRows{
    object_name<&Listener::name>("how logs and metrics call it"),
    kAddress,
    kProtocol,
    boolean<&Listener::ipv6_only>("ipv6_only", "an IPv6 address takes no IPv4 clients"),
    integer<&Listener::backlog>("backlog", 1, 65535,
                                "connections the kernel keeps until they are accepted"),
    integer_or<&Listener::max_connections, kNone>("max_connections", kMaxConnections,
                                                  "open connections, over all workers"),
    kUnixMode,
    kAccessLogKey,
    kLimits,
    section<&Listener::timeouts, kListenerTimeouts>("timeouts", "overrides of `defaults.timeouts`"),
    kServerName,
    kRoutes,
    kListenerCluster};

void complain_at(Reader& reader, const Entry& entry, std::string sentence, std::string hint = {}) {
  const Reader::Scope scope(reader, escape(entry.key));
  reader.complain(entry.mark, std::move(sentence), std::move(hint));
}

void check_destination(Reader& reader, const Node& node, const Listener& listener) {
  const Entry* routes = node.find("routes");
  const Entry* cluster = node.find("cluster");
  const Entry* protocol = node.find("protocol");
  const bool known =
      protocol == nullptr || match_word(*protocol->value, kProtocol.info).has_value();
  if (!known) return;  // nothing can be said of a listener whose protocol is anyone's guess
  if (listener.protocol == Protocol::tcp) {
    if (cluster == nullptr) reader.complain(node.mark, "a tcp listener needs `cluster`");
    for (const Entry& entry : node.entries) {
      if (!is_http_only(entry.key)) continue;
      complain_at(reader, entry, "a tcp listener has no " + quote(entry.key),
                  entry.key == "routes" ? "name its one destination in `cluster`" : "");
    }
    return;
  }
  if (routes == nullptr && cluster == nullptr) {
    reader.complain(node.mark, "an http listener needs `routes` or `cluster`");
  } else if (routes != nullptr && cluster != nullptr) {
    complain_at(reader, *cluster, "either `cluster` or `routes`, not both",
                "make the cluster a last route without `match`");
  }
}

void check_socket_options(Reader& reader, const Node& node, const Listener& listener) {
  if (listener.addresses.empty()) return;
  const base::Address& address = listener.addresses.front();
  const Entry* mode = node.find("unix_mode");
  const bool has_file = address.is_unix() && address.unix_path().front() == '/';
  if (mode != nullptr && !has_file) {
    complain_at(reader, *mode, "only a unix socket with a path has permission bits");
  }
  const Entry* ipv6_only = node.find("ipv6_only");
  if (ipv6_only != nullptr && listener.ipv6_only && address.family() != AF_INET6) {
    complain_at(reader, *ipv6_only, "the address of this listener is not IPv6");
  }
}

void finish_listener(Reader& reader, const Node& node, Listener& listener) {
  check_destination(reader, node, listener);
  check_socket_options(reader, node, listener);
  if (listener.protocol == Protocol::http && listener.cluster && listener.routes.empty()) {
    Route everything;
    everything.name = listener.name;
    everything.cluster = *listener.cluster;
    listener.routes.push_back(std::move(everything));
  }
}

}  // namespace

const Section<AccessLog> kAccessLog{
    {"access log", "Where and how requests are recorded.", describe_section<AccessLog>},
    kAccessLogRows};
const Section<HttpLimits> kHttpLimits{
    {"listener limits", "What a client may send.", describe_section<HttpLimits>}, kHttpLimitsRows};
const Section<Listener> kListener{
    {"listener", "An address, what is spoken on it and where it leads.",
     describe_section<Listener>},
    kListenerRows,
    [](Reader& reader, Listener& out) { out.timeouts = reader.default_timeouts; },
    finish_listener};

}  // namespace tidegate::conf
