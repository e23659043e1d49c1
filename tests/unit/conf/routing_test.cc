// The rules of routes and clusters, as an operator meets them.
#include <boost/test/unit_test.hpp>

#include "tests/unit/conf/checks.h"

using namespace tidegate::conf;
using namespace tidegate::conf::test;

BOOST_AUTO_TEST_SUITE(routing)

BOOST_AUTO_TEST_CASE(reads_every_key_of_a_route) {
  const auto config = load(with_route(
      "        match: { hosts: [Shop.Example., \"*.shop.example\"], path: { prefix: /a },\n"
      "                 methods: [GET, PURGE] }\n"
      "        respond: { status: 418, body: \"short\\nand stout\" }\n"
      "        request_headers: { set: { Host: x.example, X-A: \"1\" }, add: { x-b: \"\" },\n"
      "                           remove: [X-C] }\n"
      "        response_headers: { set: { server: none }, remove: [] }\n"));
  const Route& route = config->listeners[0].routes[0];
  BOOST_TEST(route.match.hosts[0] == "shop.example");
  BOOST_TEST(route.match.hosts[1] == "*.shop.example");
  BOOST_TEST((route.match.path.kind == PathMatch::Kind::prefix));
  BOOST_TEST(route.match.path.value == "/a");
  BOOST_TEST(route.match.methods[1] == "PURGE");
  BOOST_TEST(route.respond->status == 418U);
  BOOST_TEST(route.respond->body == "short\nand stout");
  BOOST_TEST(route.request_headers.set[0].name == "host");
  BOOST_TEST(route.request_headers.set[1].value == "1");
  BOOST_TEST(route.request_headers.add[0].name == "x-b");
  BOOST_TEST(route.request_headers.remove[0] == "x-c");
  BOOST_TEST(route.response_headers.set[0].value == "none");
}

BOOST_AUTO_TEST_CASE(refuses_what_a_route_cannot_be) {
  const std::string respond = "        respond: {}\n";
  check_each({
      {with_route(""), "5:9 listeners[web].routes[r]: a route needs either `cluster` or `respond`"},
      {with_route(respond + "        cluster: x\n") +
           "clusters: [{ name: x, endpoints: [{ address: \"unix:@c\" }] }]\n",
       "5:9 listeners[web].routes[r]: a route needs either `cluster` or `respond`"},
      {with_route("        cluster: shpo\n") +
           "clusters: [{ name: shop, endpoints: [{ address: \"unix:@c\" }] }]\n",
       "6:18 listeners[web].routes[r].cluster: there is no cluster `shpo` (did you mean `shop`?)"},
      {with_route(respond + "      - { name: r, respond: {} }\n"),
       "7:17 listeners[web].routes[r]: the name `r` is given twice; the first is at t.yaml:5:15"},
      {with_route(respond + "        match: { path: {} }\n"),
       "7:24 listeners[web].routes[r].match.path: needs either `prefix` or `exact`"},
      {with_route(respond + "        match: { path: { prefix: /a, exact: /a } }\n"),
       "7:24 listeners[web].routes[r].match.path: needs either `prefix` or `exact`"},
      {with_route(respond + "        match: { path: /a }\n"),
       "7:24 listeners[web].routes[r].match.path: wanted a section of keys (path), found `/a`"},
      {with_route(respond + "        match: { path: { prefix: a } }\n"),
       "7:34 listeners[web].routes[r].match.path.prefix: wanted a path that begins with `/`, found "
       "`a` (did you mean `/a`?)"},
      {with_route(respond + "        match: { path: { prefix: \"/a?b\" } }\n"),
       "7:34 listeners[web].routes[r].match.path.prefix: wanted a path without `?`, found `/a?b`"},
      {with_route(respond + "        match: { path: { prefix: /a/* } }\n"),
       "7:34 listeners[web].routes[r].match.path.prefix: wanted a path without `*`"},
      {with_route(respond + "        match: { methods: [get] }\n"),
       "7:28 listeners[web].routes[r].match.methods[0]: wanted a method like GET, found `get` "
       "(did you mean `GET`?)"},
      {with_route(respond + "        match: { methods: GET }\n"),
       "7:27 listeners[web].routes[r].match.methods: wanted a list (methods), found `GET`"},
      {with_route(respond + "        match: { hosts: [] }\n"),
       "7:25 listeners[web].routes[r].match.hosts: an empty list would match nothing"},
      {with_route(respond + "        match: { hosts: [a.example, A.example] }\n"),
       "7:37 listeners[web].routes[r].match.hosts[1]: `a.example` is given twice"},
      {with_route("        respond: { status: 199 }\n"),
       "6:28 listeners[web].routes[r].respond.status: wanted a whole number, 200 to 599"},
      {with_route("        respond: { status: 204, body: x }\n"),
       "6:33 listeners[web].routes[r].respond: a 204 response has no body"},
      {with_route("        respond: { body: \"" + std::string(65 * 1024, 'x') + "\" }\n"),
       "6:26 listeners[web].routes[r].respond.body: longer than 64KiB"},
  });
}

