// The rules of each section, as an operator meets them.
#include <boost/test/unit_test.hpp>

#include "tests/unit/conf/support.h"

using namespace tidegate::conf;
using namespace tidegate::conf::test;

namespace {

struct Case {
  std::string text;
  std::string problem;  // how the only problem begins
};

void check_each(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    BOOST_TEST_CONTEXT(c.text) {
      const auto problems = problems_of(c.text);
      BOOST_TEST(problems.size() == 1U);
      BOOST_REQUIRE(!problems.empty());
      BOOST_TEST(problems[0].substr(0, c.problem.size()) == c.problem);
    }
  }
}

std::shared_ptr<const Config> load(const std::string& text) {
  Loaded loaded = load_text(text, "t.yaml");
  for (const Problem& problem : loaded.problems) BOOST_TEST_MESSAGE(problem.to_string());
  BOOST_REQUIRE(loaded.config != nullptr);
  return loaded.config;
}

std::string http_only_listener(const std::string& line) {
  return with_listener("    protocol: tcp\n    " + line + "\n");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sections)

BOOST_AUTO_TEST_CASE(takes_the_least_configuration_there_is) {
  const auto config = load(with_listener(""));
  BOOST_TEST(config->listeners[0].name == "web");
  BOOST_TEST(config->clusters[0].endpoints[0].address.to_string() == "10.0.0.1:80");
  BOOST_TEST(config->clusters[0].endpoints[0].weight == 1U);
  BOOST_TEST(!config->admin.address.has_value());
}

BOOST_AUTO_TEST_CASE(refuses_what_the_process_cannot_do) {
  check_each({
      {with_root("version: 2\n"), "1:10 version: wanted 1, found `2`"},
      {with_root("workers: { count: 0 }\n"),
       "1:19 workers.count: wanted a whole number, 1 to 256, or `auto`, found `0`"},
      {with_root("workers: { count: 257 }\n"), "1:19 workers.count: wanted a whole number"},
      {with_root("workers: { pin: yes }\n"),
       "1:17 workers.pin: wanted true or false, found `yes` (did you mean `true`?)"},
      {with_root("workers: { accept: dedicate }\n"),
       "1:20 workers.accept: wanted `dedicated` or `per_worker`, found `dedicate` "
       "(did you mean `dedicated`?)"},
      {with_root("workers: 4\n"), "1:10 workers: wanted a section of keys (workers), found `4`"},
      {with_root("admin: on\n"), "1:8 admin: wanted a section of keys (admin), found `on`"},
      {with_root("admin: {}\n"), "1:8 admin: the key `address` is missing"},
      {with_root("admin: { address: \"127.0.0.1:80\" }\n"),
       "4:14 listeners[web].address: `127.0.0.1:80` is listened on twice; the first is at "
       "t.yaml:1:19"},
      {with_root("log: { path: stdot }\n"),
       "1:14 log.path: wanted the path of a file with a `/` in it, or `stderr`, or `stdout`, "
       "found `stdot` (did you mean `stdout`?)"},
      {with_root("drain: { lame_duck: -1s }\n"), "1:21 drain.lame_duck: wanted a duration"},
      {with_root("defaults: { timeouts: { idle: 0s } }\n"),
       "1:31 defaults.timeouts.idle: wanted a duration, 1ms to 168h, found `0s`"},
      {with_root("defaults: { timeouts: { idle: 169h } }\n"),
       "1:31 defaults.timeouts.idle: wanted a duration, 1ms to 168h, found `169h`"},
      {with_root("timeuots: {}\n"), "1:1 unknown key `timeuots` (known here: version"},
      {"version: 1\n", "1:1 the key `listeners` is missing"},
      {"listeners: []\n", "1:12 listeners: needs at least one listener"},
  });
}

BOOST_AUTO_TEST_CASE(drain_times_may_be_zero) {
  const auto config = load(with_root("drain: { lame_duck: 0s, deadline: 0s }\n"));
  BOOST_TEST(config->drain.lame_duck.count() == 0);
  BOOST_TEST(config->drain.deadline.count() == 0);
}

BOOST_AUTO_TEST_CASE(admin_can_be_off) {
  BOOST_TEST(!load(with_root("admin: off\ndemo: off\n"))->admin.address.has_value());
  const auto on = load(with_root("admin: { address: \"127.0.0.1:0\" }\n"));
  BOOST_TEST(on->admin.address->to_string() == "127.0.0.1:0");
}

