#include "gateway/http1/encoder.h"

#include <boost/test/unit_test.hpp>
#include <limits>
#include <string>

namespace tidegate::gateway::http1 {
namespace {

BOOST_AUTO_TEST_SUITE(encoder)

BOOST_AUTO_TEST_CASE(writes_a_request_head) {
  std::string out;
  append_request_line(out, "GET", "/a?b");
  append_field(out, "Host", "shop.example");
  append_field(out, "X-Empty", "");
  BOOST_TEST(out == "GET /a?b HTTP/1.1\r\nHost: shop.example\r\nX-Empty: \r\n");
}

BOOST_AUTO_TEST_CASE(writes_the_phrase_given_or_else_the_standard_one) {
  std::string out;
  append_status_line(out, 200, "Fine");
  append_status_line(out, 404, "");
  append_status_line(out, 799, "");
  BOOST_TEST(out == "HTTP/1.1 200 Fine\r\nHTTP/1.1 404 Not Found\r\nHTTP/1.1 799 Unknown\r\n");
}

BOOST_AUTO_TEST_CASE(writes_numbers_of_every_size) {
  std::string out;
  append_field(out, "Content-Length", std::uint64_t{0});
  append_field(out, "Content-Length", std::numeric_limits<std::uint64_t>::max());
  BOOST_TEST(out == "Content-Length: 0\r\nContent-Length: 18446744073709551615\r\n");
}

BOOST_AUTO_TEST_CASE(writes_chunk_sizes_in_hex) {
  BOOST_TEST(ChunkHeader(0).text() == "0\r\n");
  BOOST_TEST(ChunkHeader(0xf).text() == "f\r\n");
  BOOST_TEST(ChunkHeader(0x10).text() == "10\r\n");
  BOOST_TEST(ChunkHeader(0x1a2b).text() == "1a2b\r\n");
  BOOST_TEST(ChunkHeader(std::numeric_limits<std::uint64_t>::max()).text() ==
             "ffffffffffffffff\r\n");
}

BOOST_AUTO_TEST_CASE(a_copied_chunk_header_has_its_own_text) {
  const ChunkHeader original(0x1a);
  const ChunkHeader copy = original;
  BOOST_TEST(copy.text() == "1a\r\n");
  BOOST_TEST((copy.text().data() != original.text().data()));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::gateway::http1
