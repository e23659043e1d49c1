#include "conf/dump.h"

#include <boost/test/unit_test.hpp>

#include "conf/load.h"
#include "conf/value.h"
#include "tests/unit/conf/support.h"

using namespace tidegate::conf;
using namespace tidegate::conf::test;
using namespace std::string_literals;

namespace {

// Something in every place, and text that a careless writer would break.
const char* const kFull =
    "version: 1\n"
    "workers: { count: 3, pin: false, accept: per_worker, acceptors: 2 }\n"
    "admin: { address: \"[::1]:9901\" }\n"
    "demo: { address: \"unix:@demo\" }\n"
    "log: { path: /var/log/t.log, level: warn }\n"
    "defaults: { timeouts: { idle: 90s } }\n"
    "listeners:\n"
    "  - name: web\n"
    "    address: \"0.0.0.0:7000-7003\"\n"
    "    access_log: { sample: 12.5% }\n"
    "    limits: { body_size: 1MiB }\n"
    "    routes:\n"
    "      - name: null-route\n"
    "        match: { hosts: [\"*.x\"], path: { exact: /a }, methods: [GET] }\n"
    "        cluster: two\n"
    "        request_headers: { set: { \"*~|\": \"a: b # c\", x-1: \"\" }, remove: [\"null\"] }\n"
    "      - name: last\n"
    "        respond: { body: \"tab\\t quote\\\" back\\\\ ' : # $${X} caf\xc3\xa9 "
    "\\x01\\x7f\\0\\n\" }\n"
    "  - { name: raw, address: \"unix:/run/x\", unix_mode: \"0600\", protocol: tcp,\n"
    "      access_log: off, cluster: one, max_connections: 7 }\n"
    "  - { name: short, address: \"[::]:1\", ipv6_only: true, cluster: two }\n"
    "clusters:\n"
    "  - { name: one, idle_connections: 0, timeouts: { connect: 1ms },\n"
    "      endpoints: [{ address: \"unix:/a b\", weight: 0 }, { address: \"10.0.0.1:1\" }] }\n"
    "  - { name: two, limits: { connections_per_endpoint: 1, queue: { size: 0 } },\n"
    "      load_balancing: { policy: least_request }, endpoints: [{ address: \"10.0.0.2:2\" }] }\n"
    "drain: { lame_duck: 0s }\n";

std::shared_ptr<const Config> load(std::string_view text) {
  Loaded loaded = load_text(text, "t.yaml");
  for (const Problem& problem : loaded.problems) BOOST_TEST_MESSAGE(problem.to_string());
  BOOST_REQUIRE(loaded.config != nullptr);
  return loaded.config;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(dump)

BOOST_AUTO_TEST_CASE(a_dump_is_read_back_to_the_same_dump) {
  for (const std::string& text :
       {std::string(kFull), with_listener(""), std::string(default_config())}) {
    const std::string once = dump_yaml(*load(text));
    BOOST_TEST(dump_yaml(*load(once)) == once);
  }
}

BOOST_AUTO_TEST_CASE(a_json_dump_is_read_back_to_the_same_dump) {
  std::string text = kFull;
  text.erase(text.find("$${X}"), 5);  // JSON shows what is, not how to write it here
  const auto config = load(text);
  BOOST_TEST(dump_json(*load(dump_json(*config))) == dump_json(*config));
}

BOOST_AUTO_TEST_CASE(texts_survive_byte_for_byte) {
  const auto config = load(dump_yaml(*load(kFull)));
  const Route& last = config->listeners[0].routes[1];
  BOOST_TEST(last.respond->body == "tab\t quote\" back\\ ' : # ${X} caf\xc3\xa9 \x01\x7f\0\n"s);
  BOOST_TEST(config->listeners[0].routes[0].request_headers.set[0].name == "*~|");
  BOOST_TEST(config->listeners[0].routes[0].request_headers.set[0].value == "a: b # c");
  BOOST_TEST(config->listeners[0].addresses.size() == 4U);
  BOOST_TEST(config->clusters[0].endpoints[0].address.to_string() == "unix:/a b");
}

BOOST_AUTO_TEST_CASE(a_dump_shows_defaults_and_what_is_inherited) {
  const std::string text = dump_yaml(*load(kFull));
  BOOST_TEST(text.find("    timeouts:\n      connect: 2s\n") != std::string::npos);
  BOOST_TEST(text.find("      idle: 90s\n") != std::string::npos);
  BOOST_TEST(text.find("backlog: 4096\n") != std::string::npos);
  BOOST_TEST(text.find("cluster: \"two\"\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(auto_workers_are_dumped_as_their_number) {
  const auto config = load(with_listener(""));
  const std::string count = std::to_string(config->workers.count);
  BOOST_TEST(dump_yaml(*config).find("count: " + count + "\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(json_strings_are_escaped) {
  BOOST_TEST(json_string("a\"b\\c\n\t\x01\x7f") == "\"a\\\"b\\\\c\\n\\t\\u0001\\u007f\"");
}

BOOST_AUTO_TEST_CASE(values_are_written_in_both_languages) {
  Value value = Value::map();
  value.add("n", Value::number(5));
  value.add("w", Value::word("30s"));
  value.add("t", Value::text("${X}"));
  value.add("left out", Value());
  value.add("null", Value::list());
  Value item = Value::map();
  item.add("a", Value::map()).add("b", Value::boolean(true));
  value.add("l", Value::list().add(std::move(item)).add(Value::word("x")));
  BOOST_TEST(to_yaml(value) ==
             "n: 5\nw: 30s\nt: \"$${X}\"\n\"null\": []\n"
             "l:\n  - a: {}\n    b: true\n  - x\n");
  BOOST_TEST(to_json(value) ==
             "{\n  \"n\": 5,\n  \"w\": \"30s\",\n  \"t\": \"${X}\",\n  \"null\": [],\n"
             "  \"l\": [\n    {\n      \"a\": {},\n      \"b\": true\n    },\n    \"x\"\n  ]\n}\n");
}

BOOST_AUTO_TEST_CASE(hides_the_values_of_headers_that_carry_credentials) {
  const Loaded loaded = load_text(
      "listeners:\n"
      "  - name: web\n"
      "    address: \"127.0.0.1:0\"\n"
      "    routes:\n"
      "      - name: a\n"
      "        respond: { body: a }\n"
      "        request_headers: { set: { Authorization: Bearer abc123, x-plain: seen } }\n"
      "        response_headers: { add: { x-session-token: abc123 } }\n",
      "test.yaml");
  BOOST_REQUIRE(loaded.config);
  BOOST_TEST(loaded.config->listeners[0].routes[0].request_headers.set[0].value == "Bearer abc123");
  for (const std::string& dump : {dump_yaml(*loaded.config), dump_json(*loaded.config)}) {
    BOOST_TEST(dump.find("abc123") == std::string::npos);
    BOOST_TEST(dump.find("(hidden)") != std::string::npos);
    BOOST_TEST(dump.find("seen") != std::string::npos);
  }
}

BOOST_AUTO_TEST_SUITE_END()
