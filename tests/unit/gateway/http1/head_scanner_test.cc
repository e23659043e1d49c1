#include "gateway/http1/head_scanner.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "gateway/http1/byte_scan.h"
#include "tests/unit/gateway/http1/every_split.h"

namespace tidegate::gateway::http1 {
namespace {

constexpr std::string_view kHead =
    "GET /a HTTP/1.1\r\nHost: shop.example\r\nAccept:\t*/*\r\nX-Text: caf\xc3\xa9\r\n\r\n";

HeadScanner::Outcome scan_all(const Pieces& pieces, const HeadLimits& limits = {}) {
  HeadScanner scanner;
  std::string received;
  HeadScanner::Outcome outcome;
  for (const std::string_view piece : pieces) {
    received.append(piece);
    const std::vector<char> bytes = exact_copy(received);
    outcome = scanner.scan({bytes.data(), bytes.size()}, limits);
    if (outcome.head_size > 0 || outcome.problem != Reason::none) return outcome;
  }
  return outcome;
}

void expect_at_every_split(std::string_view bytes, std::size_t head_size, Reason problem,
                           const HeadLimits& limits = {}) {
  for_every_split(bytes, [&](const Pieces& pieces) {
    BOOST_TEST_CONTEXT(describe(pieces)) {
      const HeadScanner::Outcome outcome = scan_all(pieces, limits);
      BOOST_TEST(outcome.head_size == head_size);
      BOOST_TEST(name(outcome.problem) == name(problem));
    }
  });
}

BOOST_AUTO_TEST_SUITE(head_scanner)

BOOST_AUTO_TEST_CASE(finds_the_end_at_every_split) {
  expect_at_every_split(kHead, kHead.size(), Reason::none);
  expect_at_every_split("GET / HTTP/1.0\r\n\r\n", 18, Reason::none);
  expect_at_every_split("A\r\n\r\n", 5, Reason::none);
}

BOOST_AUTO_TEST_CASE(does_not_look_beyond_the_end) {
  const std::string with_body = std::string(kHead) + "\n\x01\r\r\n\r\nbody";
  expect_at_every_split(with_body, kHead.size(), Reason::none);
}

BOOST_AUTO_TEST_CASE(finds_the_end_wherever_it_falls_in_a_block) {
  for (std::size_t pad = 0; pad < 3 * kBlockSize; ++pad) {
    for (const std::string_view after : {"", "X", "\r\n\r\n"}) {
      const std::string head = "G / H\r\nX: " + std::string(pad, 'x') + "\r\n\r\n";
      const HeadScanner::Outcome outcome = scan_all({head + std::string(after)});
      BOOST_TEST_CONTEXT(pad << " bytes of padding") {
        BOOST_TEST(outcome.head_size == head.size());
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(waits_while_the_end_is_missing) {
  for (std::size_t size = 0; size < kHead.size(); ++size) {
    BOOST_TEST_CONTEXT(size << " bytes") {
      const HeadScanner::Outcome outcome = scan_all({kHead.substr(0, size)});
      BOOST_TEST(outcome.head_size == 0U);
      BOOST_TEST(name(outcome.problem) == "none");
    }
  }
}

BOOST_AUTO_TEST_CASE(refuses_line_ends_that_are_not_crlf) {
  const std::string_view rows[] = {
      "GET / HTTP/1.1\nHost: a\r\n\r\n",     "GET / HTTP/1.1\rHost: a\r\n\r\n",
      "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\n\n",       "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\n",
      "GET / HTTP/1.1\r\nHost: a\r\n\r\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\rX",
      "GET / HTTP/1.1\r\nHost: a\t\n\t\n",   "GET / HTTP/1.1\r\nHost: a\x0b\n\x0b\n",
      "GET / HTTP/1.1\r\nHost: a\r\nX\n",    "\nGET / HTTP/1.1\r\n\r\n",
  };
  for (const std::string_view bytes : rows) {
    BOOST_TEST_CONTEXT(bytes) {
      expect_at_every_split(bytes, 0, Reason::bad_request);
    }
  }
}

// Found by fuzz_chunked: an LF two bytes after another ended the head whatever stood between them.
BOOST_AUTO_TEST_CASE(a_bare_lf_two_bytes_after_a_line_end_does_not_end_the_head) {
  for (const std::string_view between : {"\t", "X", " ", "\n"}) {
    const std::string bytes = "GET / HTTP/1.1\r\n" + std::string(between) + "\nHost: a\r\n\r\n";
    BOOST_TEST_CONTEXT(bytes) {
      expect_at_every_split(bytes, 0, Reason::bad_request);
    }
  }
}

BOOST_AUTO_TEST_CASE(refuses_control_bytes_wherever_they_stand) {
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool refused = (byte < 0x20 && c != '\t') || byte == 0x7f;
    for (const std::size_t at :
         {std::size_t{0}, std::size_t{5}, std::size_t{24}, std::size_t{45}}) {
      std::string bytes(kHead);
      bytes[at] = c;
      BOOST_TEST_CONTEXT("byte " << byte << " at " << at) {
        const HeadScanner::Outcome outcome = scan_all({bytes});
        BOOST_TEST(name(outcome.problem) == (refused ? "bad_request" : "none"));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(refuses_them_at_once_and_not_when_the_head_is_complete) {
  BOOST_TEST(name(scan_all({"\x16\x03\x01\x02"}).problem) == "bad_request");
  BOOST_TEST(name(scan_all({"GET / HTTP/1.1\n"}).problem) == "bad_request");
  BOOST_TEST(name(scan_all({"GET / HTTP/1.1\r\nHost: \x01"}).problem) == "bad_request");
}

BOOST_AUTO_TEST_CASE(refuses_an_empty_first_line) {
  expect_at_every_split("\r\nGET / HTTP/1.1\r\n\r\n", 0, Reason::bad_request);
}

BOOST_AUTO_TEST_CASE(a_head_may_be_as_large_as_its_limit) {
  HeadLimits limits;
  limits.head_bytes = static_cast<std::uint32_t>(kHead.size());
  expect_at_every_split(kHead, kHead.size(), Reason::none, limits);
  --limits.head_bytes;
  expect_at_every_split(kHead, 0, Reason::head_too_large, limits);
}

BOOST_AUTO_TEST_CASE(a_head_is_too_large_as_soon_as_it_cannot_fit) {
  HeadLimits limits;
  limits.head_bytes = 64;
  const std::string bytes = "GET / HTTP/1.1\r\nX: " + std::string(64, 'x');
  BOOST_TEST(name(scan_all({std::string_view(bytes).substr(0, 63)}, limits).problem) == "none");
  BOOST_TEST(name(scan_all({std::string_view(bytes).substr(0, 64)}, limits).problem) ==
             "head_too_large");
}

BOOST_AUTO_TEST_CASE(a_first_line_may_be_64_bytes_longer_than_a_target) {
  HeadLimits limits;
  limits.target_bytes = 10;
  const std::string longest(74, 'x');
  expect_at_every_split(longest + "\r\n\r\n", 78, Reason::none, limits);
  expect_at_every_split(longest + "x\r\n\r\n", 0, Reason::target_too_long, limits);
}

BOOST_AUTO_TEST_CASE(a_first_line_is_too_long_before_it_ends) {
  HeadLimits limits;
  limits.target_bytes = 10;
  BOOST_TEST(name(scan_all({std::string(75, 'x')}, limits).problem) == "none");
  BOOST_TEST(name(scan_all({std::string(76, 'x')}, limits).problem) == "target_too_long");
}

BOOST_AUTO_TEST_CASE(the_smaller_limit_names_the_problem) {
  HeadLimits limits;
  limits.target_bytes = 1000;
  limits.head_bytes = 100;
  expect_at_every_split(std::string(200, 'x'), 0, Reason::head_too_large, limits);
}

BOOST_AUTO_TEST_CASE(reset_begins_the_next_head) {
  HeadScanner scanner;
  BOOST_TEST(scanner.scan(kHead, {}).head_size == kHead.size());
  scanner.reset();
  BOOST_TEST(scanner.scan("A\r\n\r\n", {}).head_size == 5U);
}

BOOST_AUTO_TEST_CASE(counts_at_most_two_empty_lines_in_front) {
  BOOST_TEST(HeadScanner::leading_crlf("") == 0U);
  BOOST_TEST(HeadScanner::leading_crlf("GET") == 0U);
  BOOST_TEST(HeadScanner::leading_crlf("\r") == 0U);
  BOOST_TEST(HeadScanner::leading_crlf("\n") == 0U);
  BOOST_TEST(HeadScanner::leading_crlf("\r\n") == 2U);
  BOOST_TEST(HeadScanner::leading_crlf("\r\n\r") == 2U);
  BOOST_TEST(HeadScanner::leading_crlf("\r\n\r\nGET") == 4U);
  BOOST_TEST(HeadScanner::leading_crlf("\r\n\r\n\r\nGET") == 4U);
}

BOOST_AUTO_TEST_CASE(a_lone_cr_leaves_the_scanner_as_it_was) {
  HeadScanner scanner;
  const HeadScanner::Outcome outcome = scanner.scan("\r", {});
  BOOST_TEST(name(outcome.problem) == "none");
  BOOST_TEST(HeadScanner::leading_crlf("\r\n") == 2U);
  BOOST_TEST(scanner.scan(kHead, {}).head_size == kHead.size());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::gateway::http1
