#include "gateway/failure.h"

#include <boost/test/unit_test.hpp>
#include <set>
#include <string>

#include "gateway/http/status.h"

using namespace tidegate::gateway;

namespace {

bool is_snake_case(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text) {
    if ((c < 'a' || c > 'z') && c != '_') return false;
  }
  return true;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(failure)

BOOST_AUTO_TEST_CASE(every_reason_has_a_name_of_its_own) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    const std::string text(name(static_cast<Reason>(i)));
    BOOST_TEST_CONTEXT("reason " << i) {
      BOOST_TEST(is_snake_case(text));
      BOOST_TEST(names.insert(text).second);
    }
  }
}

BOOST_AUTO_TEST_CASE(only_a_good_end_and_silence_are_nobodys_doing) {
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    const auto reason = static_cast<Reason>(i);
    const bool nobody = reason == Reason::none || reason == Reason::idle_timeout ||
                        reason == Reason::tunnel_timeout;
    BOOST_TEST_CONTEXT(name(reason)) {
      BOOST_TEST((side(reason) == Side::none) == nobody);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_status_says_whose_fault_it_was) {
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    const auto reason = static_cast<Reason>(i);
    const std::uint16_t status = status_for(reason);
    if (status == 0) continue;
    BOOST_TEST_CONTEXT(name(reason)) {
      BOOST_TEST(http::reason_phrase(status) != "Unknown");
      if (side(reason) == Side::upstream) BOOST_TEST((status == 502 || status == 504));
      if (side(reason) == Side::gateway) BOOST_TEST((status == 503 || status == 404));
      if (side(reason) == Side::client)
        BOOST_TEST((status < 500 || status == 501 || status == 505));
      BOOST_TEST((side(reason) != Side::none));
    }
  }
}

BOOST_AUTO_TEST_CASE(the_statuses_are_those_documented) {
  const struct {
    Reason reason;
    std::uint16_t status;
  } rows[] = {
      {Reason::none, 0},
      {Reason::bad_request, 400},
      {Reason::ambiguous_framing, 400},
      {Reason::bad_chunk, 400},
      {Reason::bad_host, 400},
      {Reason::target_too_long, 414},
      {Reason::head_too_large, 431},
      {Reason::body_too_large, 413},
      {Reason::unknown_coding, 501},
      {Reason::unknown_method, 501},
      {Reason::bad_version, 505},
      {Reason::expectation_failed, 417},
      {Reason::client_header_timeout, 408},
      {Reason::client_body_timeout, 408},
      {Reason::client_closed, 0},
      {Reason::client_reset, 0},
      {Reason::client_stalled, 0},
      {Reason::no_route, 404},
      {Reason::listener_limit, 0},
      {Reason::queue_full, 503},
      {Reason::queue_timeout, 503},
      {Reason::no_endpoint, 503},
      {Reason::draining, 503},
      {Reason::out_of_resources, 503},
      {Reason::connect_refused, 502},
      {Reason::connect_unreachable, 502},
      {Reason::connect_timeout, 504},
      {Reason::connect_error, 502},
      {Reason::upstream_reset, 502},
      {Reason::upstream_closed, 502},
      {Reason::upstream_bad_head, 502},
      {Reason::upstream_bad_body, 502},
      {Reason::upstream_short_body, 502},
      {Reason::request_timeout, 504},
      {Reason::upstream_stalled, 504},
      {Reason::idle_timeout, 0},
      {Reason::tunnel_timeout, 0},
  };
  BOOST_TEST(std::size(rows) == kReasonCount);
  for (const auto& row : rows) {
    BOOST_TEST_CONTEXT(name(row.reason)) {
      BOOST_TEST(status_for(row.reason) == row.status);
    }
  }
}

BOOST_AUTO_TEST_CASE(sides_have_names) {
  BOOST_TEST(name(Side::none) == "none");
  BOOST_TEST(name(Side::client) == "client");
  BOOST_TEST(name(Side::upstream) == "upstream");
  BOOST_TEST(name(Side::gateway) == "gateway");
}

BOOST_AUTO_TEST_SUITE_END()