BOOST_AUTO_TEST_CASE(auto_workers_are_the_cores_this_process_may_use) {
  const auto automatic = load(with_listener(""));
  BOOST_TEST(automatic->workers.count >= 1U);
  BOOST_REQUIRE(automatic->workers.accept.has_value());
  const bool several = automatic->workers.count >= 2;
  BOOST_TEST((*automatic->workers.accept == AcceptMode::dedicated) == several);
  const auto one = load(with_root("workers: { count: 1 }\n"));
  BOOST_TEST((*one->workers.accept == AcceptMode::per_worker));
  const auto two = load(with_root("workers: { count: 2 }\n"));
  BOOST_TEST((*two->workers.accept == AcceptMode::dedicated));
  const auto chosen = load(with_root("workers: { count: 2, accept: per_worker }\n"));
  BOOST_TEST((*chosen->workers.accept == AcceptMode::per_worker));
}

BOOST_AUTO_TEST_CASE(timeouts_are_inherited_from_the_defaults_wherever_those_stand) {
  const auto config = load(with_listener("    timeouts: { idle: 3s }\n") +
                           "defaults: { timeouts: { idle: 5s, connect: 7s } }\n");
  BOOST_TEST(config->timeouts.idle.count() == 5000);
  BOOST_TEST(config->listeners[0].timeouts.idle.count() == 3000);
  BOOST_TEST(config->listeners[0].timeouts.connect.count() == 7000);
  BOOST_TEST(config->clusters[0].timeouts.connect.count() == 7000);
}

BOOST_AUTO_TEST_CASE(reads_every_key_of_a_listener) {
  const auto config = load(
      "listeners:\n"
      "  - name: web\n"
      "    address: \"[::1]:8443\"\n"
      "    protocol: http\n"
      "    ipv6_only: true\n"
      "    backlog: 128\n"
      "    max_connections: 5000\n"
      "    access_log: { path: /var/log/x.log, format: json, sample: 0.5% }\n"
      "    limits: { head_size: 8KiB, fields: 50, target_size: 1KiB, body_size: 1MiB }\n"
      "    server_name: edge\n"
      "    routes: [{ name: r, respond: { status: 204 } }]\n"
      "  - { name: sock, address: \"unix:/run/x.sock\", unix_mode: \"0660\", access_log: off,\n"
      "      protocol: tcp, max_connections: none, cluster: c }\n"
      "clusters: [{ name: c, endpoints: [{ address: \"unix:@c\" }] }]\n");
  const Listener& web = config->listeners[0];
  BOOST_TEST(web.addresses[0].to_string() == "[::1]:8443");
  BOOST_TEST(web.ipv6_only);
  BOOST_TEST(web.backlog == 128U);
  BOOST_TEST(web.max_connections == 5000U);
  BOOST_TEST(web.access_log.path == "/var/log/x.log");
  BOOST_TEST(web.access_log.sample == 0.005);
  BOOST_TEST(web.limits.head_bytes == 8192U);
  BOOST_TEST(web.limits.fields == 50U);
  BOOST_TEST(web.limits.target_bytes == 1024U);
  BOOST_TEST(web.limits.body_bytes == 1048576U);
  BOOST_TEST(web.server_name == "edge");
  const Listener& sock = config->listeners[1];
  BOOST_TEST(sock.unix_mode.value() == 0660U);
  BOOST_TEST(!sock.access_log.enabled);
  BOOST_TEST((sock.protocol == Protocol::tcp));
  BOOST_TEST(sock.max_connections == 0U);
  BOOST_TEST(sock.routes.empty());
}

