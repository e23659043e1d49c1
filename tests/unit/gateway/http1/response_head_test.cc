#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>

#include "gateway/http1/head_parser.h"
#include "tests/unit/gateway/http1/parsed.h"

namespace tidegate::gateway::http1 {
namespace {

using http::Version;

std::string with_status_line(std::string_view line) {
  return std::string(line) + "\r\nContent-Length: 0\r\n\r\n";
}

std::string with_fields(std::string_view status_line, std::string_view fields) {
  return std::string(status_line) + "\r\n" + std::string(fields) + "\r\n";
}

BOOST_AUTO_TEST_SUITE(response_head)

BOOST_AUTO_TEST_CASE(slices_the_status_line_and_the_fields) {
  const ParsedResponse parsed("HTTP/1.1 404 Not  Found\r\nServer: x\r\nSet-Cookie: a=b \r\n\r\n");
  BOOST_TEST(name(parsed.problem) == "none");
  BOOST_TEST(parsed.head.status == 404);
  BOOST_TEST((parsed.head.version == Version::http11));
  BOOST_TEST(parsed.head.reason == "Not  Found");
  BOOST_TEST(parsed.head.keep_alive);
  BOOST_TEST(parsed.head.fields == parsed.fields.get());
  BOOST_REQUIRE(parsed.fields->size() == 2U);
  BOOST_TEST((*parsed.fields)[1].value == "a=b");
}

struct PhraseRow {
  std::string_view line;
  std::uint16_t status;
  std::string_view phrase;
};

BOOST_AUTO_TEST_CASE(the_phrase_may_be_empty_or_missing_with_its_space) {
  const PhraseRow rows[] = {
      {"HTTP/1.1 200 ", 200, ""},
      {"HTTP/1.1 200", 200, ""},
      {"HTTP/1.0 100 Continue", 100, "Continue"},
      {"HTTP/1.1 999 \tcaf\xc3\xa9", 999, "\tcaf\xc3\xa9"},
  };
  for (const PhraseRow& row : rows) {
    BOOST_TEST_CONTEXT(row.line) {
      const ParsedResponse parsed(with_status_line(row.line));
      BOOST_TEST(name(parsed.problem) == "none");
      BOOST_TEST(parsed.head.status == row.status);
      BOOST_TEST(parsed.head.reason == row.phrase);
    }
  }
}

BOOST_AUTO_TEST_CASE(refuses_other_status_lines) {
  const std::string_view rows[] = {
      "HTTP/1.1",
      "HTTP/1.1 ",
      "HTTP/1.1 20",
      "HTTP/1.1 2000",
      "HTTP/1.1 20x OK",
      "HTTP/1.1 200OK",
      "HTTP/1.1  200 OK",
      "HTTP/1.1\t200 OK",
      "HTTP/1.1 200\tOK",
      "HTTP/1.1 099 Low",
      "HTTP/1.1 000 None",
      "HTTP/1.1 -20 OK",
      "HTTP/1.1 +20 OK",
      "HTTP/1.2 200 OK",
      "HTTP/2.0 200 OK",
      "HTTP/2 200 OK",
      "HTTP/0.9 200 OK",
      "http/1.1 200 OK",
      "ICY 200 OK",
      " HTTP/1.1 200 OK",
      "HTTP/1.10 200 OK",
      "HTTP/1.1 200 O\x01",
      "HTTP/1.1 200 O\x7f",
      "200 OK",
      "",
  };
  for (const std::string_view line : rows) {
    BOOST_TEST_CONTEXT(line) {
      BOOST_TEST(name(ParsedResponse(with_status_line(line)).problem) == "upstream_bad_head");
    }
  }
}

BOOST_AUTO_TEST_CASE(refuses_the_field_lines_a_request_may_not_have) {
  const std::string_view rows[] = {
      "X : y\r\n",         " X: y\r\n",
      "A: b\r\n X: y\r\n", "X\r\n",
      ": y\r\n",           "X y: z\r\n",
      "X: a\x01\r\n",      "X: a\n",
      "X: a\rb\r\n",       "X: a\r\n\r\nB: c\r\n",
  };
  for (const std::string_view fields : rows) {
    BOOST_TEST_CONTEXT(fields) {
      BOOST_TEST(name(ParsedResponse(with_fields("HTTP/1.1 200 OK", fields)).problem) ==
                 "upstream_bad_head");
    }
  }
}

BOOST_AUTO_TEST_CASE(refuses_more_fields_than_the_limit) {
  HeadLimits limits;
  limits.fields = 1;
  const ParsedResponse parsed(with_fields("HTTP/1.1 200 OK", "A: b\r\nC: d\r\n"), limits);
  BOOST_TEST(name(parsed.problem) == "upstream_bad_head");
}

BOOST_AUTO_TEST_CASE(a_response_without_fields_is_a_head) {
  const ParsedResponse parsed("HTTP/1.1 200\r\n\r\n");
  BOOST_TEST(name(parsed.problem) == "none");
  BOOST_TEST(parsed.fields->size() == 0U);
}

BOOST_AUTO_TEST_CASE(persistence_follows_version_and_connection) {
  BOOST_TEST(!ParsedResponse("HTTP/1.0 200 OK\r\n\r\n").head.keep_alive);
  BOOST_TEST(ParsedResponse("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n\r\n").head.keep_alive);
  BOOST_TEST(!ParsedResponse("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n").head.keep_alive);
}

BOOST_AUTO_TEST_CASE(a_204_that_announces_a_body_ends_its_connection) {
  constexpr std::string_view kLine = "HTTP/1.1 204 No Content";
  BOOST_TEST(ParsedResponse(with_fields(kLine, "")).head.keep_alive);
  BOOST_TEST(ParsedResponse(with_fields(kLine, "Content-Length: 0\r\n")).head.keep_alive);
  BOOST_TEST(!ParsedResponse(with_fields(kLine, "Content-Length: 5\r\n")).head.keep_alive);
  BOOST_TEST(!ParsedResponse(with_fields(kLine, "Transfer-Encoding: chunked\r\n")).head.keep_alive);
}

BOOST_AUTO_TEST_CASE(notes_upgrades_and_named_fields) {
  const ParsedResponse parsed(with_fields("HTTP/1.1 101 Switching Protocols",
                                          "Connection: upgrade, x\r\nUpgrade: websocket\r\n"));
  BOOST_TEST(parsed.head.upgrade);
  BOOST_TEST(parsed.head.connection_names_fields);
}

BOOST_AUTO_TEST_CASE(parses_trailer_sections) {
  const auto fields = std::make_unique<http::Fields>();
  for (const std::string_view none : {"", "\r\n"}) {
    fields->push_back({"of", "an earlier head"});
    BOOST_TEST(name(parse_trailers(none, {}, *fields)) == "none");
    BOOST_TEST(fields->size() == 0U);
  }
  BOOST_TEST(name(parse_trailers("A: b\r\nC:d\r\n\r\n", {}, *fields)) == "none");
  BOOST_REQUIRE(fields->size() == 2U);
  BOOST_TEST((*fields)[1].value == "d");
}

BOOST_AUTO_TEST_CASE(refuses_other_trailer_sections) {
  const auto fields = std::make_unique<http::Fields>();
  HeadLimits limits;
  limits.fields = 2;
  for (const std::string_view section :
       {"\n", "A: b\r\n", "A: b", "A : b\r\n\r\n", "A: b\n\r\n", "A: b\r\n c\r\n\r\n", "\r\n\r\n",
        "\r\nA: b\r\n\r\n", "A: \x01\r\n\r\n", "A: b\r\nA: b\r\nA: b\r\n\r\n"}) {
    BOOST_TEST_CONTEXT(section) {
      BOOST_TEST(name(parse_trailers(section, limits, *fields)) == "bad_chunk");
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::gateway::http1
