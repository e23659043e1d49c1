#include <boost/test/unit_test.hpp>
#include <string>

#include "gateway/http1/head_parser.h"
#include "tests/unit/gateway/http1/parsed.h"

namespace tidegate::gateway::http1 {
namespace {

struct Row {
  std::string text;
  Reason problem;
};

std::string bytes(std::string_view text) {
  return std::string(text);
}

template <std::size_t N>
void expect_refusals(const Row (&rows)[N]) {
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.text) {
      BOOST_TEST(name(ParsedRequest(row.text).problem) == name(row.problem));
    }
  }
}

std::string with_line(std::string_view request_line) {
  return bytes(request_line) + "\r\nHost: h\r\n\r\n";
}

std::string with_host(std::string_view value) {
  return "GET / HTTP/1.1\r\nHost: " + bytes(value) + "\r\n\r\n";
}

BOOST_AUTO_TEST_SUITE(request_refusals)

BOOST_AUTO_TEST_CASE(request_lines_that_are_not_three_parts) {
  expect_refusals({
      {with_line("GET"), Reason::bad_request},
      {with_line("GET "), Reason::bad_request},
      {with_line("GET /"), Reason::bad_request},  // HTTP/0.9
      {with_line("GET / "), Reason::bad_request},
      {with_line("GET  / HTTP/1.1"), Reason::bad_request},
      {with_line("GET /  HTTP/1.1"), Reason::bad_request},
      {with_line("GET / HTTP/1.1 "), Reason::bad_request},
      {with_line(" GET / HTTP/1.1"), Reason::bad_request},
      {with_line("GET\t/ HTTP/1.1"), Reason::bad_request},
      {with_line("GET /\tHTTP/1.1"), Reason::bad_request},
      {with_line("GET / HTTP/1.1\t"), Reason::bad_request},
      {with_line("GET /a b HTTP/1.1"), Reason::bad_request},
      {with_line("GET HTTP/1.1"), Reason::bad_request},
      {with_line("GET / x HTTP/1.1"), Reason::bad_request},
      {with_line("/ HTTP/1.1"), Reason::bad_request},
      {with_line("G(T / HTTP/1.1"), Reason::bad_request},
      {with_line("G:T / HTTP/1.1"), Reason::bad_request},
      {with_line("G\xc3\x89T / HTTP/1.1"), Reason::bad_request},
  });
}

BOOST_AUTO_TEST_CASE(versions_we_do_not_speak) {
  expect_refusals({
      {with_line("GET / HTTP/1.2"), Reason::bad_version},
      {with_line("GET / HTTP/2.0"), Reason::bad_version},
      {with_line("GET / HTTP/0.9"), Reason::bad_version},
      {with_line("GET / HTTP/9.9"), Reason::bad_version},
      {with_line("PRI * HTTP/2.0"), Reason::bad_version},
      {with_line("GET / HTTP/1.10"), Reason::bad_request},
      {with_line("GET / HTTP/01.1"), Reason::bad_request},
      {with_line("GET / HTTP/1"), Reason::bad_request},
      {with_line("GET / HTTP/1."), Reason::bad_request},
      {with_line("GET / HTTP/11"), Reason::bad_request},
      {with_line("GET / HTTP/1,1"), Reason::bad_request},
      {with_line("GET / HTTP/a.b"), Reason::bad_request},
      {with_line("GET / http/1.1"), Reason::bad_request},
      {with_line("GET / HTTP /1.1"), Reason::bad_request},
      {with_line("GET / HTTPS/1.1"), Reason::bad_request},
      {with_line("GET / ICE/1.0"), Reason::bad_request},
  });
}

BOOST_AUTO_TEST_CASE(targets_in_no_form_we_serve) {
  expect_refusals({
      {with_line("GET * HTTP/1.1"), Reason::bad_request},
      {with_line("POST * HTTP/1.1"), Reason::bad_request},
      {with_line("OPTIONS ** HTTP/1.1"), Reason::bad_request},
      {with_line("OPTIONS *?a HTTP/1.1"), Reason::bad_request},
      {with_line("GET h:443 HTTP/1.1"), Reason::bad_request},
      {with_line("GET a/b HTTP/1.1"), Reason::bad_request},
      {with_line("GET ?a HTTP/1.1"), Reason::bad_request},
      {with_line("GET http:/a HTTP/1.1"), Reason::bad_request},
      {with_line("GET http:a HTTP/1.1"), Reason::bad_request},
      {with_line("GET ftp://a/ HTTP/1.1"), Reason::bad_request},
      {with_line("GET ws://a/ HTTP/1.1"), Reason::bad_request},
      {with_line("GET http://a?b HTTP/1.1"), Reason::bad_request},
      {with_line("CONNECT h:443 HTTP/1.1"), Reason::unknown_method},
      {with_line("CONNECT / HTTP/1.1"), Reason::unknown_method},
  });
}