BOOST_AUTO_TEST_CASE(refuses_what_a_listener_cannot_be) {
  check_each({
      {with_listener("    max_connections: 0\n"),
       "5:22 listeners[web].max_connections: wanted a whole number, 1 to 10000000, or `none`, "
       "found `0` (did you mean `none`?)"},
      {with_listener("    unix_mode: \"0660\"\n"),
       "5:5 listeners[web].unix_mode: only a unix socket with a path has permission bits"},
      {with_listener("    ipv6_only: true\n"),
       "5:5 listeners[web].ipv6_only: the address of this listener is not IPv6"},
      {with_listener("    access_log: { sample: 20 }\n"),
       "5:27 listeners[web].access_log.sample: wanted a share, 0% to 100%, found `20` "
       "(a share needs its unit, `%`)"},
      {with_listener("    access_log: { format: text }\n"),
       "5:27 listeners[web].access_log.format: wanted `json`, found `text`"},
      {with_listener("    limits: { head_size: 64KB }\n"),
       "5:26 listeners[web].limits.head_size: wanted a size like 64KiB, found `64KB` "
       "(did you mean `64KiB`?)"},
      {with_listener("    limits: { head_size: 1B }\n"),
       "5:26 listeners[web].limits.head_size: wanted a size, 128B to 1MiB, found `1B`"},
      {with_listener("    limits: { fields: 257 }\n"),
       "5:23 listeners[web].limits.fields: wanted a whole number, 1 to 256, found `257`"},
      {with_listener("    limits: { body_size: 0 }\n"),
       "5:26 listeners[web].limits.body_size: wanted a size like 64KiB, or `none`, found `0` "
       "(did you mean `none`?)"},
      {with_listener("    server_name: \"a b\"\n"),
       "5:18 listeners[web].server_name: wanted a token"},
      {with_listener("    protocol: htpp\n"),
       "5:15 listeners[web].protocol: wanted `http` or `tcp`, found `htpp` (did you mean `http`?)"},
      {with_listener("    routes: [{ name: r, respond: {} }]\n"),
       "4:5 listeners[web].cluster: either `cluster` or `routes`, not both"},
      {with_listener("    timeout: { idle: 1s }\n"),
       "5:5 listeners[web]: unknown key `timeout` (did you mean `timeouts`?)"},
      {http_only_listener("limits: { fields: 5 }"),
       "6:5 listeners[web].limits: a tcp listener has no `limits`"},
      {http_only_listener("server_name: x"),
       "6:5 listeners[web].server_name: a tcp listener has no `server_name`"},
      {"listeners: [{ name: a, address: \"127.0.0.1:1\", protocol: tcp }]\n",
       "1:13 listeners[a]: a tcp listener needs `cluster`"},
      {"listeners: [{ name: a, address: \"127.0.0.1:1\" }]\n",
       "1:13 listeners[a]: an http listener needs `routes` or `cluster`"},
      {"listeners: [{ name: a, address: \"127.0.0.1:1\", cluster: x }]\n",
       "1:57 listeners[a].cluster: there is no cluster `x` (add it to `clusters`)"},
      {"listeners: [{ address: \"127.0.0.1:1\", routes: [{ name: r, respond: {} }] }]\n",
       "1:13 listeners[0]: the key `name` is missing"},
      {"listeners: [{ name: a b, address: \"127.0.0.1:1\", routes: [{ name: r, respond: {} }] }]\n",
       "1:21 listeners[a b].name: wanted a name of 1 to 63 letters"},
      {"listeners: { name: a }\n", "1:12 listeners: wanted a list (listener), found a section"},
      {"listeners: [a]\n", "1:13 listeners[0]: wanted a section of keys (listener), found `a`"},
  });
}

BOOST_AUTO_TEST_CASE(a_tcp_listener_has_no_routes) {
  const auto problems = problems_of(http_only_listener("routes: [{ name: r, respond: {} }]"));
  BOOST_REQUIRE(problems.size() == 1U);
  BOOST_TEST(problems[0] ==
             "6:5 listeners[web].routes: a tcp listener has no `routes` "
             "(name its one destination in `cluster`)");
}

BOOST_AUTO_TEST_CASE(an_http_listener_with_a_cluster_has_one_route_that_takes_everything) {
  const auto config = load(with_listener(""));
  const Listener& web = config->listeners[0];
  BOOST_TEST(web.cluster.value() == 0U);
  BOOST_REQUIRE(web.routes.size() == 1U);
  BOOST_TEST(web.routes[0].name == "web");
  BOOST_TEST((web.routes[0].match.path.kind == PathMatch::Kind::any));
}

