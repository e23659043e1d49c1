#include "gateway/http1/body_decoder.h"

#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "tests/unit/gateway/http1/every_split.h"

namespace tidegate::gateway::http1 {
namespace {

using http::Framing;
using Kind = Framing::Kind;

struct Decoded {
  std::string content;
  std::string trailers;
  std::size_t consumed = 0;
  bool done = false;
  Reason problem = Reason::none;
};

// What a caller does: it gives each piece until nothing more is taken.
void feed(BodyDecoder& decoder, std::string_view piece, Decoded& decoded) {
  const std::vector<char> bytes = exact_copy(piece);
  std::string_view rest(bytes.data(), bytes.size());
  while (!rest.empty() && !decoded.done && decoded.problem == Reason::none) {
    const BodyDecoder::Step step = decoder.next(rest);
    BOOST_TEST((step.data.empty() ||
                (step.data.data() >= rest.data() &&
                 step.data.data() + step.data.size() <= rest.data() + step.consumed)));
    BOOST_TEST((step.consumed > 0 || step.done || step.problem != Reason::none));
    decoded.content.append(step.data);
    decoded.consumed += step.consumed;
    decoded.done = step.done;
    decoded.problem = step.problem;
    rest.remove_prefix(step.consumed);
  }
}

Decoded decode(Framing framing, const Pieces& pieces) {
  BodyDecoder decoder;
  decoder.start(framing);
  Decoded decoded;
  for (const std::string_view piece : pieces) feed(decoder, piece, decoded);
  BOOST_TEST(decoder.done() == decoded.done);
  if (decoded.done) decoded.trailers = decoder.trailers();
  return decoded;
}

void expect_content(Framing framing, std::string_view bytes, std::string_view content,
                    std::size_t size, std::string_view trailers = "") {
  for_every_split(bytes, [&](const Pieces& pieces) {
    BOOST_TEST_CONTEXT(describe(pieces)) {
      const Decoded decoded = decode(framing, pieces);
      BOOST_TEST(name(decoded.problem) == "none");
      BOOST_TEST(decoded.done);
      BOOST_TEST(decoded.content == content);
      BOOST_TEST(decoded.consumed == size);
      BOOST_TEST(decoded.trailers == trailers);
    }
  });
}

void expect_chunked(std::string_view bytes, std::string_view content,
                    std::string_view trailers = "\r\n") {
  const std::string with_next = std::string(bytes) + "GET /";  // never touched
  expect_content({Kind::chunked}, with_next, content, bytes.size(), trailers);
}

void expect_refused(std::string_view bytes, std::string_view content,
                    Reason problem = Reason::bad_chunk) {
  for_every_split(bytes, [&](const Pieces& pieces) {
    BOOST_TEST_CONTEXT(describe(pieces)) {
      const Decoded decoded = decode({Kind::chunked}, pieces);
      BOOST_TEST(name(decoded.problem) == name(problem));
      BOOST_TEST(!decoded.done);
      BOOST_TEST(decoded.content == content);
    }
  });
}

std::string hex_chunk(std::string_view content) {
  char size[20];
  std::snprintf(size, sizeof size, "%zx", content.size());
  return std::string(size) + "\r\n" + std::string(content) + "\r\n";
}

BOOST_AUTO_TEST_SUITE(body_decoder)

BOOST_AUTO_TEST_CASE(a_body_of_a_length_ends_there_at_every_split) {
  expect_content({Kind::length, 11}, "hello worldGET /", "hello world", 11);
  expect_content({Kind::length, 1}, "x", "x", 1);
}

BOOST_AUTO_TEST_CASE(no_body_is_done_at_once) {
  for (const Framing framing : {Framing{}, Framing{Kind::length, 0}}) {
    BodyDecoder decoder;
    decoder.start(framing);
    BOOST_TEST(decoder.done());
    BOOST_TEST(decoder.finish_at_eof());
    const BodyDecoder::Step step = decoder.next("GET /");
    BOOST_TEST(step.done);
    BOOST_TEST(step.consumed == 0U);
    BOOST_TEST(decoder.trailers() == "");
  }
}

BOOST_AUTO_TEST_CASE(a_body_until_close_ends_at_eof_only) {
  BodyDecoder decoder;
  decoder.start({Kind::until_close});
  const BodyDecoder::Step step = decoder.next("0\r\n\r\n");
  BOOST_TEST(step.data == "0\r\n\r\n");
  BOOST_TEST(!step.done);
  BOOST_TEST(decoder.finish_at_eof());
  BOOST_TEST(decoder.done());
}

BOOST_AUTO_TEST_CASE(eof_before_the_end_is_no_proper_end) {
  BodyDecoder decoder;
  decoder.start({Kind::length, 5});
  decoder.next("1234");
  BOOST_TEST(!decoder.finish_at_eof());
  for (const std::string_view bytes : {"", "5", "5\r\nhello", "5\r\nhello\r\n", "0\r\n", "0\r\n\r",
                                       "0\r\nA: b\r\n", "0\r\nA: b\r\n\r"}) {
    decoder.start({Kind::chunked});
    decoder.next(bytes);
    BOOST_TEST_CONTEXT(bytes) {
      BOOST_TEST(!decoder.finish_at_eof());
    }
  }
}

BOOST_AUTO_TEST_CASE(chunks_are_joined_at_every_split) {
  expect_chunked("0\r\n\r\n", "");
  expect_chunked("5\r\nhello\r\n0\r\n\r\n", "hello");
  expect_chunked("5\r\nhello\r\n6\r\n world\r\n1\r\n!\r\n0\r\n\r\n", "hello world!");
  expect_chunked("a\r\n0123456789\r\nA\r\n0123456789\r\n000\r\n\r\n", "01234567890123456789");
  expect_chunked("0000000000000005\r\n\r\n\r\n\r\r\n0\r\n\r\n", "\r\n\r\n\r");
}

BOOST_AUTO_TEST_CASE(extensions_are_skipped_at_every_split) {
  expect_chunked("3;a\r\nabc\r\n0;b=\"x; y\"\r\n\r\n", "abc");
  expect_chunked("3;\r\nabc\r\n0;\xc3\xa9\t \r\n\r\n", "abc");
}

BOOST_AUTO_TEST_CASE(trailers_are_kept_at_every_split) {
  expect_chunked("3\r\nabc\r\n0\r\nA: b\r\n\r\n", "abc", "A: b\r\n\r\n");
  expect_chunked("0\r\nA: b\r\nLonger-Than-A-Lane: \tvalue\r\n\r\n", "",
                 "A: b\r\nLonger-Than-A-Lane: \tvalue\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(a_small_body_is_one_step) {
  BodyDecoder decoder;
  decoder.start({Kind::chunked});
  const BodyDecoder::Step step = decoder.next("5\r\nhello\r\n0\r\n\r\n");
  BOOST_TEST(step.data == "hello");
  BOOST_TEST(step.consumed == 15U);
  BOOST_TEST(step.done);
}

BOOST_AUTO_TEST_CASE(sizes_that_are_no_plain_hex_numbers) {
  for (const std::string_view bytes : {"\r\n",
                                       "\n",
                                       " 5\r\n",
                                       "5 \r\n",
                                       "5\t\r\n",
                                       "5 ;a\r\n",
                                       "+5\r\n",
                                       "-5\r\n",
                                       "0x5\r\n",
                                       "g\r\n",
                                       "5g\r\n",
                                       ";a\r\n",
                                       "5,\r\n",
                                       "5\x0b\r\n",
                                       "5_0\r\n",
                                       "\"5\"\r\n",
                                       "00000000000000005\r\n",
                                       "8000000000000000\r\n",
                                       "ffffffffffffffff\r\n",
                                       "10000000000000005\r\n"}) {
    BOOST_TEST_CONTEXT(bytes) {
      expect_refused(bytes, "");
    }
  }
  expect_refused(std::string_view("\0", 1), "");
}

BOOST_AUTO_TEST_CASE(line_ends_that_are_not_crlf) {
  expect_refused("5\nhello\r\n0\r\n\r\n", "");
  expect_refused("5\rhello\r\n0\r\n\r\n", "");
  expect_refused("5\r\rhello\r\n0\r\n\r\n", "");
  expect_refused("5;a\nhello\r\n0\r\n\r\n", "");
  expect_refused("5;a\rb\r\nhello\r\n0\r\n\r\n", "");
  expect_refused("5\r\nhello\n0\r\n\r\n", "hello");
  expect_refused("5\r\nhello\r0\r\n\r\n", "hello");
  expect_refused("0\r\n\n", "");
  expect_refused("0\r\n\rX", "");
  expect_refused("0\r\nA: b\n\r\n", "");
  expect_refused("0\r\nA: b\r\n\t\n", "");  // found by fuzz_chunked
  expect_refused("0\r\nA: b\rC\r\n\r\n", "");
}

BOOST_AUTO_TEST_CASE(data_that_is_longer_than_its_size) {
  expect_refused("5\r\nhello!\r\n0\r\n\r\n", "hello");
  expect_refused("5\r\nhelloworld", "hello");
  expect_refused("5\r\nhello0\r\n\r\n", "hello");
}

BOOST_AUTO_TEST_CASE(data_before_a_fault_is_delivered_first) {
  BodyDecoder decoder;
  decoder.start({Kind::chunked});
  const BodyDecoder::Step first = decoder.next("5\r\nhelloX");
  BOOST_TEST(first.data == "hello");
  BOOST_TEST(first.consumed == 8U);
  BOOST_TEST(name(first.problem) == "none");
  const BodyDecoder::Step second = decoder.next("X");
  BOOST_TEST(name(second.problem) == "bad_chunk");
  BOOST_TEST(second.consumed == 0U);
}

BOOST_AUTO_TEST_CASE(control_bytes_in_extensions) {
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    if (c == '\t' || c == '\r' || (byte >= 0x20 && byte != 0x7f)) continue;
    BOOST_TEST_CONTEXT("byte " << byte) {
      expect_refused(std::string("5;a") + c + "\r\nhello\r\n", "");
    }
  }
}

BOOST_AUTO_TEST_CASE(extensions_have_a_limit_for_each_chunk) {
  const std::string longest(256, 'x');
  const std::string body = "1;" + longest + "\r\na\r\n1;" + longest + "\r\nb\r\n0\r\n\r\n";
  const Decoded decoded = decode({Kind::chunked}, {body});
  BOOST_TEST(decoded.content == "ab");
  BOOST_TEST(decoded.done);
  expect_refused("1;" + longest + "x\r\na\r\n", "");
}

BOOST_AUTO_TEST_CASE(trailers_have_a_limit) {
  const std::string line = "A: " + std::string(1019, 'x') + "\r\n";  // 1 KiB
  std::string section;
  for (int i = 0; i < 7; ++i) section.append(line);
  const std::string fits = section + "A: " + std::string(1017, 'x') + "\r\n\r\n";
  BOOST_TEST(decode({Kind::chunked}, {"0\r\n" + fits}).done);
  const std::string too_large = section + "A: " + std::string(1018, 'x') + "\r\n\r\n";
  const Decoded refused = decode({Kind::chunked}, {"0\r\n" + too_large});
  BOOST_TEST(!refused.done);
  BOOST_TEST(name(refused.problem) == "head_too_large");
}

BOOST_AUTO_TEST_CASE(an_endless_trailer_line_is_refused_at_the_limit) {
  BodyDecoder decoder;
  decoder.start({Kind::chunked});
  Decoded decoded;
  feed(decoder, "0\r\nA", decoded);
  const std::string more(1000, 'x');
  for (int i = 0; i < 8; ++i) feed(decoder, more, decoded);
  BOOST_TEST(name(decoded.problem) == "none");
  feed(decoder, more, decoded);
  BOOST_TEST(name(decoded.problem) == "head_too_large");
}

BOOST_AUTO_TEST_CASE(control_bytes_in_trailers) {
  expect_refused("0\r\nA: \x01\r\n\r\n", "");
  expect_refused(std::string_view("0\r\nA: \0\r\n\r\n", 11), "");
  expect_refused("0\r\n\x7f: b\r\n\r\n", "");
}

BOOST_AUTO_TEST_CASE(the_largest_size_is_accepted) {
  BodyDecoder decoder;
  decoder.start({Kind::chunked});
  const BodyDecoder::Step step = decoder.next("7fffffffffffffff\r\nabc");
  BOOST_TEST(step.data == "abc");
  BOOST_TEST(name(step.problem) == "none");
  BOOST_TEST(decoder.next("more").data == "more");
}

BOOST_AUTO_TEST_CASE(a_problem_stays_until_the_next_start) {
  BodyDecoder decoder;
  decoder.start({Kind::chunked});
  BOOST_TEST(name(decoder.next("x").problem) == "bad_chunk");
  BOOST_TEST(name(decoder.next("5\r\nhello").problem) == "bad_chunk");
  BOOST_TEST(!decoder.finish_at_eof());
  decoder.start({Kind::chunked});
  BOOST_TEST(decoder.next("5\r\nhello\r\n0\r\n\r\n").done);
}

BOOST_AUTO_TEST_CASE(the_next_start_forgets_trailers) {
  BodyDecoder decoder;
  decoder.start({Kind::chunked});
  BOOST_TEST(decoder.next("0\r\nA: b\r\n\r\n").done);
  BOOST_TEST(decoder.trailers() == "A: b\r\n\r\n");
  decoder.start({Kind::chunked});
  BOOST_TEST(decoder.next("0\r\n\r\n").done);
  BOOST_TEST(decoder.trailers() == "\r\n");
  decoder.start({Kind::length, 1});
  BOOST_TEST(decoder.trailers() == "");
  BOOST_TEST(!decoder.is_chunked());
}

BOOST_AUTO_TEST_CASE(many_chunks_of_every_size_are_joined) {
  std::string content;
  std::string body;
  for (std::size_t size = 1; size < 300; ++size) {
    const std::string chunk(size, static_cast<char>('a' + size % 26));
    content.append(chunk);
    body.append(hex_chunk(chunk));
  }
  body.append("0\r\n\r\n");
  for (const std::size_t step : {1U, 7U, 100U, 4096U}) {
    Pieces pieces;
    for (std::size_t at = 0; at < body.size(); at += step) {
      pieces.push_back(std::string_view(body).substr(at, step));
    }
    const Decoded decoded = decode({Kind::chunked}, pieces);
    BOOST_TEST_CONTEXT("pieces of " << step) {
      BOOST_TEST(decoded.done);
      BOOST_TEST((decoded.content == content));
    }
  }
}

BOOST_AUTO_TEST_CASE(stays_compact) {
  BOOST_TEST(sizeof(BodyDecoder) <= 24U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::gateway::http1
