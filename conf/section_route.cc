#include "conf/fields.h"
#include "conf/http_text.h"
#include "conf/nested_fields.h"
#include "conf/sections.h"

namespace tidegate::conf {
namespace {

constexpr std::uint64_t kMaxBody = 64 * 1024;

template <auto Member, auto Read, Kind KindOf>
constexpr Key<RouteMatch> match_list(std::string_view name, std::string_view meaning) {
  return {{.name = name, .kind = KindOf, .meaning = meaning, .fallback = "any"},
          [](Reader& reader, const Node& node, const KeyInfo&, RouteMatch& out) {
            out.*Member = Read(reader, node);
          },
          [](const DumpScope&, const RouteMatch& from) {
            return (from.*Member).empty() ? Value() : Value::texts(from.*Member);
          }};
}

template <PathMatch::Kind KindOf>
constexpr Key<PathMatch> path_key(std::string_view name, std::string_view meaning) {
  return {{.name = name, .kind = Kind::path, .meaning = meaning},
          [](Reader& reader, const Node& node, const KeyInfo&, PathMatch& out) {
            if (auto value = read_path(reader, node)) out = {KindOf, std::move(*value)};
          },
          [](const DumpScope&, const PathMatch& from) {
            return from.kind == KindOf ? Value::text(from.value) : Value();
          }};
}

constexpr std::array kPathRows{
    path_key<PathMatch::Kind::prefix>("prefix",
                                      "whole segments: `/a` takes `/a` and `/a/b`, not `/ab`"),
    path_key<PathMatch::Kind::exact>("exact", "this path and no other")};

void finish_path(Reader& reader, const Node& node, PathMatch&) {
  if ((node.find("prefix") != nullptr) == (node.find("exact") != nullptr)) {
    reader.complain(node.mark, "needs either `prefix` or `exact`",
                    "leave `path` out to match any path");
  }
}

constexpr Key<RouteMatch> kPath{
    {.name = "path",
     .kind = Kind::section,
     .meaning = "which paths",
     .section = &kPathMatch,
     .fallback = "any"},
    [](Reader& reader, const Node& node, const KeyInfo&, RouteMatch& out) {
      read_section(reader, node, kPathMatch, out.path);
    },
    [](const DumpScope& scope, const RouteMatch& from) {
      return from.path.kind == PathMatch::Kind::any ? Value()
                                                    : write_section(scope, kPathMatch, from.path);
    }};

constexpr std::array kMatchRows{
    match_list<&RouteMatch::hosts, read_hosts, Kind::hosts>(
        "hosts", "exact, or `*.example.com` for everything below a name"),
    kPath, match_list<&RouteMatch::methods, read_methods, Kind::methods>("methods", "in capitals")};

constexpr std::array kRespondRows{integer<&Respond::status>("status", 200, 599, "the status code"),
                                  text<&Respond::body>("body", kMaxBody, "sent as text/plain")};

void finish_respond(Reader& reader, const Node& node, Respond& respond) {
  const bool bodiless = respond.status == 204 || respond.status == 304;
  if (!bodiless || respond.body.empty()) return;
  reader.complain(node.find("body")->mark,
                  "a " + std::to_string(respond.status) + " response has no body",
                  "remove `body`, or use status 200");
}

constexpr Key<Route> kRouteCluster{
    {.name = "cluster",
     .kind = Kind::cluster_name,
     .meaning = "where to send what matches; either this or `respond`"},
    [](Reader& reader, const Node& node, const KeyInfo&, Route& out) {
      if (const auto index = read_cluster(reader, node)) out.cluster = *index;
    },
    [](const DumpScope& scope, const Route& from) {
      const bool named = scope.config != nullptr && !from.respond;
      return named ? Value::text(scope.config->clusters[from.cluster].name) : Value();
    }};

constexpr Key<Route> kRouteRespond{
    {.name = "respond",
     .kind = Kind::section,
     .meaning = "answer without asking a cluster",
     .section = &kRespond},
    [](Reader& reader, const Node& node, const KeyInfo&, Route& out) {
      read_section(reader, node, kRespond, out.respond.emplace());
    },
    [](const DumpScope& scope, const Route& from) {
      return from.respond ? write_section(scope, kRespond, *from.respond) : Value();
    }};

constexpr std::array kRouteRows{
    object_name<&Route::name>("how logs and metrics call it"),
    section<&Route::match, kRouteMatch>("match", "which requests it takes; without it, all"),
    kRouteCluster,
    kRouteRespond,
    section<&Route::request_headers, kRequestHeaders>("request_headers",
                                                      "changes to what is passed on"),
    section<&Route::response_headers, kResponseHeaders>("response_headers",
                                                        "changes to what is answered")};

void finish_route(Reader& reader, const Node& node, Route&) {
  if ((node.find("cluster") != nullptr) == (node.find("respond") != nullptr)) {
    reader.complain(node.mark, "a route needs either `cluster` or `respond`");
  }
}

}  // namespace

const Section<PathMatch> kPathMatch{
    {"path", "Which paths a route takes: one of the two.", describe_section<PathMatch>},
    kPathRows,
    nullptr,
    finish_path};
const Section<RouteMatch> kRouteMatch{
    {"match",
     "Which requests a route takes. An exact host wins over a wildcard, that over none; then an "
     "exact path over the longest prefix; then a route with methods over one without; then the "
     "order in the file.",
     describe_section<RouteMatch>},
    kMatchRows};
const Section<Respond> kRespond{
    {"respond", "A response the gateway gives by itself.", describe_section<Respond>},
    kRespondRows,
    nullptr,
    finish_respond};
const Section<Route> kRoute{
    {"route", "Which requests of a listener go where.", describe_section<Route>},
    kRouteRows,
    nullptr,
    finish_route};

}  // namespace tidegate::conf
