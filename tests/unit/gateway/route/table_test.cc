#include "gateway/route/table.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace tidegate;
using gateway::route::Table;
using Kind = conf::PathMatch::Kind;

namespace {

struct Spec {
  std::string name;
  std::vector<std::string> hosts = {};
  Kind kind = Kind::any;
  std::string path = {};
  std::vector<std::string> methods = {};
};

struct Request {
  std::string_view authority;
  std::string_view path;
  std::string_view expected;  // a route's name, "" for none
  std::string_view method = "GET";
};

conf::Listener listener_of(const std::vector<Spec>& specs) {
  conf::Listener listener;
  for (const Spec& spec : specs) {
    conf::Route route;
    route.name = spec.name;
    route.match.hosts = spec.hosts;
    route.match.path = {spec.kind, spec.path};
    route.match.methods = spec.methods;
    listener.routes.push_back(std::move(route));
  }
  return listener;
}

std::string_view name_of(const conf::Route* route) {
  return route == nullptr ? std::string_view() : std::string_view(route->name);
}

void expect(const std::vector<Spec>& specs, const std::vector<Request>& requests) {
  const conf::Listener listener = listener_of(specs);
  const Table table(listener);
  for (const Request& request : requests) {
    BOOST_TEST_CONTEXT(request.method << ' ' << request.authority << ' '
                                      << request.path.substr(0, 60)) {
      const conf::Route* route = table.match(request.authority, request.path, request.method);
      BOOST_TEST(name_of(route) == request.expected);
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(table)

BOOST_AUTO_TEST_CASE(matches_nothing_without_routes) {
  conf::Listener listener;
  listener.cluster = 0;
  const Table table(listener);
  BOOST_TEST(table.match("a.example", "/", "GET") == nullptr);
}

BOOST_AUTO_TEST_CASE(hands_out_the_routes_of_the_listener_itself) {
  const conf::Listener listener = listener_of({{.name = "all"}});
  const Table table(listener);
  BOOST_TEST(table.match("a.example", "/", "GET") == &listener.routes[0]);
}

BOOST_AUTO_TEST_CASE(compares_hosts_without_port_letter_case_and_final_dot) {
  expect({{.name = "a", .hosts = {"a.example"}},
          {.name = "v4", .hosts = {"10.0.0.1"}},
          {.name = "v6", .hosts = {"[::1]"}}},
         {{"a.example", "/", "a"},
          {"A.eXaMple", "/", "a"},
          {"a.example:8080", "/", "a"},
          {"a.example:", "/", "a"},
          {"a.example.", "/", "a"},
          {"A.EXAMPLE.:443", "/", "a"},
          {"a.example..", "/", ""},
          {"b.example", "/", ""},
          {"a.example.org", "/", ""},
          {"x.a.example", "/", ""},
          {"10.0.0.1:80", "/", "v4"},
          {"[::1]", "/", "v6"},
          {"[::1]:8080", "/", "v6"},
          {"[::2]:8080", "/", ""},
          {"[::1", "/", ""},
          {"", "/", ""}});
}

BOOST_AUTO_TEST_CASE(prefers_the_exact_host_then_the_longest_wildcard_then_any_host) {
  expect({{.name = "any"},
          {.name = "wide", .hosts = {"*.example"}},
          {.name = "narrow", .hosts = {"*.shop.example"}},
          {.name = "exact", .hosts = {"www.shop.example"}}},
         {{"www.shop.example", "/", "exact"},
          {"WWW.shop.example:80", "/", "exact"},
          {"api.shop.example", "/", "narrow"},
          {"a.b.shop.example.", "/", "narrow"},
          {"shop.example", "/", "wide"},
          {"blog.example", "/", "wide"},
          {"example", "/", "any"},
          {"www.shop.test", "/", "any"},
          {"", "/", "any"}});
}

BOOST_AUTO_TEST_CASE(a_wildcard_stands_for_whole_labels_and_at_least_one) {
  expect({{.name = "w", .hosts = {"*.shop.example"}}}, {{"a.shop.example", "/", "w"},
                                                        {"a.b.c.shop.example", "/", "w"},
                                                        {"shop.example", "/", ""},
                                                        {".shop.example", "/", ""},
                                                        {"myshop.example", "/", ""},
                                                        {"a.shop.example.org", "/", ""}});
}

BOOST_AUTO_TEST_CASE(tries_the_next_host_level_when_no_route_of_one_fits) {
  expect({{.name = "any"},
          {.name = "wide", .hosts = {"*.example"}, .kind = Kind::prefix, .path = "/w"},
          {.name = "narrow", .hosts = {"*.shop.example"}, .kind = Kind::prefix, .path = "/n"},
          {.name = "exact", .hosts = {"www.shop.example"}, .kind = Kind::exact, .path = "/e"},
          {.name = "put",
           .hosts = {"www.shop.example"},
           .kind = Kind::prefix,
           .path = "/n",
           .methods = {"PUT"}}},
         {{"www.shop.example", "/e", "exact"},
          {"www.shop.example", "/n/1", "put", "PUT"},
          {"www.shop.example", "/n/1", "narrow"},
          {"www.shop.example", "/w/1", "wide"},
          {"www.shop.example", "/x", "any"},
          {"api.shop.example", "/e", "any"}});
}

BOOST_AUTO_TEST_CASE(a_more_specific_host_wins_over_a_more_specific_path) {
  expect({{.name = "path", .kind = Kind::exact, .path = "/a"},
          {.name = "host", .hosts = {"a.example"}}},
         {{"a.example", "/a", "host"}, {"b.example", "/a", "path"}});
}

BOOST_AUTO_TEST_CASE(takes_a_route_under_each_of_its_hosts) {
  expect({{.name = "r", .hosts = {"a.example", "*.b.example", "c.example"}}},
         {{"a.example", "/", "r"},
          {"x.b.example", "/", "r"},
          {"c.example", "/", "r"},
          {"b.example", "/", ""}});
}

BOOST_AUTO_TEST_CASE(never_matches_a_host_over_255_bytes) {
  const std::string longest = std::string(246, 'x') + ".example";  // with "a" in front, 255
  expect(
      {{.name = "any"}, {.name = "w", .hosts = {"*.example"}}},
      {{"a" + longest, "/", "w"}, {"ab" + longest, "/", ""}, {"a" + longest + ".:80", "/", "w"}});
}

BOOST_AUTO_TEST_CASE(prefers_the_exact_path_then_the_longest_prefix_then_any_path) {
  expect({{.name = "any"},
          {.name = "root", .kind = Kind::prefix, .path = "/"},
          {.name = "a", .kind = Kind::prefix, .path = "/a"},
          {.name = "a/", .kind = Kind::prefix, .path = "/a/"},
          {.name = "a/b", .kind = Kind::prefix, .path = "/a/b"},
          {.name = "a-b", .kind = Kind::prefix, .path = "/a-b"},
          {.name = "exact", .kind = Kind::exact, .path = "/a/b"}},
         {{"h", "/a/b", "exact"},
          {"h", "/a/b?q=1", "exact"},
          {"h", "/a/b/", "a/b"},
          {"h", "/a/b/c", "a/b"},
          {"h", "/a/bc", "a/"},
          {"h", "/a/", "a/"},
          {"h", "/a/b-", "a/"},
          {"h", "/a", "a"},
          {"h", "/a?x=/a/b", "a"},
          {"h", "/a-b", "a-b"},
          {"h", "/a-b/c", "a-b"},
          {"h", "/a-bc", "root"},
          {"h", "/ab", "root"},
          {"h", "/", "root"},
          {"h", "/?a", "root"},
          {"h", "//a", "root"}});
}

BOOST_AUTO_TEST_CASE(matches_prefixes_by_whole_segments) {
  expect({{.name = "a", .kind = Kind::prefix, .path = "/a"},
          {.name = "b", .kind = Kind::prefix, .path = "/b/"}},
         {{"h", "/a", "a"},
          {"h", "/a/", "a"},
          {"h", "/a/b", "a"},
          {"h", "/a//", "a"},
          {"h", "/a?x", "a"},
          {"h", "/ab", ""},
          {"h", "/A", ""},
          {"h", "/", ""},
          {"h", "/b/", "b"},
          {"h", "/b/c", "b"},
          {"h", "/b//", "b"},
          {"h", "/b", ""},
          {"h", "/b?x", ""},
          {"h", "/x/a", ""}});
}

BOOST_AUTO_TEST_CASE(finds_the_longest_prefix_whatever_sorts_beside_it) {
  // Each sorts between a prefix and the paths it takes.
  expect({{.name = "a", .kind = Kind::prefix, .path = "/a"},
          {.name = "a!", .kind = Kind::prefix, .path = "/a!"},
          {.name = "a/a", .kind = Kind::prefix, .path = "/a/a"},
          {.name = "a/a/a", .kind = Kind::prefix, .path = "/a/a/a"},
          {.name = "a/ab", .kind = Kind::prefix, .path = "/a/ab"},
          {.name = "ab", .kind = Kind::prefix, .path = "/ab"}},
         {{"h", "/a/z", "a"},
          {"h", "/a!/z", "a!"},
          {"h", "/a/a/b", "a/a"},
          {"h", "/a/a/a/z", "a/a/a"},
          {"h", "/a/a/aa", "a/a"},
          {"h", "/a/ab/c", "a/ab"},
          {"h", "/a/abc", "a"},
          {"h", "/ab/c", "ab"},
          {"h", "/abc", ""},
          {"h", "/0", ""},
          {"h", "/z", ""}});
}

BOOST_AUTO_TEST_CASE(agrees_with_a_plain_search_over_all_prefixes) {
  const std::vector<std::string> pieces = {"/",    "/a", "/a/", "/ab", "/a/b",
                                           "/a/a", "/b", "//",  "/a//"};
  std::vector<Spec> specs;
  for (const std::string& first : pieces) {
    for (const std::string& second : pieces) {
      const std::string path = first + second;
      specs.push_back({.name = path, .kind = Kind::prefix, .path = path});
    }
  }
  const conf::Listener listener = listener_of(specs);
  const Table table(listener);
  for (const Spec& head : specs) {
    for (const std::string& tail : pieces) {
      const std::string path = head.path + tail;
      std::string_view longest;
      for (const Spec& spec : specs) {
        const bool whole = path == spec.path || spec.path.ends_with('/') ||
                           (path.size() > spec.path.size() && path[spec.path.size()] == '/');
        if (whole && path.starts_with(spec.path) && spec.path.size() > longest.size()) {
          longest = spec.path;
        }
      }
      BOOST_TEST_CONTEXT(path) {
        BOOST_TEST(name_of(table.match("h", path, "GET")) == longest);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(prefers_the_route_that_names_the_method_then_file_order) {
  expect({{.name = "first", .kind = Kind::prefix, .path = "/a"},
          {.name = "second", .kind = Kind::prefix, .path = "/a"},
          {.name = "post", .kind = Kind::prefix, .path = "/a", .methods = {"PUT", "POST"}},
          {.name = "late post", .kind = Kind::prefix, .path = "/a", .methods = {"POST", "PATCH"}}},
         {{"h", "/a", "first", "GET"},
          {"h", "/a", "post", "POST"},
          {"h", "/a", "post", "PUT"},
          {"h", "/a", "late post", "PATCH"},
          {"h", "/a", "first", "post"},
          {"h", "/a", "first", "PURGE"}});
}

BOOST_AUTO_TEST_CASE(goes_on_to_less_specific_paths_when_the_method_does_not_fit) {
  expect({{.name = "any put", .methods = {"PUT"}},
          {.name = "root", .kind = Kind::prefix, .path = "/", .methods = {"GET"}},
          {.name = "a", .kind = Kind::prefix, .path = "/a", .methods = {"DELETE"}},
          {.name = "exact", .kind = Kind::exact, .path = "/a/b", .methods = {"POST"}}},
         {{"h", "/a/b", "exact", "POST"},
          {"h", "/a/b", "a", "DELETE"},
          {"h", "/a/b", "root", "GET"},
          {"h", "/a/b", "any put", "PUT"},
          {"h", "/a/b", "", "PATCH"}});
}

BOOST_AUTO_TEST_CASE(takes_the_asterisk_form_by_the_root_prefix_and_by_any_path) {
  expect({{.name = "root", .hosts = {"root.example"}, .kind = Kind::prefix, .path = "/"},
          {.name = "exact", .hosts = {"exact.example"}, .kind = Kind::exact, .path = "/"},
          {.name = "deep", .hosts = {"deep.example"}, .kind = Kind::prefix, .path = "/a"},
          {.name = "any", .hosts = {"any.example"}}},
         {{"root.example", "*", "root", "OPTIONS"},
          {"exact.example", "*", "", "OPTIONS"},
          {"deep.example", "*", "", "OPTIONS"},
          {"any.example", "*", "any", "OPTIONS"}});
}

BOOST_AUTO_TEST_CASE(takes_every_spelling_of_a_path) {
  expect({{.name = "rest", .kind = Kind::prefix, .path = "/"},
          {.name = "admin", .kind = Kind::prefix, .path = "/admin"},
          {.name = "cafe", .kind = Kind::exact, .path = "/caf%c3%a9"},
          {.name = "tilde", .kind = Kind::exact, .path = "/%7Euser"}},
         {{"h", "/%61dmin", "admin"},
          {"h", "/%61%64%6D%69%6e/x?y=%2e", "admin"},
          {"h", "/caf%C3%A9", "cafe"},
          {"h", "/caf%c3%a9", "cafe"},
          {"h", "/~user", "tilde"},
          {"h", "/%7euser", "tilde"},
          {"h", "/admin%2Fx", "rest"},
          {"h", "/%2561dmin", "rest"},
          {"h", "//admin", "rest"},
          {"h", "/%", "rest"}});
}

BOOST_AUTO_TEST_CASE(takes_dot_segments_only_where_both_readings_agree) {
  expect({{.name = "rest", .kind = Kind::prefix, .path = "/"},
          {.name = "admin", .kind = Kind::prefix, .path = "/admin"},
          {.name = "exact", .kind = Kind::exact, .path = "/one"}},
         {{"h", "/a/../b", "rest"},
          {"h", "/a/./b", "rest"},
          {"h", "/../a", "rest"},
          {"h", "/..", "rest"},
          {"h", "/admin/a/../b", "admin"},
          {"h", "/admin/%2e/b", "admin"},
          {"h", "/a/../admin", ""},
          {"h", "/%2e%2e/admin", ""},
          {"h", "/a/%2E./admin/b", ""},
          {"h", "/./admin", ""},
          {"h", "/admin/../a", ""},
          {"h", "/admin/..", ""},
          {"h", "/admin/.%2e/a", ""},
          {"h", "/./one", ""},
          {"h", "/a?/../admin", "rest"},
          {"h", "/.admin/..b/...", "rest"}});
}

BOOST_AUTO_TEST_CASE(both_readings_of_a_dot_segment_may_differ_in_host_level) {
  expect({{.name = "any", .kind = Kind::prefix, .path = "/"},
          {.name = "host", .hosts = {"a.example"}, .kind = Kind::prefix, .path = "/in"}},
         {{"a.example", "/in/../out", ""},
          {"a.example", "/out/../in", ""},
          {"a.example", "/in/../in/x", "host"},
          {"b.example", "/in/../out", "any"}});
}

BOOST_AUTO_TEST_CASE(leaves_paths_too_long_to_compare_to_no_route) {
  const std::string longest = "/" + std::string(8 * 1024 - 4, 'x');  // 8 KiB with three more bytes
  expect({{.name = "all"}}, {{"h", longest + "%61", "all"},
                             {"h", longest + "x%61", ""},
                             {"h", longest + "/..", "all"},
                             {"h", longest + "x/..", ""},
                             {"h", longest + "xxxxxx", "all"},
                             {"h", longest + "x?%61/..", "all"}});
}

BOOST_AUTO_TEST_SUITE_END()
