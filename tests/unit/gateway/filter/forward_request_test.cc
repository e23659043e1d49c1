#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/filter/forward.h"
#include "tests/unit/gateway/filter/heads.h"

using namespace tidegate;
using namespace tidegate::gateway;
using namespace tidegate::gateway::filter::test;
using http::Framing;
using http::Version;

namespace {

constexpr Framing kNone{};
constexpr Framing kChunked{.kind = Framing::Kind::chunked};
constexpr Framing length(std::uint64_t bytes) {
  return {Framing::Kind::length, bytes};
}

filter::RequestFacts facts() {
  filter::RequestFacts facts;
  facts.client_host = "192.0.2.7";
  facts.scheme = "http";
  facts.via_name = "tidegate";
  facts.request_id = "made-1";
  return facts;
}

std::string sent(const http::RequestHead& head, Framing framing = kNone,
                 const conf::HeaderChanges* changes = nullptr) {
  filter::RequestFacts with = facts();
  with.changes = changes;
  std::string out;
  filter::append_request_head(out, head, framing, with);
  return out;
}

// The head sent for a plain GET with these fields.
std::string sent(const Lines& lines, const conf::HeaderChanges* changes = nullptr) {
  const http::Fields fields = fields_of(lines);
  return sent(request_of(fields), kNone, changes);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(forward_request)

BOOST_AUTO_TEST_CASE(writes_a_whole_head_in_order) {
  const http::Fields fields = fields_of({{"User-Agent", "x/1"},
                                         {"HOST", "a.example"},
                                         {"accept", "*/*"},
                                         {"Connection", "keep-alive"},
                                         {"Content-Length", "5"}});
  http::RequestHead head = request_of(fields);
  head.method_text = "POST";
  head.path = "/p?q=1";
  BOOST_TEST(sent(head, length(5)) ==
             "POST /p?q=1 HTTP/1.1\r\n"
             "Host: a.example\r\n"
             "User-Agent: x/1\r\n"
             "accept: */*\r\n"
             "Content-Length: 5\r\n"
             "X-Forwarded-For: 192.0.2.7\r\n"
             "X-Forwarded-Proto: http\r\n"
             "X-Forwarded-Host: a.example\r\n"
             "Via: 1.1 tidegate\r\n"
             "X-Request-Id: made-1\r\n"
             "\r\n");
}

BOOST_AUTO_TEST_CASE(appends_to_what_the_string_holds) {
  const http::Fields fields = fields_of({});
  std::string out = "before";
  filter::append_request_head(out, request_of(fields), kNone, facts());
  BOOST_TEST(out.starts_with("beforeGET / HTTP/1.1\r\nHost: a.example\r\n"));
  BOOST_TEST(out.ends_with("\r\n\r\n"));
}

BOOST_AUTO_TEST_CASE(writes_heads_of_every_size_whole) {
  const std::string filler(5000, 'v');
  for (std::size_t size = 0; size < filler.size(); size += 37) {
    const std::string_view value = std::string_view(filler).substr(0, size);
    const std::string head = sent({{"A", value}, {"X-Forwarded-For", value}, {"B", value}});
    BOOST_TEST_CONTEXT(size) {
      BOOST_TEST((values_of(head, "A") == value));
      BOOST_TEST((values_of(head, "B") == value));
      BOOST_TEST(values_of(head, "X-Forwarded-For").ends_with("192.0.2.7"));
      BOOST_TEST(head.ends_with("X-Request-Id: made-1\r\n\r\n"));
    }
  }
}

BOOST_AUTO_TEST_CASE(makes_host_from_the_authority_that_counts) {
  const http::Fields fields = fields_of({{"Host", "other.example"}});
  http::RequestHead head = request_of(fields);
  head.target = "http://a.example:8080/x";
  head.path = "/x";
  head.authority = "a.example:8080";
  head.absolute_form = true;
  const std::string out = sent(head);
  BOOST_TEST(out.starts_with("GET /x HTTP/1.1\r\nHost: a.example:8080\r\n"));
  BOOST_TEST(values_of(out, "Host") == "a.example:8080");
  BOOST_TEST(values_of(out, "X-Forwarded-Host") == "a.example:8080");
}

BOOST_AUTO_TEST_CASE(sends_the_asterisk_form_as_it_came) {
  const http::Fields fields = fields_of({});
  http::RequestHead head = request_of(fields);
  head.method_text = "OPTIONS";
  head.path = "*";
  BOOST_TEST(sent(head).starts_with("OPTIONS * HTTP/1.1\r\n"));
}

BOOST_AUTO_TEST_CASE(turns_a_request_of_http_1_0_into_one_of_1_1) {
  const http::Fields fields = fields_of({{"Connection", "keep-alive, upgrade"},
                                         {"Keep-Alive", "timeout=5"},
                                         {"Expect", "100-continue"},
                                         {"TE", "trailers"},
                                         {"Upgrade", "websocket"},
                                         {"Via", "1.0 first"}});
  http::RequestHead head = request_of(fields);
  head.version = Version::http10;
  head.authority = {};
  head.expect_continue = true;
  head.te_trailers = true;
  head.upgrade = true;
  BOOST_TEST(sent(head) ==
             "GET / HTTP/1.1\r\n"
             "Host: \r\n"
             "X-Forwarded-For: 192.0.2.7\r\n"
             "X-Forwarded-Proto: http\r\n"
             "Via: 1.0 first, 1.0 tidegate\r\n"
             "X-Request-Id: made-1\r\n"
             "\r\n");
}

BOOST_AUTO_TEST_CASE(frames_the_body_itself) {
  struct Row {
    std::string_view about;
    Lines lines;
    Framing framing;
    std::string_view content_length;
    std::string_view transfer_encoding;
  };
  const Row kRows[] = {
      {"no body", {}, kNone, "-", "-"},
      {"an empty body the client named", {{"Content-Length", "0"}}, kNone, "0", "-"},
      {"the same as a length", {{"Content-Length", "0"}}, length(0), "0", "-"},
      {"a length", {{"content-length", "12"}}, length(12), "12", "-"},
      {"a length as a number", {{"Content-Length", "0012"}}, length(12), "12", "-"},
      {"the longest", {}, length(18446744073709551615U), "18446744073709551615", "-"},
      {"chunked", {{"Transfer-Encoding", "chunked"}}, kChunked, "-", "chunked"},
      {"never both",
       {{"Transfer-Encoding", "chunked"}, {"Content-Length", "5"}},
       kChunked,
       "-",
       "chunked"},
  };
  for (const Row& row : kRows) {
    BOOST_TEST_CONTEXT(row.about) {
      const http::Fields fields = fields_of(row.lines);
      const std::string out = sent(request_of(fields), row.framing);
      BOOST_TEST(values_of(out, "Content-Length") == row.content_length);
      BOOST_TEST(values_of(out, "Transfer-Encoding") == row.transfer_encoding);
    }
  }
}

BOOST_AUTO_TEST_CASE(drops_the_fields_that_end_at_this_hop) {
  constexpr std::string_view kNames[] = {
      "Connection", "Keep-Alive",         "Proxy-Connection",    "TE",
      "Upgrade",    "Proxy-Authenticate", "Proxy-Authorization", "HTTP2-Settings",
      "Trailer",    "Transfer-Encoding",  "keep-alive",          "PROXY-CONNECTION",
      "Expect"};
  for (const std::string_view name : kNames) {
    BOOST_TEST_CONTEXT(name) {
      BOOST_TEST(values_of(sent({{"A", "1"}, {name, "x"}, {"B", "2"}}), name) == "-");
    }
  }
}

BOOST_AUTO_TEST_CASE(drops_the_fields_that_connection_names) {
  const http::Fields fields = fields_of({{"Connection", "close, X-One"},
                                         {"x-one", "1"},
                                         {"X-Two", "2"},
                                         {"X-Three", "3"},
                                         {"connection", "x-three"}});
  http::RequestHead head = request_of(fields);
  head.connection_names_fields = true;
  const std::string out = sent(head);
  BOOST_TEST(values_of(out, "X-One") == "-");
  BOOST_TEST(values_of(out, "X-Two") == "2");
  BOOST_TEST(values_of(out, "X-Three") == "-");
}

BOOST_AUTO_TEST_CASE(keeps_what_connection_may_not_take_out) {
  const http::Fields fields =
      fields_of({{"Connection",
                  "host, x-forwarded-for, x-forwarded-host, x-forwarded-proto, x-request-id, via, "
                  "content-length, content-type"},
                 {"X-Forwarded-For", "198.51.100.1"},
                 {"X-Request-Id", "mine"},
                 {"Via", "1.1 first"},
                 {"Content-Type", "text/plain"},
                 {"Content-Length", "3"}});
  http::RequestHead head = request_of(fields);
  head.connection_names_fields = true;
  const std::string out = sent(head, length(3));
  BOOST_TEST(values_of(out, "Host") == "a.example");
  BOOST_TEST(values_of(out, "X-Forwarded-For") == "198.51.100.1, 192.0.2.7");
  BOOST_TEST(values_of(out, "X-Forwarded-Host") == "a.example");
  BOOST_TEST(values_of(out, "X-Forwarded-Proto") == "http");
  BOOST_TEST(values_of(out, "X-Request-Id") == "mine");
  BOOST_TEST(values_of(out, "Via") == "1.1 first, 1.1 tidegate");
  BOOST_TEST(values_of(out, "Content-Type") == "text/plain");
  BOOST_TEST(values_of(out, "Content-Length") == "3");
}

BOOST_AUTO_TEST_CASE(keeps_trailer_only_where_the_body_is_chunked) {
  const http::Fields fields = fields_of({{"Trailer", "X-Sum"}});
  const http::RequestHead head = request_of(fields);
  BOOST_TEST(values_of(sent(head, kChunked), "Trailer") == "X-Sum");
  BOOST_TEST(values_of(sent(head, length(1)), "Trailer") == "-");
  BOOST_TEST(values_of(sent(head), "Trailer") == "-");
}

BOOST_AUTO_TEST_CASE(drops_a_trailer_field_that_connection_names) {
  const http::Fields fields = fields_of({{"Connection", "trailer"}, {"Trailer", "X-Sum"}});
  http::RequestHead head = request_of(fields);
  head.connection_names_fields = true;
  BOOST_TEST(values_of(sent(head, kChunked), "Trailer") == "-");
}

BOOST_AUTO_TEST_CASE(keeps_expect_100_continue) {
  const http::Fields fields = fields_of({{"Expect", "100-continue"}, {"Content-Length", "9"}});
  http::RequestHead head = request_of(fields);
  head.expect_continue = true;
  BOOST_TEST(values_of(sent(head, length(9)), "Expect") == "100-continue");
}

BOOST_AUTO_TEST_CASE(names_upgrade_and_te_in_connection) {
  struct Row {
    bool upgrade;
    bool te_trailers;
    std::string_view connection;
    std::string_view upgrade_sent;
    std::string_view te_sent;
  };
  constexpr Row kRows[] = {
      {false, false, "-", "-", "-"},
      {true, false, "upgrade", "websocket", "-"},
      {false, true, "te", "-", "trailers"},
      {true, true, "upgrade, te", "websocket", "trailers"},
  };
  const http::Fields fields = fields_of(
      {{"Connection", "Upgrade, TE"}, {"Upgrade", "websocket"}, {"TE", "deflate, trailers"}});
  for (const Row& row : kRows) {
    http::RequestHead head = request_of(fields);
    head.upgrade = row.upgrade;
    head.te_trailers = row.te_trailers;
    BOOST_TEST_CONTEXT(row.connection) {
      const std::string out = sent(head);
      BOOST_TEST(values_of(out, "Connection") == row.connection);
      BOOST_TEST(values_of(out, "Upgrade") == row.upgrade_sent);
      BOOST_TEST(values_of(out, "TE") == row.te_sent);
      BOOST_TEST(filter::passes_upgrade(head) == row.upgrade);
    }
  }
}

BOOST_AUTO_TEST_CASE(keeps_the_fields_of_a_websocket_handshake) {
  const http::Fields fields = fields_of({{"Connection", "Upgrade"},
                                         {"Upgrade", "websocket"},
                                         {"Sec-WebSocket-Key", "a2V5"},
                                         {"Sec-WebSocket-Version", "13"}});
  http::RequestHead head = request_of(fields);
  head.upgrade = true;
  const std::string out = sent(head);
  BOOST_TEST(values_of(out, "Sec-WebSocket-Key") == "a2V5");
  BOOST_TEST(values_of(out, "Sec-WebSocket-Version") == "13");
}

BOOST_AUTO_TEST_CASE(never_passes_an_upgrade_to_cleartext_http_2) {
  const Lines kRows[] = {
      {{"Upgrade", "h2c"}},
      {{"Upgrade", "H2C"}},
      {{"Upgrade", "h2c-14"}},
      {{"Upgrade", "websocket, h2c"}},
      {{"Upgrade", "websocket"}, {"Upgrade", "h2c"}},
  };
  for (const Lines& lines : kRows) {
    const http::Fields fields = fields_of(lines);
    http::RequestHead head = request_of(fields);
    head.upgrade = true;
    BOOST_TEST_CONTEXT(lines[0].value) {
      BOOST_TEST(!filter::passes_upgrade(head));
      const std::string out = sent(head);
      BOOST_TEST(values_of(out, "Upgrade") == "-");
      BOOST_TEST(values_of(out, "Connection") == "-");
    }
  }
}

BOOST_AUTO_TEST_CASE(appends_the_client_to_x_forwarded_for_in_one_line) {
  struct Row {
    Lines lines;
    std::string_view expected;
  };
  const Row kRows[] = {
      {{}, "192.0.2.7"},
      {{{"x-forwarded-for", "198.51.100.1"}}, "198.51.100.1, 192.0.2.7"},
      {{{"X-Forwarded-For", "::1, unknown"}, {"A", "1"}, {"x-forwarded-for", "10.0.0.1"}},
       "::1, unknown, 10.0.0.1, 192.0.2.7"},
      {{{"X-Forwarded-For", ""}}, "192.0.2.7"},
  };
  for (const Row& row : kRows) {
    BOOST_TEST_CONTEXT(row.expected) {
      BOOST_TEST(values_of(sent(row.lines), "X-Forwarded-For") == row.expected);
    }
  }
}

BOOST_AUTO_TEST_CASE(appends_itself_to_via_with_the_version_it_received) {
  const http::Fields fields =
      fields_of({{"Via", "1.0 fred"}, {"A", "1"}, {"via", "1.1 p.example (x)"}});
  http::RequestHead head = request_of(fields);
  BOOST_TEST(values_of(sent(head), "Via") == "1.0 fred, 1.1 p.example (x), 1.1 tidegate");
  head.version = Version::http10;
  BOOST_TEST(values_of(sent(head), "Via") == "1.0 fred, 1.1 p.example (x), 1.0 tidegate");
}

BOOST_AUTO_TEST_CASE(replaces_what_the_client_says_of_scheme_and_host) {
  const std::string out = sent({{"X-Forwarded-Proto", "https"},
                                {"x-forwarded-host", "evil.example"},
                                {"X-Forwarded-Host", "again.example"}});
  BOOST_TEST(values_of(out, "X-Forwarded-Proto") == "http");
  BOOST_TEST(values_of(out, "X-Forwarded-Host") == "a.example");
}

BOOST_AUTO_TEST_CASE(keeps_a_usable_request_id_and_replaces_any_other) {
  struct Row {
    Lines lines;
    std::string_view expected;
  };
  const Row kRows[] = {
      {{}, "made-1"},
      {{{"x-request-id", "abc-1"}}, "abc-1"},
      {{{"X-Request-Id", "a b"}}, "made-1"},
      {{{"X-Request-Id", ""}}, "made-1"},
      {{{"X-Request-Id", "one"}, {"X-Request-Id", "two"}}, "one"},
      {{{"X-Request-Id", "{}"}, {"X-Request-Id", "two"}}, "made-1"},
  };
  for (const Row& row : kRows) {
    BOOST_TEST_CONTEXT(row.expected) {
      const http::Fields fields = fields_of(row.lines);
      BOOST_TEST(filter::request_id_of(fields, "made-1") == row.expected);
      BOOST_TEST(values_of(sent(request_of(fields)), "X-Request-Id") == row.expected);
    }
  }
}

BOOST_AUTO_TEST_CASE(knows_a_usable_request_id) {
  const std::string longest(128, 'a');
  const std::string kGood[] = {"a", "Z", "0", "f3a1-77.b_c:d=e+f/g@h", longest};
  const std::string kBad[] = {"",      longest + "a", "a b",  "a\tb", "a\"b", "a\\b",
                              "a\x80", "a,b",         "<a>",  "a;b",  "a%b",  std::string("a\0", 2),
                              "a`",    "a{",          "a\r\n"};
  for (const std::string& id : kGood) BOOST_TEST(filter::usable_request_id(id), id);
  for (const std::string& id : kBad) BOOST_TEST(!filter::usable_request_id(id), id);
}

BOOST_AUTO_TEST_CASE(sets_a_field_in_place_of_all_of_that_name) {
  conf::HeaderChanges changes;
  changes.set = {{"x-env", "blue"}, {"user-agent", "gate"}, {"x-new", ""}};
  const std::string out = sent(
      {{"X-Env", "red"}, {"User-Agent", "x/1"}, {"X-ENV", "green"}, {"X-Envy", "1"}}, &changes);
  BOOST_TEST(values_of(out, "X-Env") == "blue");
  BOOST_TEST(values_of(out, "User-Agent") == "gate");
  BOOST_TEST(values_of(out, "X-New") == "");
  BOOST_TEST(values_of(out, "X-Envy") == "1");
}

BOOST_AUTO_TEST_CASE(adds_a_field_beside_those_of_that_name) {
  conf::HeaderChanges changes;
  changes.add = {{"x-env", "blue"}, {"x-env", "green"}};
  const std::string out = sent({{"X-Env", "red"}}, &changes);
  BOOST_TEST(values_of(out, "X-Env") == "red|blue|green");
}

BOOST_AUTO_TEST_CASE(removes_all_fields_of_a_name_before_it_adds) {
  conf::HeaderChanges changes;
  changes.add = {{"x-env", "blue"}};
  changes.remove = {"x-env", "referer", "cookie"};
  const std::string out =
      sent({{"X-Env", "red"}, {"Referer", "r"}, {"Cookie", "c"}, {"x-env", "green"}}, &changes);
  BOOST_TEST(values_of(out, "X-Env") == "blue");
  BOOST_TEST(values_of(out, "Referer") == "-");
  BOOST_TEST(values_of(out, "Cookie") == "-");
}

BOOST_AUTO_TEST_CASE(lets_changes_win_over_what_it_would_write_itself) {
  const Lines kReceived = {{"X-Forwarded-For", "198.51.100.1"}, {"Via", "1.1 first"}};
  constexpr std::string_view kNames[] = {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host",
                                         "x-request-id", "via"};
  for (const std::string_view name : kNames) {
    BOOST_TEST_CONTEXT(name) {
      conf::HeaderChanges set;
      set.set = {{std::string(name), "ours"}};
      BOOST_TEST(values_of(sent(kReceived, &set), name) == "ours");
      conf::HeaderChanges remove;
      remove.remove = {std::string(name)};
      BOOST_TEST(values_of(sent(kReceived, &remove), name) == "-");
    }
  }
}

BOOST_AUTO_TEST_CASE(sets_the_host_sent_and_tells_the_one_received) {
  conf::HeaderChanges changes;
  changes.set = {{"host", "inner.example"}};
  const std::string out = sent({{"Host", "a.example"}}, &changes);
  BOOST_TEST(out.starts_with("GET / HTTP/1.1\r\nHost: inner.example\r\n"));
  BOOST_TEST(values_of(out, "Host") == "inner.example");
  BOOST_TEST(values_of(out, "X-Forwarded-Host") == "a.example");
}

BOOST_AUTO_TEST_CASE(cannot_be_told_to_break_framing_or_the_hop) {
  constexpr std::string_view kNames[] = {
      "content-length", "transfer-encoding", "connection", "keep-alive", "upgrade", "te",
      "trailer",        "proxy-connection",  "expect",     "host"};
  const http::Fields fields = fields_of({{"Content-Length", "3"}, {"Expect", "100-continue"}});
  http::RequestHead head = request_of(fields);
  head.expect_continue = true;
  const std::string unchanged = sent(head, length(3));
  for (const std::string_view name : kNames) {
    BOOST_TEST_CONTEXT(name) {
      conf::HeaderChanges changes;
      if (name != "host") changes.set = {{std::string(name), "7"}};
      changes.add = {{std::string(name), "8"}};
      changes.remove = {std::string(name)};
      BOOST_TEST(sent(head, length(3), &changes) == unchanged);
    }
  }
}

BOOST_AUTO_TEST_CASE(empty_changes_change_nothing) {
  const conf::HeaderChanges changes;
  BOOST_TEST(sent({{"A", "1"}}, &changes) == sent({{"A", "1"}}));
}

BOOST_AUTO_TEST_SUITE_END()
