#include "admin/demo_origin.h"

#include <array>
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/unit/admin/loopback.h"

using namespace tidegate;
using namespace tidegate::admin;
using nlohmann::json;

namespace {

struct Fixture {
  Fixture() {
    TG_CHECK(poller.open().ok());
    TG_CHECK(origin.open(any_port()).ok());
  }
  std::string ask(const std::string& line, const std::string& more = "", bool with_body = true) {
    LoopbackClient client(poller, origin.local_address());
    client.send(line + " HTTP/1.1\r\nHost: demo\r\n" + more + "\r\n");
    return client.receive_response(with_body);
  }

  reactor::Poller poller;
  DemoOrigin origin{poller, "http://127.0.0.1:9901"};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(demo_origin, Fixture)

BOOST_AUTO_TEST_CASE(greets_with_what_arrived_and_where_to_go_on) {
  const std::string response = ask("GET /", "X-Test: yes\r\n");
  BOOST_TEST(response.find("\r\nContent-Type: text/plain; charset=utf-8\r\n") != std::string::npos);
  BOOST_TEST(response.find("GET /\nHost: demo\nX-Test: yes\n") != std::string::npos);
  BOOST_TEST(response.find("http://127.0.0.1:9901/") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(greets_browsers_in_html_and_escapes_what_they_sent) {
  const std::string response = ask("GET /", "Accept: text/html\r\nX-Test: <script>&\"'\r\n");
  BOOST_TEST(response.find("\r\nContent-Type: text/html; charset=utf-8\r\n") != std::string::npos);
  BOOST_TEST(response.find("X-Test: &lt;script&gt;&amp;&quot;&#39;") != std::string::npos);
  BOOST_TEST(response.find("<script>") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(answers_with_the_status_asked_for) {
  BOOST_TEST(status_line_of(ask("GET /status/503")) == "HTTP/1.1 503 Service Unavailable");
  const std::string empty = ask("GET /status/204", "", false);
  BOOST_TEST(status_line_of(empty) == "HTTP/1.1 204 No Content");
  BOOST_TEST(empty.find("Content-Length") == std::string::npos);
  BOOST_TEST(body_of(empty).empty());
}

BOOST_AUTO_TEST_CASE(sends_as_many_bytes_as_asked_for) {
  for (const std::size_t count : {std::size_t{0}, std::size_t{1}, DemoOrigin::kMostBytes}) {
    BOOST_TEST_CONTEXT(count) {
      BOOST_TEST(body_of(ask("GET /bytes/" + std::to_string(count))).size() == count);
    }
  }
}

BOOST_AUTO_TEST_CASE(shows_the_request_as_json_on_every_other_path) {
  for (const char* path : {"/x?y=1", "/status/99", "/status/600", "/status/2x", "/bytes/1048577",
                           "/bytes/", "/bytes/-1"}) {
    BOOST_TEST_CONTEXT(path) {
      const json facts = json::parse(body_of(ask("PUT " + std::string(path), "A: b\r\n")));
      BOOST_TEST(facts["method"] == "PUT");
      BOOST_TEST(facts["target"] == path);
      BOOST_TEST(facts["protocol"] == "HTTP/1.1");
      BOOST_TEST(facts["fields"][1]["name"] == "A");
      BOOST_TEST(facts["fields"][1]["value"] == "b");
    }
  }
}

BOOST_AUTO_TEST_CASE(stays_json_when_a_field_is_no_utf8) {
  const json facts = json::parse(body_of(ask("GET /x", "A: \xff\r\n")));
  BOOST_TEST(facts["fields"][1]["value"] == "\xef\xbf\xbd");
}

BOOST_AUTO_TEST_CASE(reads_and_measures_a_body_up_to_a_megabyte) {
  LoopbackClient client(poller, origin.local_address());
  const std::string length = std::to_string(DemoOrigin::kMostBytes);
  client.send("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: " + length + "\r\n\r\n");
  client.send(std::string(DemoOrigin::kMostBytes, 'x'));
  BOOST_TEST(json::parse(body_of(client.receive_response()))["body_bytes"] ==
             DemoOrigin::kMostBytes);
  client.send("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 1048577\r\n\r\n");
  BOOST_TEST(status_line_of(client.receive_to_end()) == "HTTP/1.1 413 Content Too Large");
}

BOOST_AUTO_TEST_CASE(leaves_the_body_out_for_head) {
  const std::string response = ask("HEAD /bytes/1000", "", false);
  BOOST_TEST(response.find("\r\nContent-Length: 1000\r\n") != std::string::npos);
  BOOST_TEST(body_of(response).empty());
}

BOOST_AUTO_TEST_SUITE_END()