BOOST_AUTO_TEST_CASE(takes_every_form_of_a_listeners_address) {
  const struct {
    const char* text;
    std::size_t count;
    const char* first;
    const char* last;
  } cases[] = {
      {"0.0.0.0:8443", 1, "0.0.0.0:8443", "0.0.0.0:8443"},
      {"0.0.0.0:0", 1, "0.0.0.0:0", "0.0.0.0:0"},
      {"[::]:8443", 1, "[::]:8443", "[::]:8443"},
      {"unix:/run/x-1.sock", 1, "unix:/run/x-1.sock", "unix:/run/x-1.sock"},
      {"unix:@abstract", 1, "unix:@abstract", "unix:@abstract"},
      {"0.0.0.0:7000-7010", 11, "0.0.0.0:7000", "0.0.0.0:7010"},
      {"[::1]:7000-7000", 1, "[::1]:7000", "[::1]:7000"},
      {"[::ffff:10.0.0.1]:80", 1, "10.0.0.1:80", "10.0.0.1:80"},
  };
  for (const auto& c : cases) {
    BOOST_TEST_CONTEXT(c.text) {
      const auto config = load(
          "listeners: [{ name: a, address: \"" + std::string(c.text) +
          "\", cluster: c }]\nclusters: [{ name: c, endpoints: [{ address: \"unix:@c\" }] }]\n");
      BOOST_REQUIRE(config->listeners[0].addresses.size() == c.count);
      BOOST_TEST(config->listeners[0].addresses.front().to_string() == c.first);
      BOOST_TEST(config->listeners[0].addresses.back().to_string() == c.last);
    }
  }
}

BOOST_AUTO_TEST_CASE(hints_at_the_address_that_was_meant) {
  const struct {
    const char* text;
    const char* hint;
  } cases[] = {
      {"localhost:80", "did you mean `127.0.0.1:80`?"},
      {":80", "did you mean `0.0.0.0:80`?"},
      {"*:80", "did you mean `0.0.0.0:80`?"},
      {"10.0.0.1", "add a port, as in `10.0.0.1:80`"},
      {"[::1]", "add a port, as in `[::1]:80`"},
      {"::1:80", "IPv6 needs brackets: did you mean `[::1]:80`?"},
      {"/run/x.sock", "did you mean `unix:/run/x.sock`?"},
      {"@x", "did you mean `unix:@x`?"},
      {"unix:run/x.sock", "a unix path is absolute and at most 107 bytes long"},
      {"unix:", "a unix path is absolute and at most 107 bytes long"},
      {"shop.example:80", "names are not resolved; write the numeric address of `shop.example`"},
      {"10.0.0.1:99999", "a port is a number, 0 to 65535"},
      {"10.0.0.1:http", "a port is a number, 0 to 65535"},
      {"nowhere", "host and port are separated by `:`"},
      {"10.0.0.256:80", ""},
      {"", ""},
      {"shop.example:80-90", "names are not resolved; write the numeric address of `shop.example`"},
  };
  for (const auto& c : cases) {
    BOOST_TEST_CONTEXT(c.text) {
      const Loaded loaded = load_text("listeners: [{ name: a, address: \"" + std::string(c.text) +
                                          "\", routes: [{ name: r, respond: {} }] }]\n",
                                      "t.yaml");
      BOOST_REQUIRE(loaded.problems.size() == 1U);
      BOOST_TEST(loaded.problems[0].hint == c.hint);
      BOOST_TEST(loaded.problems[0].wanted.rfind("an address like 10.0.0.1:80", 0) == 0U);
    }
  }
}

BOOST_AUTO_TEST_CASE(refuses_port_ranges_that_are_none) {
  for (const char* text :
       {"0.0.0.0:90-80", "0.0.0.0:0-5", "0.0.0.0:65000-65536", "0.0.0.0:1-2000"}) {
    BOOST_TEST_CONTEXT(text) {
      const std::string problem =
          problem_of("listeners: [{ name: a, address: \"" + std::string(text) +
                     "\", routes: [{ name: r, respond: {} }] }]\n");
      BOOST_TEST(problem.find("wanted a range of ports, the lower first") != std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_CASE(refuses_an_address_that_two_listeners_want) {
  const auto problems = problems_of(
      "listeners:\n"
      "  - { name: a, address: \"127.0.0.1:7000-7010\", cluster: c }\n"
      "  - { name: b, address: \"127.0.0.1:7005\", cluster: c }\n"
      "  - { name: d, address: \"127.0.0.1:0\", cluster: c }\n"
      "  - { name: e, address: \"127.0.0.1:0\", cluster: c }\n"
      "clusters: [{ name: c, endpoints: [{ address: \"unix:@c\" }] }]\n");
  BOOST_REQUIRE(problems.size() == 1U);
  BOOST_TEST(problems[0] ==
             "3:25 listeners[b].address: `127.0.0.1:7005` is listened on twice; "
             "the first is at t.yaml:2:25");
}

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