BOOST_AUTO_TEST_CASE(refuses_hosts_that_can_match_nothing) {
  for (const char* host :
       {"*", "*.*.x", "shop.*", "a*.x", "shop.example:80", "http://x", "x/y", "", "*.", "a..b",
        ".x", "[::1]:80", "*.[::1]", "m\xc3\xbcller.example", "a b"}) {
    BOOST_TEST_CONTEXT(host) {
      const auto problems = problems_of(with_route(
          "        respond: {}\n        match: { hosts: [\"" + std::string(host) + "\"] }\n"));
      BOOST_REQUIRE(problems.size() == 1U);
      BOOST_TEST(problems[0].rfind("7:26 listeners[web].routes[r].match.hosts[0]: wanted a host",
                                   0) == 0U);
    }
  }
}

BOOST_AUTO_TEST_CASE(refuses_to_manage_headers_that_frame_a_message_or_end_at_this_hop) {
  for (const char* name : {"connection", "Content-Length", "transfer-encoding", "TE", "trailer",
                           "upgrade", "keep-alive", "proxy-connection", "proxy-authenticate",
                           "proxy-authorization", "http2-settings"}) {
    BOOST_TEST_CONTEXT(name) {
      for (const char* change : {"set: { NAME: x }", "add: { NAME: x }", "remove: [NAME]"}) {
        std::string text = change;
        text.replace(text.find("NAME"), 4, name);
        for (const char* side : {"request_headers", "response_headers"}) {
          const auto problems = problems_of(with_route("        respond: {}\n        " +
                                                       std::string(side) + ": { " + text + " }\n"));
          BOOST_REQUIRE(problems.size() == 1U);
          BOOST_TEST(problems[0].find("is managed by the gateway") != std::string::npos);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(only_request_headers_set_may_touch_host) {
  const std::string start = "        respond: {}\n        ";
  BOOST_TEST(problems_of(with_route(start + "request_headers: { set: { host: x } }\n")).empty());
  for (const char* change :
       {"request_headers: { add: { host: x } }", "request_headers: { remove: [host] }",
        "response_headers: { set: { host: x } }"}) {
    BOOST_TEST_CONTEXT(change) {
      BOOST_TEST(
          problem_of(with_route(start + change + "\n")).find("`host` is managed by the gateway") !=
          std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_CASE(refuses_headers_that_would_break_a_message) {
  const std::string start = "        respond: {}\n        request_headers: { set: { ";
  const std::string path = "7:35 listeners[web].routes[r].request_headers.set.";
  check_each({
      {with_route(start + "\"a b\": x } }\n"), path + "a b: `a b` is no header name"},
      {with_route(start + "\"a:\": x } }\n"), path + "a:: `a:` is no header name"},
      {with_route(start + "\"\": x } }\n"), path + ": `` is no header name"},
      {with_route(start + "\"x\\r\\ny\": x } }\n"),
       path + "x\\r\\ny: `x\\r\\ny` is no header name"},
      {with_route(start + "x: \"a\\r\\nb: c\" } }\n"),
       "7:38 listeners[web].routes[r].request_headers.set.x: wanted a value without line ends and "
       "other control characters, found `a\\r\\nb: c`"},
      {with_route(start + "x: \"a\\0\" } }\n"),
       "7:38 listeners[web].routes[r].request_headers.set.x: wanted a value without line ends"},
      {with_route(start + "x: [a] } }\n"),
       "7:38 listeners[web].routes[r].request_headers.set.x: wanted the value of a header, found a "
       "list"},
      {with_route(start + "x-a: 1, X-A: 2 } }\n"),
       "7:43 listeners[web].routes[r].request_headers.set.X-A: the header `x-a` is given twice; "
       "the "
       "first is at t.yaml:7:35"},
  });
}

BOOST_AUTO_TEST_CASE(reads_every_key_of_a_cluster) {
  const auto config = load(with_cluster(
      "    source: static\n"
      "    load_balancing: { policy: least_request }\n"
      "    limits: { connections_per_endpoint: 200, queue: { size: 0, timeout: 250ms } }\n"
      "    idle_connections: 0\n"
      "    timeouts: { connect: 1s, request: 2s, upstream_idle: 3s }\n"
      "    endpoints: [{ address: \"unix:/run/a\", weight: 0 }, { address: \"[::1]:1\" }]\n"));
  const Cluster& app = config->clusters[0];
  BOOST_TEST((app.policy == BalancerPolicy::least_request));
  BOOST_TEST(app.limits.connections_per_endpoint == 200U);
  BOOST_TEST(app.limits.queue_size == 0U);
  BOOST_TEST(app.limits.queue_timeout.count() == 250);
  BOOST_TEST(app.idle_connections == 0U);
  BOOST_TEST(app.timeouts.connect.count() == 1000);
  BOOST_TEST(app.timeouts.request.count() == 2000);
  BOOST_TEST(app.timeouts.upstream_idle.count() == 3000);
  BOOST_TEST(app.endpoints[0].weight == 0U);
  BOOST_TEST(app.endpoints[1].address.to_string() == "[::1]:1");
}

BOOST_AUTO_TEST_CASE(refuses_what_a_cluster_cannot_be) {
  const std::string endpoints = "    endpoints: [{ address: \"10.0.0.1:80\" }]\n";
  check_each({
      {with_cluster(""), "3:5 clusters[app]: the key `endpoints` is missing"},
      {with_cluster("    endpoints: []\n"),
       "4:16 clusters[app].endpoints: needs at least one endpoint"},
      {with_cluster("    endpoints: [{}]\n"),
       "4:17 clusters[app].endpoints[0]: the key `address` is missing"},
      {with_cluster("    endpoints: [{ address: \"10.0.0.1:0\" }]\n"),
       "4:28 clusters[app].endpoints[0].address: wanted an address with a port, 1 to 65535"},
      {with_cluster("    endpoints: [{ address: \"10.0.0.1:1-2\" }]\n"),
       "4:28 clusters[app].endpoints[0].address: wanted an address like"},
      {with_cluster("    endpoints: [{ address: \"10.0.0.1:1\", weight: 1001 }]\n"),
       "4:50 clusters[app].endpoints[0].weight: wanted a whole number, 0 to 1000, found `1001`"},
      {with_cluster("    endpoints: [{ address: \"10.0.0.1:1\" }, { address: \"10.0.0.1:1\" }]\n"),
       "4:44 clusters[app].endpoints[1]: `10.0.0.1:1` is given twice; the first is at t.yaml:4:17"},
      {with_cluster(endpoints + "    source: dns\n"),
       "5:13 clusters[app].source: wanted `static`, found `dns`"},
      {with_cluster(endpoints + "    timeouts: { idle: 1s }\n"),
       "5:17 clusters[app].timeouts: unknown key `idle` (known here: connect, request"},
      {with_cluster(endpoints + "    load_balancing: { policy: random }\n"),
       "5:31 clusters[app].load_balancing.policy: wanted `round_robin` or `least_request`"},
      {with_cluster(endpoints + "  - { name: app, endpoints: [{ address: \"10.0.0.2:80\" }] }\n"),
       "5:13 clusters[app]: the name `app` is given twice; the first is at t.yaml:3:11"},
  });
}

BOOST_AUTO_TEST_CASE(warns_of_a_cluster_that_takes_no_traffic_or_that_nobody_uses) {
  const Loaded loaded =
      load_text(with_cluster("    endpoints: [{ address: \"10.0.0.1:80\", weight: 0 }]\n"
                             "  - { name: spare, endpoints: [{ address: \"10.0.0.2:80\" }] }\n"),
                "t.yaml");
  BOOST_TEST(loaded.config != nullptr);
  const auto problems = briefs(loaded);
  BOOST_REQUIRE(problems.size() == 2U);
  BOOST_TEST(problems[0] ==
             "4:16 warning: clusters[app].endpoints: every endpoint has weight 0: the "
             "cluster takes no traffic");
  BOOST_TEST(problems[1] ==
             "5:5 warning: clusters[spare]: no listener and no route uses this cluster");
}

BOOST_AUTO_TEST_CASE(routes_find_clusters_that_stand_above_or_below_them) {
  const auto config = load(
      "clusters:\n"
      "  - { name: a, endpoints: [{ address: \"unix:@a\" }] }\n"
      "  - { name: b, endpoints: [{ address: \"unix:@b\" }] }\n" +
      with_route("        cluster: b\n") +
      "      - { name: s, match: { path: { exact: /s } }, cluster: a }\n");
  BOOST_TEST(config->listeners[0].routes[0].cluster == 1U);
  BOOST_TEST(config->listeners[0].routes[1].cluster == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