BOOST_AUTO_TEST_CASE(targets_with_bytes_that_do_not_belong) {
  expect_refusals({
      {with_line("GET /a#b HTTP/1.1"), Reason::bad_request},
      {with_line("GET /?a#b HTTP/1.1"), Reason::bad_request},
      {with_line("GET http://h/#b HTTP/1.1"), Reason::bad_request},
      {with_line("GET /\xc3\xa9 HTTP/1.1"), Reason::bad_request},
      {with_line("GET /?\xc3\xa9 HTTP/1.1"), Reason::bad_request},
      {with_line("GET /a\\b HTTP/1.1"), Reason::bad_request},
      {with_line("GET /<a> HTTP/1.1"), Reason::bad_request},
      {with_line("GET /?<a> HTTP/1.1"), Reason::bad_request},
      {with_line("GET /\"a\" HTTP/1.1"), Reason::bad_request},
      {with_line("GET /?\"a\" HTTP/1.1"), Reason::bad_request},
      {with_line("GET /{a} HTTP/1.1"), Reason::bad_request},
      {with_line("GET /`a` HTTP/1.1"), Reason::bad_request},
      {with_line("GET /% HTTP/1.1"), Reason::bad_request},
      {with_line("GET /%4 HTTP/1.1"), Reason::bad_request},
      {with_line("GET /%4g HTTP/1.1"), Reason::bad_request},
      {with_line("GET /%zz HTTP/1.1"), Reason::bad_request},
      {with_line("GET /%%41 HTTP/1.1"), Reason::bad_request},
      {with_line("GET /%u0041 HTTP/1.1"), Reason::bad_request},
      {with_line("GET /a%00b HTTP/1.1"), Reason::bad_request},
  });
}

BOOST_AUTO_TEST_CASE(authorities_in_the_target_that_are_none) {
  expect_refusals({
      {with_line("GET http:// HTTP/1.1"), Reason::bad_host},
      {with_line("GET http:/// HTTP/1.1"), Reason::bad_host},
      {with_line("GET http://:80/ HTTP/1.1"), Reason::bad_host},
      {with_line("GET http://user@h/ HTTP/1.1"), Reason::bad_host},
      {with_line("GET http://user:pw@h/ HTTP/1.1"), Reason::bad_host},
      {with_line("GET http://h,i/ HTTP/1.1"), Reason::bad_host},
      {with_line("GET http://h:99999/ HTTP/1.1"), Reason::bad_host},
      {with_line("GET http://%68/ HTTP/1.1"), Reason::bad_host},
      {with_line("GET http://[::1/ HTTP/1.1"), Reason::bad_host},
  });
}

BOOST_AUTO_TEST_CASE(hosts_that_are_missing_repeated_or_none) {
  expect_refusals({
      {"GET / HTTP/1.1\r\n\r\n", Reason::bad_host},
      {"GET / HTTP/1.1\r\nX: y\r\n\r\n", Reason::bad_host},
      {"GET http://h/ HTTP/1.1\r\n\r\n", Reason::bad_host},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", Reason::bad_host},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: y\r\nhOST: b\r\n\r\n", Reason::bad_host},
      {"GET / HTTP/1.1\r\nHost:\r\nHost: b\r\n\r\n", Reason::bad_host},
      {"GET http://h/ HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", Reason::bad_host},
      {"GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", Reason::bad_host},
      {"GET / HTTP/1.0\r\nHost: a b\r\n\r\n", Reason::bad_host},
      {"GET http://h/ HTTP/1.1\r\nHost: a b\r\n\r\n", Reason::bad_host},
      {"GET http://h/ HTTP/1.1\r\nHost:\r\n\r\n", Reason::bad_host},
      {with_host(""), Reason::bad_host},
      {with_host(" "), Reason::bad_host},
      {with_host("user@a"), Reason::bad_host},
      {with_host("a b"), Reason::bad_host},
      {with_host("a\tb"), Reason::bad_host},
      {with_host("a, b"), Reason::bad_host},
      {with_host("a,b"), Reason::bad_host},
      {with_host("http://a"), Reason::bad_host},
      {with_host("a/b"), Reason::bad_host},
      {with_host("a\\b"), Reason::bad_host},
      {with_host("a?b"), Reason::bad_host},
      {with_host("a#b"), Reason::bad_host},
      {with_host("a:port"), Reason::bad_host},
      {with_host("a:80:80"), Reason::bad_host},
      {with_host(":80"), Reason::bad_host},
      {with_host("\xc3\xa9"), Reason::bad_host},
      {with_host("::1"), Reason::bad_host},
      {with_host("[::g]"), Reason::bad_host},
  });
}

