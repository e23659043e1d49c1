// The rules of the process and of listeners, as an operator meets them.
#include <boost/test/unit_test.hpp>

#include "tests/unit/conf/checks.h"

using namespace tidegate::conf;
using namespace tidegate::conf::test;

namespace {

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

BOOST_AUTO_TEST_SUITE_END()
