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

constexpr std::string_view kDate = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr Framing kNone{};
constexpr Framing kChunked{.kind = Framing::Kind::chunked};
constexpr Framing kUntilClose{.kind = Framing::Kind::until_close};
constexpr Framing length(std::uint64_t bytes) {
  return {Framing::Kind::length, bytes};
}

filter::ResponseFacts facts() {
  filter::ResponseFacts facts;
  facts.via_name = "tidegate";
  facts.date = kDate;
  return facts;
}

std::string sent(const http::ResponseHead& head, Framing framing = length(0),
                 const filter::ResponseFacts& with = facts()) {
  std::string out;
  filter::append_response_head(out, head, framing, with);
  return out;
}

std::string sent_changed(const Lines& lines, const conf::HeaderChanges& changes,
                         std::uint16_t status = 200) {
  const http::Fields fields = fields_of(lines);
  filter::ResponseFacts with = facts();
  with.changes = &changes;
  return sent(response_of(fields, status), status < 200 ? kNone : length(0), with);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(forward_response)

BOOST_AUTO_TEST_CASE(writes_a_whole_head_in_order) {
  const http::Fields fields = fields_of({{"Server", "origin/1"},
                                         {"content-type", "text/plain"},
                                         {"Content-Length", "5"},
                                         {"Connection", "keep-alive"},
                                         {"Keep-Alive", "timeout=5"},
                                         {"Set-Cookie", "a=1"},
                                         {"Set-Cookie", "b=2"}});
  BOOST_TEST(sent(response_of(fields), length(5)) ==
             "HTTP/1.1 200 OK\r\n"
             "Server: origin/1\r\n"
             "content-type: text/plain\r\n"
             "Set-Cookie: a=1\r\n"
             "Set-Cookie: b=2\r\n"
             "Content-Length: 5\r\n"
             "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
             "Via: 1.1 tidegate\r\n"
             "\r\n");
}

BOOST_AUTO_TEST_CASE(keeps_the_phrase_and_finds_one_where_there_is_none) {
  const http::Fields fields = fields_of({});
  BOOST_TEST(sent(response_of(fields, 200, "Fine")).starts_with("HTTP/1.1 200 Fine\r\n"));
  BOOST_TEST(sent(response_of(fields, 404, "")).starts_with("HTTP/1.1 404 Not Found\r\n"));
  BOOST_TEST(sent(response_of(fields, 999, "x")).starts_with("HTTP/1.1 999 x\r\n"));
}

BOOST_AUTO_TEST_CASE(answers_as_http_1_1_whatever_the_upstream_speaks) {
  const http::Fields fields = fields_of({});
  http::ResponseHead head = response_of(fields);
  head.version = Version::http10;
  const std::string out = sent(head);
  BOOST_TEST(out.starts_with("HTTP/1.1 200 OK\r\n"));
  BOOST_TEST(values_of(out, "Via") == "1.0 tidegate");
}

BOOST_AUTO_TEST_CASE(frames_the_body_itself) {
  struct Row {
    std::string_view about;
    std::uint16_t status;
    Lines lines;
    Framing framing;
    std::string_view content_length;
    std::string_view transfer_encoding;
    std::string_view connection;
  };
  const Row kRows[] = {
      {"a length", 200, {{"Content-Length", "5"}}, length(5), "5", "-", "-"},
      {"an empty body", 200, {{"Content-Length", "0"}}, length(0), "0", "-", "-"},
      {"chunked", 200, {{"Transfer-Encoding", "chunked"}}, kChunked, "-", "chunked", "-"},
      {"chunked, never both", 200, {{"Content-Length", "5"}}, kChunked, "-", "chunked", "-"},
      {"until close", 200, {{"Content-Length", "5"}}, kUntilClose, "-", "-", "close"},
      {"HEAD with a length", 200, {{"Content-Length", "5"}}, kNone, "5", "-", "-"},
      {"HEAD without", 200, {{"Transfer-Encoding", "chunked"}}, kNone, "-", "-", "-"},
      {"HEAD with no number", 200, {{"Content-Length", "5, 6"}}, kNone, "-", "-", "-"},
      {"304 with a length", 304, {{"Content-Length", "5"}}, kNone, "5", "-", "-"},
      {"204 has none", 204, {{"Content-Length", "0"}}, kNone, "-", "-", "-"},
      {"interim has none", 103, {{"Content-Length", "0"}}, kNone, "-", "-", "-"},
      {"101 has none", 101, {{"Content-Length", "0"}}, kNone, "-", "-", "upgrade"},
  };
  for (const Row& row : kRows) {
    BOOST_TEST_CONTEXT(row.about) {
      const http::Fields fields = fields_of(row.lines);
      const std::string out = sent(response_of(fields, row.status), row.framing);
      BOOST_TEST(values_of(out, "Content-Length") == row.content_length);
      BOOST_TEST(values_of(out, "Transfer-Encoding") == row.transfer_encoding);
      BOOST_TEST(values_of(out, "Connection") == row.connection);
    }
  }
}

BOOST_AUTO_TEST_CASE(tells_the_client_whether_the_connection_stays) {
  struct Row {
    Version client;
    bool keep_alive;
    Framing framing;
    std::string_view expected;
  };
  constexpr Row kRows[] = {
      {Version::http11, true, length(1), "-"},
      {Version::http11, false, length(1), "close"},
      {Version::http11, true, kChunked, "-"},
      {Version::http11, true, kUntilClose, "close"},
      {Version::http10, true, length(1), "keep-alive"},
      {Version::http10, false, length(1), "close"},
      {Version::http10, true, kUntilClose, "close"},
  };
  // What the upstream says of its own connection has no part in it.
  const http::Fields fields = fields_of({{"Connection", "close, keep-alive"}});
  for (const Row& row : kRows) {
    filter::ResponseFacts with = facts();
    with.client_version = row.client;
    with.keep_alive = row.keep_alive;
    BOOST_TEST_CONTEXT(row.expected << (row.client == Version::http10 ? " to 1.0" : " to 1.1")) {
      const std::string out = sent(response_of(fields), row.framing, with);
      BOOST_TEST(values_of(out, "Connection") == row.expected);
    }
  }
}

BOOST_AUTO_TEST_CASE(drops_the_fields_that_end_at_this_hop) {
  constexpr std::string_view kNames[] = {"Keep-Alive",
                                         "Proxy-Connection",
                                         "TE",
                                         "Upgrade",
                                         "Proxy-Authenticate",
                                         "Proxy-Authorization",
                                         "HTTP2-Settings",
                                         "Trailer",
                                         "Transfer-Encoding",
                                         "Connection"};
  for (const std::string_view name : kNames) {
    const http::Fields fields = fields_of({{"A", "1"}, {name, "x"}, {"B", "2"}});
    BOOST_TEST_CONTEXT(name) {
      BOOST_TEST(values_of(sent(response_of(fields)), name) == "-");
    }
  }
}

BOOST_AUTO_TEST_CASE(drops_the_fields_that_connection_names) {
  const http::Fields fields = fields_of({{"Connection", "x-one, date"},
                                         {"X-One", "1"},
                                         {"X-Two", "2"},
                                         {"Date", "Mon, 07 Nov 1994 08:49:37 GMT"}});
  http::ResponseHead head = response_of(fields);
  head.connection_names_fields = true;
  const std::string out = sent(head);
  BOOST_TEST(values_of(out, "X-One") == "-");
  BOOST_TEST(values_of(out, "X-Two") == "2");
  BOOST_TEST(values_of(out, "Date") == "Mon, 07 Nov 1994 08:49:37 GMT");
}

BOOST_AUTO_TEST_CASE(keeps_trailer_only_where_the_body_is_chunked) {
  const http::Fields fields = fields_of({{"Trailer", "X-Sum"}});
  const http::ResponseHead head = response_of(fields);
  BOOST_TEST(values_of(sent(head, kChunked), "Trailer") == "X-Sum");
  BOOST_TEST(values_of(sent(head, length(1)), "Trailer") == "-");
  BOOST_TEST(values_of(sent(head, kUntilClose), "Trailer") == "-");
}

BOOST_AUTO_TEST_CASE(adds_date_only_where_the_upstream_sent_none) {
  const http::Fields without = fields_of({});
  BOOST_TEST(values_of(sent(response_of(without)), "Date") == kDate);
  const http::Fields with = fields_of({{"date", "Mon, 07 Nov 1994 08:49:37 GMT"}});
  BOOST_TEST(values_of(sent(response_of(with)), "Date") == "Mon, 07 Nov 1994 08:49:37 GMT");
}

BOOST_AUTO_TEST_CASE(appends_itself_to_via) {
  const http::Fields fields = fields_of({{"Via", "1.1 a"}, {"X", "1"}, {"via", "1.0 b"}});
  BOOST_TEST(values_of(sent(response_of(fields)), "Via") == "1.1 a, 1.0 b, 1.1 tidegate");
}

BOOST_AUTO_TEST_CASE(passes_an_upgrade_on) {
  const http::Fields fields = fields_of({{"Connection", "Upgrade"},
                                         {"Upgrade", "websocket"},
                                         {"Sec-WebSocket-Accept", "eA=="},
                                         {"Transfer-Encoding", "chunked"}});
  http::ResponseHead head = response_of(fields, 101, "Switching Protocols");
  head.upgrade = true;
  filter::ResponseFacts with = facts();
  with.keep_alive = false;
  BOOST_TEST(sent(head, kNone, with) ==
             "HTTP/1.1 101 Switching Protocols\r\n"
             "Sec-WebSocket-Accept: eA==\r\n"
             "Connection: upgrade\r\n"
             "Upgrade: websocket\r\n"
             "Via: 1.1 tidegate\r\n"
             "\r\n");
}

BOOST_AUTO_TEST_CASE(tells_which_upgrade_is_required) {
  const http::Fields fields = fields_of({{"Connection", "Upgrade"}, {"Upgrade", "websocket"}});
  const http::ResponseHead head = response_of(fields, 426, "Upgrade Required");
  filter::ResponseFacts with = facts();
  std::string out = sent(head, length(0), with);
  BOOST_TEST(values_of(out, "Connection") == "upgrade");
  BOOST_TEST(values_of(out, "Upgrade") == "websocket");
  with.keep_alive = false;
  out = sent(head, length(0), with);
  BOOST_TEST(values_of(out, "Connection") == "close, upgrade");
  BOOST_TEST(values_of(out, "Upgrade") == "websocket");
}

BOOST_AUTO_TEST_CASE(interim_responses_say_nothing_of_connection_framing_or_date) {
  const http::Fields fields = fields_of({{"Link", "</a.css>; rel=preload"},
                                         {"Connection", "close"},
                                         {"Upgrade", "websocket"},
                                         {"Trailer", "X-Sum"},
                                         {"Content-Length", "3"}});
  filter::ResponseFacts with = facts();
  with.keep_alive = false;
  BOOST_TEST(sent(response_of(fields, 103, "Early Hints"), kNone, with) ==
             "HTTP/1.1 103 Early Hints\r\n"
             "Link: </a.css>; rel=preload\r\n"
             "Via: 1.1 tidegate\r\n"
             "\r\n");
}

BOOST_AUTO_TEST_CASE(sets_adds_and_removes) {
  conf::HeaderChanges changes;
  changes.set = {{"server", "gate"}, {"x-frame-options", "DENY"}};
  changes.add = {{"set-cookie", "z=9"}};
  changes.remove = {"x-powered-by", "via"};
  const std::string out = sent_changed(
      {{"Server", "origin"}, {"Set-Cookie", "a=1"}, {"X-Powered-By", "p"}, {"Via", "1.1 a"}},
      changes);
  BOOST_TEST(values_of(out, "Server") == "gate");
  BOOST_TEST(values_of(out, "X-Frame-Options") == "DENY");
  BOOST_TEST(values_of(out, "Set-Cookie") == "a=1|z=9");
  BOOST_TEST(values_of(out, "X-Powered-By") == "-");
  BOOST_TEST(values_of(out, "Via") == "-");
}

BOOST_AUTO_TEST_CASE(lets_changes_win_over_the_date) {
  conf::HeaderChanges set;
  set.set = {{"date", "now"}};
  BOOST_TEST(values_of(sent_changed({}, set), "Date") == "now");
  BOOST_TEST(values_of(sent_changed({{"Date", "then"}}, set), "Date") == "now");
  conf::HeaderChanges remove;
  remove.remove = {"date"};
  BOOST_TEST(values_of(sent_changed({}, remove), "Date") == "-");
  BOOST_TEST(values_of(sent_changed({{"Date", "then"}}, remove), "Date") == "-");
}

BOOST_AUTO_TEST_CASE(adds_nothing_configured_to_interim_responses) {
  conf::HeaderChanges changes;
  changes.set = {{"x-env", "blue"}};
  changes.add = {{"x-more", "1"}};
  changes.remove = {"x-secret"};
  const std::string out = sent_changed({{"X-Env", "red"}, {"X-Secret", "s"}}, changes, 103);
  BOOST_TEST(values_of(out, "X-Env") == "-");
  BOOST_TEST(values_of(out, "X-More") == "-");
  BOOST_TEST(values_of(out, "X-Secret") == "-");
}

BOOST_AUTO_TEST_CASE(cannot_be_told_to_break_framing_or_the_hop) {
  constexpr std::string_view kNames[] = {"content-length", "transfer-encoding", "connection",
                                         "keep-alive",     "upgrade",           "trailer"};
  const Lines kReceived = {{"A", "1"}};
  const std::string unchanged = sent_changed(kReceived, {});
  for (const std::string_view name : kNames) {
    BOOST_TEST_CONTEXT(name) {
      conf::HeaderChanges changes;
      changes.set = {{std::string(name), "7"}};
      changes.add = {{std::string(name), "8"}};
      changes.remove = {std::string(name)};
      BOOST_TEST(sent_changed(kReceived, changes) == unchanged);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
