#include <boost/test/unit_test.hpp>
#include <string>

#include "gateway/http1/head_parser.h"
#include "tests/unit/gateway/http1/parsed.h"

namespace tidegate::gateway::http1 {
namespace {

using http::FieldId;
using http::Method;
using http::Version;

BOOST_AUTO_TEST_SUITE(request_head)

BOOST_AUTO_TEST_CASE(slices_the_request_line_and_the_fields) {
  const ParsedRequest parsed(
      "POST /cart?id=1 HTTP/1.1\r\nHost: shop.example:8080\r\nContent-Length:5\r\n"
      "X-Long-Name-Of-More-Than-Sixteen_Bytes:\t a b\t \r\nX-Empty:\r\n\r\n");

  BOOST_TEST(name(parsed.problem) == "none");
  BOOST_TEST((parsed.head.method == Method::post));
  BOOST_TEST(parsed.head.method_text == "POST");
  BOOST_TEST((parsed.head.version == Version::http11));
  BOOST_TEST(parsed.head.target == "/cart?id=1");
  BOOST_TEST(parsed.head.path == "/cart?id=1");
  BOOST_TEST(parsed.head.authority == "shop.example:8080");
  BOOST_TEST(!parsed.head.absolute_form);
  BOOST_TEST(parsed.head.fields == parsed.fields.get());
  BOOST_REQUIRE(parsed.fields->size() == 4U);
  const http::Fields& fields = *parsed.fields;
  BOOST_TEST((fields[0].id == FieldId::host));
  BOOST_TEST((fields[1].id == FieldId::content_length));
  BOOST_TEST(fields[1].value == "5");
  BOOST_TEST(fields[2].name == "X-Long-Name-Of-More-Than-Sixteen_Bytes");
  BOOST_TEST(fields[2].value == "a b");
  BOOST_TEST((fields[2].id == FieldId::other));
  BOOST_TEST(fields[3].value == "");
}

BOOST_AUTO_TEST_CASE(every_size_of_name_and_value_is_sliced_right) {
  for (std::size_t size = 1; size < 140; ++size) {
    const std::string name(size, 'n');
    const std::string value(size, 'v');
    const ParsedRequest parsed(request_with(name + ": " + value + "\r\nX: y"));
    BOOST_TEST_CONTEXT(size) {
      BOOST_REQUIRE(parsed.fields->size() == 3U);
      BOOST_TEST((*parsed.fields)[1].name == name);
      BOOST_TEST((*parsed.fields)[1].value == value);
      BOOST_TEST((*parsed.fields)[2].value == "y");
    }
  }
}

BOOST_AUTO_TEST_CASE(values_hold_tabs_and_high_bytes) {
  const ParsedRequest parsed(request_with("X: a\tb \xff\x80 c"));
  BOOST_TEST(name(parsed.problem) == "none");
  BOOST_TEST((*parsed.fields)[1].value == "a\tb \xff\x80 c");
}

BOOST_AUTO_TEST_CASE(names_hold_every_token_character) {
  const ParsedRequest parsed(request_with("!#$%&'*+-.^_`|~09azAZ: x"));
  BOOST_TEST(name(parsed.problem) == "none");
}

BOOST_AUTO_TEST_CASE(extension_methods_are_passed_on) {
  const ParsedRequest parsed("M-SEARCH / HTTP/1.1\r\nHost: a\r\n\r\n");
  BOOST_TEST(name(parsed.problem) == "none");
  BOOST_TEST((parsed.head.method == Method::other));
  BOOST_TEST(parsed.head.method_text == "M-SEARCH");
}

BOOST_AUTO_TEST_CASE(http_1_0_needs_no_host) {
  const ParsedRequest parsed("GET / HTTP/1.0\r\n\r\n");
  BOOST_TEST(name(parsed.problem) == "none");
  BOOST_TEST((parsed.head.version == Version::http10));
  BOOST_TEST(parsed.head.authority == "");
  BOOST_TEST(name(ParsedRequest("GET / HTTP/1.0\r\nHost:\r\n\r\n").problem) == "none");
}

BOOST_AUTO_TEST_CASE(a_host_may_be_an_ipv6_literal) {
  const ParsedRequest parsed("GET / HTTP/1.1\r\nHost: [2001:db8::1]:8080\r\n\r\n");
  BOOST_TEST(name(parsed.problem) == "none");
  BOOST_TEST(parsed.head.authority == "[2001:db8::1]:8080");
}

struct TargetRow {
  std::string_view request_line;
  std::string_view path;
  std::string_view authority;
  bool absolute;
};

BOOST_AUTO_TEST_CASE(understands_the_forms_of_a_target) {
  const TargetRow rows[] = {
      {"GET / HTTP/1.1", "/", "h", false},
      {"GET //evil.example/ HTTP/1.1", "//evil.example/", "h", false},
      {"GET /?a=b?c HTTP/1.1", "/?a=b?c", "h", false},
      {"GET /%41%fF?%zz% HTTP/1.1", "/%41%fF?%zz%", "h", false},
      {"GET /a[1]|^?{x}\\`^ HTTP/1.1", "/a[1]|^?{x}\\`^", "h", false},
      {"OPTIONS * HTTP/1.1", "*", "h", false},
      {"OPTIONS / HTTP/1.1", "/", "h", false},
      {"GET http://x.example HTTP/1.1", "/", "x.example", true},
      {"GET http://x.example:81/a?b HTTP/1.1", "/a?b", "x.example:81", true},
      {"GET HTTPS://x.example: HTTP/1.1", "/", "x.example", true},
      {"GET hTTp://[::1]:81/ HTTP/1.1", "/", "[::1]:81", true},
      {"OPTIONS http://x.example HTTP/1.1", "*", "x.example", true},
      {"OPTIONS http://x.example/ HTTP/1.1", "/", "x.example", true},
  };
  for (const TargetRow& row : rows) {
    BOOST_TEST_CONTEXT(row.request_line) {
      const ParsedRequest parsed(std::string(row.request_line) + "\r\nHost: h\r\n\r\n");
      BOOST_TEST(name(parsed.problem) == "none");
      BOOST_TEST(parsed.head.path == row.path);
      BOOST_TEST(parsed.head.authority == row.authority);
      BOOST_TEST(parsed.head.absolute_form == row.absolute);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_reused_head_keeps_nothing_of_the_last_one) {
  ParsedRequest parsed(
      "GET http://x.example/ HTTP/1.1\r\nHost: h\r\nConnection: close, upgrade, x\r\n"
      "Upgrade: w\r\nTE: trailers\r\nExpect: 100-continue\r\n\r\n");
  const std::string_view next = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
  BOOST_TEST(name(parse_request_head(next, {}, *parsed.fields, parsed.head)) == "none");
  BOOST_TEST(parsed.head.authority == "");
  BOOST_TEST(!parsed.head.absolute_form);
  BOOST_TEST(parsed.head.keep_alive);
  BOOST_TEST(!parsed.head.upgrade);
  BOOST_TEST(!parsed.head.te_trailers);
  BOOST_TEST(!parsed.head.expect_continue);
  BOOST_TEST(!parsed.head.connection_names_fields);
  BOOST_TEST(parsed.fields->size() == 1U);
}

struct PersistenceRow {
  std::string_view version;
  std::string_view fields;
  bool keep_alive;
};

BOOST_AUTO_TEST_CASE(persistence_follows_version_and_connection) {
  const PersistenceRow rows[] = {
      {"1.1", "", true},
      {"1.1", "Connection: close\r\n", false},
      {"1.1", "Connection: CLOSE\r\n", false},
      {"1.1", "Connection: keep-alive\r\n", true},
      {"1.1", "Connection: keep-alive, close\r\n", false},
      {"1.1", "Connection: close\r\nConnection: keep-alive\r\n", false},
      {"1.1", "Connection: x-close\r\n", true},
      {"1.1", "Proxy-Connection: close\r\n", true},
      {"1.0", "", false},
      {"1.0", "Connection: keep-alive\r\n", true},
      {"1.0", "Connection: foo ,\tKeep-Alive\t, bar\r\n", true},
      {"1.0", "Connection: keep-alive, close\r\n", false},
      {"1.0", "Keep-Alive: timeout=5\r\n", false},
      {"1.0", "Proxy-Connection: keep-alive\r\n", false},
  };
  for (const PersistenceRow& row : rows) {
    BOOST_TEST_CONTEXT(row.version << ' ' << row.fields) {
      const ParsedRequest parsed("GET / HTTP/" + std::string(row.version) + "\r\nHost: a\r\n" +
                                 std::string(row.fields) + "\r\n");
      BOOST_TEST(name(parsed.problem) == "none");
      BOOST_TEST(parsed.head.keep_alive == row.keep_alive);
    }
  }
}

BOOST_AUTO_TEST_CASE(an_upgrade_needs_both_fields_and_http_1_1) {
  BOOST_TEST(ParsedRequest(request_with("Connection: Upgrade\r\nUpgrade: websocket")).head.upgrade);
  BOOST_TEST(!ParsedRequest(request_with("Upgrade: websocket")).head.upgrade);
  BOOST_TEST(!ParsedRequest(request_with("Connection: upgrade")).head.upgrade);
  BOOST_TEST(!ParsedRequest(request_with("Connection: upgrade\r\nUpgrade:")).head.upgrade);
  BOOST_TEST(!ParsedRequest("GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
                  .head.upgrade);
}

BOOST_AUTO_TEST_CASE(te_asks_for_trailers_by_that_member_alone) {
  BOOST_TEST(ParsedRequest(request_with("TE: trailers")).head.te_trailers);
  BOOST_TEST(ParsedRequest(request_with("TE: gzip;q=0.5, Trailers")).head.te_trailers);
  BOOST_TEST(!ParsedRequest(request_with("TE: gzip")).head.te_trailers);
  BOOST_TEST(!ParsedRequest(request_with("TE: trailers;q=0")).head.te_trailers);
}

BOOST_AUTO_TEST_CASE(connection_names_fields_when_it_names_more_than_options) {
  BOOST_TEST(ParsedRequest(request_with("Connection: close, X-A")).head.connection_names_fields);
  BOOST_TEST(!ParsedRequest(request_with("Connection: close, keep-alive, Upgrade, TE, ,"))
                  .head.connection_names_fields);
}

BOOST_AUTO_TEST_CASE(expects_100_continue_in_http_1_1_only) {
  BOOST_TEST(ParsedRequest(request_with("Expect: 100-Continue")).head.expect_continue);
  BOOST_TEST(!ParsedRequest(request_with("X: y")).head.expect_continue);
  for (const std::string_view value : {"100-continue", "something"}) {
    const ParsedRequest parsed("GET / HTTP/1.0\r\nExpect: " + std::string(value) + "\r\n\r\n");
    BOOST_TEST(name(parsed.problem) == "none");
    BOOST_TEST(!parsed.head.expect_continue);
  }
}

BOOST_AUTO_TEST_CASE(as_many_fields_as_the_limit_are_taken) {
  HeadLimits limits;
  limits.fields = 3;
  const std::string three = "GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 2\r\n";
  BOOST_TEST(name(ParsedRequest(three + "\r\n", limits).problem) == "none");
  BOOST_TEST(name(ParsedRequest(three + "C: 3\r\n\r\n", limits).problem) == "head_too_large");
}

BOOST_AUTO_TEST_CASE(no_limit_exceeds_the_table) {
  HeadLimits limits;
  limits.fields = 100000;
  std::string head = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (std::size_t i = 1; i < http::kMaxFields; ++i) head.append("A: b\r\n");
  BOOST_TEST(name(ParsedRequest(head + "\r\n", limits).problem) == "none");
  BOOST_TEST(name(ParsedRequest(head + "A: b\r\n\r\n", limits).problem) == "head_too_large");
}

BOOST_AUTO_TEST_CASE(a_target_may_be_as_long_as_its_limit) {
  HeadLimits limits;
  limits.target_bytes = 8;
  BOOST_TEST(name(ParsedRequest("GET /1234567 HTTP/1.1\r\nHost: a\r\n\r\n", limits).problem) ==
             "none");
  BOOST_TEST(name(ParsedRequest("GET /12345678 HTTP/1.1\r\nHost: a\r\n\r\n", limits).problem) ==
             "target_too_long");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::gateway::http1