BOOST_AUTO_TEST_CASE(field_lines_that_break_the_grammar) {
  expect_refusals({
      {request_with("Content-Length : 5"), Reason::bad_request},
      {request_with("Content-Length\t: 5"), Reason::bad_request},
      {request_with(" X: y"), Reason::bad_request},            // obs-fold of the line before
      {request_with("X: y\r\n folded"), Reason::bad_request},  // obs-fold
      {request_with("X: y\r\n\tfolded"), Reason::bad_request},
      {request_with("X: y\r\n "), Reason::bad_request},
      {"GET / HTTP/1.1\r\n Host: a\r\n\r\n", Reason::bad_request},  // space before the first field
      {"GET / HTTP/1.1\r\n\tX: y\r\nHost: a\r\n\r\n", Reason::bad_request},
      {request_with("X"), Reason::bad_request},
      {request_with("X y"), Reason::bad_request},
      {request_with(":"), Reason::bad_request},
      {request_with(": y"), Reason::bad_request},
      {request_with(":scheme: http"), Reason::bad_request},
      {request_with("X(y): z"), Reason::bad_request},
      {request_with("X\"y: z"), Reason::bad_request},
      {request_with("X/y: z"), Reason::bad_request},
      {request_with("X y: z"), Reason::bad_request},
      {request_with("X\xc3\xa9: z"), Reason::bad_request},
      {request_with("A-Name-Longer-Than-Sixteen\xc3\xa9: z"), Reason::bad_request},
      {request_with("A-Name-Longer-Than-Sixteen z"), Reason::bad_request},
  });
}

BOOST_AUTO_TEST_CASE(control_bytes_in_any_part) {
  for (int byte = 0; byte < 0x80; ++byte) {
    if (byte == '\t' || (byte >= 0x20 && byte < 0x7f)) continue;
    const std::string control(1, static_cast<char>(byte));
    BOOST_TEST_CONTEXT("byte " << byte) {
      expect_refusals({
          {with_line("G" + control + "T / HTTP/1.1"), Reason::bad_request},
          {with_line("GET /" + control + " HTTP/1.1"), Reason::bad_request},
          {with_line("GET / HTTP/1.1" + control), Reason::bad_request},
          {with_host("a" + control), Reason::bad_request},
          {request_with("X" + control + ": y"), Reason::bad_request},
          {request_with("X:" + control + "y"), Reason::bad_request},
          {request_with("X: y" + control), Reason::bad_request},
          {request_with("Transfer-Encoding: chunked" + control), Reason::bad_request},
          {request_with("Transfer-Encoding:" + control + "chunked"), Reason::bad_request},
          {request_with(control), Reason::bad_request},
      });
    }
  }
}

BOOST_AUTO_TEST_CASE(line_ends_that_are_not_crlf) {
  expect_refusals({
      {"GET / HTTP/1.1\nHost: a\n\n", Reason::bad_request},
      {"GET / HTTP/1.1\rHost: a\r\r", Reason::bad_request},
      {"GET / HTTP/1.1\nHost: a\r\n\r\n", Reason::bad_request},
      {"GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", Reason::bad_request},
      {"GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n", Reason::bad_request},
      {"GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", Reason::bad_request},
      {"GET / HTTP/1.1\r\nHost: a\r\n\n", Reason::bad_request},
      {"GET / HTTP/1.1\r\nHost: a\n\r\n", Reason::bad_request},
  });
}

BOOST_AUTO_TEST_CASE(expectations_we_do_not_know) {
  expect_refusals({
      {request_with("Expect: 200-ok"), Reason::expectation_failed},
      {request_with("Expect: 100-continue, x"), Reason::expectation_failed},
      {request_with("Expect: 100-continue\r\nExpect: x"), Reason::expectation_failed},
      {request_with("Expect:"), Reason::expectation_failed},
      {"GET / HTTP/1.1\r\nExpect: x\r\n\r\n", Reason::bad_host},  // a worse fault comes first
  });
}

BOOST_AUTO_TEST_CASE(heads_that_do_not_end_where_they_should) {
  expect_refusals({
      {"", Reason::bad_request},
      {"\r\n", Reason::bad_request},
      {"\r\n\r\n", Reason::bad_request},
      {"GET / HTTP/1.1", Reason::bad_request},
      {"GET / HTTP/1.1\r\n", Reason::bad_request},
      {"GET / HTTP/1.0\r\n", Reason::bad_request},
      {"GET / HTTP/1.1\r\nHost: a", Reason::bad_request},
      {"GET / HTTP/1.1\r\nHost: a\r\n", Reason::bad_request},
      {"GET / HTTP/1.1\r\nHost: a\r\n\r\nX", Reason::bad_request},
      {"GET / HTTP/1.1\r\nHost: a\r\n\r\nX: y\r\n\r\n", Reason::bad_request},
      {"GET / HTTP/1.1\r\nHost: a\r\n\r\n\r\n", Reason::bad_request},
  });
}

BOOST_AUTO_TEST_CASE(every_proper_prefix_of_a_head_is_no_head) {
  const std::string head = request_with("Content-Length: 5");
  for (std::size_t size = 0; size < head.size(); ++size) {
    BOOST_TEST_CONTEXT(size << " bytes") {
      BOOST_TEST(name(ParsedRequest(head.substr(0, size)).problem) == "bad_request");
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::gateway::http1
