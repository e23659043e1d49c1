#include "gateway/http/hop_by_hop.h"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string_view>

namespace tidegate::gateway::http {
namespace {

Field field(std::string_view name, std::string_view value = "x") {
  return {name, value, classify(name)};
}

bool names(std::string_view connection, std::string_view name) {
  const auto fields = std::make_unique<Fields>();
  fields->push_back(field("Connection", connection));
  return connection_names(*fields, field(name));
}

BOOST_AUTO_TEST_SUITE(hop_by_hop)

BOOST_AUTO_TEST_CASE(connection_fields_end_at_this_hop) {
  for (const std::string_view name :
       {"Connection", "Keep-Alive", "Proxy-Connection", "TE", "Transfer-Encoding", "Upgrade",
        "HTTP2-Settings", "Proxy-Authenticate", "Proxy-Authorization", "Trailer"}) {
    BOOST_TEST_CONTEXT(name) {
      BOOST_TEST(is_hop_by_hop(classify(name)));
    }
  }
  for (const std::string_view name : {"Host", "Content-Length", "Via", "Date", "X-Other"}) {
    BOOST_TEST_CONTEXT(name) {
      BOOST_TEST(!is_hop_by_hop(classify(name)));
    }
  }
}

BOOST_AUTO_TEST_CASE(connection_takes_out_the_fields_it_names) {
  BOOST_TEST(names("X-Secret", "x-secret"));
  BOOST_TEST(names("close, X-SECRET ,x", "X-Secret"));
  BOOST_TEST(!names("X-Secret-2", "X-Secret"));
  BOOST_TEST(!names("close", "X-Secret"));
  BOOST_TEST(!names("X-Secret;q=1", "X-Secret"));
}

BOOST_AUTO_TEST_CASE(every_connection_field_counts) {
  const auto fields = std::make_unique<Fields>();
  fields->push_back(field("Connection", "close"));
  fields->push_back(field("X-A"));
  fields->push_back(field("Connection", "x-a"));
  BOOST_TEST(connection_names(*fields, (*fields)[1]));
}

BOOST_AUTO_TEST_CASE(a_field_elsewhere_names_nothing) {
  const auto fields = std::make_unique<Fields>();
  fields->push_back(field("X-Connection", "x-a"));
  BOOST_TEST(!connection_names(*fields, field("X-A")));
}

BOOST_AUTO_TEST_CASE(a_stranger_cannot_strip_end_to_end_fields) {
  for (const std::string_view name : {"Host",
                                      "Content-Length",
                                      "Content-Type",
                                      "Content-Encoding",
                                      "Date",
                                      "Expect",
                                      "Via",
                                      "X-Forwarded-For",
                                      "X-Forwarded-Host",
                                      "X-Forwarded-Proto",
                                      "X-Forwarded-Port",
                                      "X-Request-Id",
                                      "X-Real-IP",
                                      "Forwarded",
                                      "Authorization",
                                      "Cookie",
                                      "Set-Cookie",
                                      "Cache-Control",
                                      "Server",
                                      "Referer",
                                      "User-Agent"}) {
    BOOST_TEST_CONTEXT(name) {
      BOOST_TEST(!names(name, name));
    }
  }
}

BOOST_AUTO_TEST_CASE(trailers_may_not_change_how_the_message_is_read) {
  for (const std::string_view name : {"Transfer-Encoding",
                                      "Content-Length",
                                      "Host",
                                      "Trailer",
                                      "Connection",
                                      "Keep-Alive",
                                      "TE",
                                      "Upgrade",
                                      "Authorization",
                                      "Proxy-Authorization",
                                      "WWW-Authenticate",
                                      "Cookie",
                                      "Set-Cookie",
                                      "Content-Type",
                                      "Content-Encoding",
                                      "Content-Range",
                                      "Cache-Control",
                                      "Expires",
                                      "Location",
                                      "Vary",
                                      "Age",
                                      "Range",
                                      "If-Match",
                                      "if-none-match",
                                      "Max-Forwards",
                                      "Expect",
                                      "Date",
                                      "X-Forwarded-For",
                                      "X-Forwarded-Port",
                                      "Forwarded",
                                      "Via"}) {
    BOOST_TEST_CONTEXT(name) {
      BOOST_TEST(!may_be_trailer(field(name)));
    }
  }
}

BOOST_AUTO_TEST_CASE(other_trailers_may_be_forwarded) {
  for (const std::string_view name : {"grpc-status", "grpc-message", "Digest", "Server-Timing",
                                      "ETag", "X-Checksum", "If", "C"}) {
    BOOST_TEST_CONTEXT(name) {
      BOOST_TEST(may_be_trailer(field(name)));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::gateway::http
