#include "gateway/http/framing.h"

#include <array>
#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>
#include <vector>

namespace tidegate::gateway::http {
namespace {

using Kind = Framing::Kind;

struct Pair {
  std::string_view name;
  std::string_view value;
};

// A head with the given fields; it owns their table.
class Head {
 public:
  explicit Head(const std::vector<Pair>& pairs) {
    for (const Pair& pair : pairs) fields_->push_back({pair.name, pair.value, classify(pair.name)});
  }

  [[nodiscard]] FramingDecision of_request(Version version = Version::http11) const {
    RequestHead head;
    head.version = version;
    head.fields = fields_.get();
    return request_framing(head);
  }

  [[nodiscard]] FramingDecision of_response(std::uint16_t status, Method method = Method::get,
                                            Version version = Version::http11) const {
    ResponseHead head;
    head.status = status;
    head.version = version;
    head.fields = fields_.get();
    return response_framing(head, method);
  }

 private:
  std::unique_ptr<Fields> fields_ = std::make_unique<Fields>();
};

struct Row {
  std::vector<Pair> fields;
  Reason problem;
};

const std::vector<Row> kRefused = {
    // both, in either order and however harmless each looks
    {{{"Content-Length", "5"}, {"Transfer-Encoding", "chunked"}}, Reason::ambiguous_framing},
    {{{"Transfer-Encoding", "chunked"}, {"Content-Length", "5"}}, Reason::ambiguous_framing},
    {{{"Content-Length", "0"}, {"Transfer-Encoding", "chunked"}}, Reason::ambiguous_framing},
    {{{"Content-Length", "5"}, {"Transfer-Encoding", "identity"}}, Reason::ambiguous_framing},
    {{{"Content-Length", "5"}, {"Transfer-Encoding", ""}}, Reason::ambiguous_framing},
    {{{"Content-Length", "x"}, {"Transfer-Encoding", "chunked"}}, Reason::ambiguous_framing},
    // two lengths
    {{{"Content-Length", "5"}, {"Content-Length", "6"}}, Reason::ambiguous_framing},
    {{{"Content-Length", "5"}, {"Content-Length", "5"}}, Reason::ambiguous_framing},
    {{{"Content-Length", "5"}, {"X", "y"}, {"content-LENGTH", "5"}}, Reason::ambiguous_framing},
    {{{"Content-Length", ""}, {"Content-Length", "5"}}, Reason::ambiguous_framing},
    {{{"Content-Length", "5, 5"}}, Reason::ambiguous_framing},
    {{{"Content-Length", "5,6"}}, Reason::ambiguous_framing},
    {{{"Content-Length", "5,"}}, Reason::ambiguous_framing},
    // no number
    {{{"Content-Length", ""}}, Reason::ambiguous_framing},
    {{{"Content-Length", "+5"}}, Reason::ambiguous_framing},
    {{{"Content-Length", "-0"}}, Reason::ambiguous_framing},
    {{{"Content-Length", "-5"}}, Reason::ambiguous_framing},
    {{{"Content-Length", "0x5"}}, Reason::ambiguous_framing},
    {{{"Content-Length", "5 "}}, Reason::ambiguous_framing},
    {{{"Content-Length", " 5"}}, Reason::ambiguous_framing},
    {{{"Content-Length", "5 5"}}, Reason::ambiguous_framing},
    {{{"Content-Length", "5.0"}}, Reason::ambiguous_framing},
    {{{"Content-Length", "5e1"}}, Reason::ambiguous_framing},
    {{{"Content-Length", "\"5\""}}, Reason::ambiguous_framing},
    {{{"Content-Length", "5_0"}}, Reason::ambiguous_framing},
    {{{"Content-Length", "\xd9\xa5"}}, Reason::ambiguous_framing},  // a five, but not ASCII's
    {{{"Content-Length", "abc"}}, Reason::ambiguous_framing},
    // too large
    {{{"Content-Length", "9223372036854775808"}}, Reason::ambiguous_framing},
    {{{"Content-Length", "18446744073709551616"}}, Reason::ambiguous_framing},
    {{{"Content-Length", "18446744073709551621"}}, Reason::ambiguous_framing},  // 5 modulo 2^64
    {{{"Content-Length", "00000000000000000005"}}, Reason::ambiguous_framing},  // 20 digits
    // chunked not last, not alone in its place, or not quite chunked
    {{{"Transfer-Encoding", "chunked, identity"}}, Reason::ambiguous_framing},
    {{{"Transfer-Encoding", "chunked, gzip"}}, Reason::ambiguous_framing},
    {{{"Transfer-Encoding", "chunked, chunked"}}, Reason::ambiguous_framing},
    {{{"Transfer-Encoding", "chunked,"}}, Reason::ambiguous_framing},
    {{{"Transfer-Encoding", ",chunked"}}, Reason::ambiguous_framing},
    {{{"Transfer-Encoding", ""}}, Reason::ambiguous_framing},
    {{{"Transfer-Encoding", ","}}, Reason::ambiguous_framing},
    {{{"Transfer-Encoding", "chunked identity"}}, Reason::ambiguous_framing},
    {{{"Transfer-Encoding", "chunked;q=1"}}, Reason::ambiguous_framing},
    {{{"Transfer-Encoding", "\"chunked\""}}, Reason::ambiguous_framing},
    {{{"Transfer-Encoding", "chunked\x0b"}}, Reason::ambiguous_framing},
    {{{"Transfer-Encoding",
       "\x0b"
       "chunked"}},
     Reason::ambiguous_framing},
    {{{"Transfer-Encoding", "chunked\x7f"}}, Reason::ambiguous_framing},
    {{{"Transfer-Encoding",
       "chunk\xc4\x99"
       "d"}},
     Reason::ambiguous_framing},
    {{{"Transfer-Encoding", "[chunked]"}}, Reason::ambiguous_framing},
    // two fields
    {{{"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "chunked"}},
     Reason::ambiguous_framing},
    {{{"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "identity"}},
     Reason::ambiguous_framing},
    {{{"Transfer-Encoding", "gzip"}, {"transfer-encoding", "chunked"}}, Reason::ambiguous_framing},
    {{{"Transfer-Encoding", ""}, {"Transfer-Encoding", "chunked"}}, Reason::ambiguous_framing},
    // codings we do not know
    {{{"Transfer-Encoding", "xchunked"}}, Reason::unknown_coding},
    {{{"Transfer-Encoding", "chunkedx"}}, Reason::unknown_coding},
    {{{"Transfer-Encoding", "chunke"}}, Reason::unknown_coding},
    {{{"Transfer-Encoding", "identity"}}, Reason::unknown_coding},
    {{{"Transfer-Encoding", "gzip"}}, Reason::unknown_coding},
    {{{"Transfer-Encoding", "gzip, chunked"}}, Reason::unknown_coding},
    {{{"Transfer-Encoding", "identity, chunked"}}, Reason::unknown_coding},
};

BOOST_AUTO_TEST_SUITE(framing)

BOOST_AUTO_TEST_CASE(refuses_what_two_parties_could_read_differently) {
  for (const Row& row : kRefused) {
    BOOST_TEST_CONTEXT(row.fields.front().name << ": " << row.fields.front().value) {
      const FramingDecision decision = Head(row.fields).of_request();
      BOOST_TEST(name(decision.problem) == name(row.problem));
      BOOST_TEST((decision.framing.kind == Kind::none));
    }
  }
}

BOOST_AUTO_TEST_CASE(refuses_the_same_of_an_upstream_by_its_own_name) {
  for (const Row& row : kRefused) {
    BOOST_TEST_CONTEXT(row.fields.front().name << ": " << row.fields.front().value) {
      BOOST_TEST(name(Head(row.fields).of_response(200).problem) == "upstream_bad_head");
      BOOST_TEST(name(Head(row.fields).of_response(200, Method::head).problem) ==
                 "upstream_bad_head");
      BOOST_TEST(name(Head(row.fields).of_response(204).problem) == "upstream_bad_head");
    }
  }
}

BOOST_AUTO_TEST_CASE(a_request_without_either_field_has_no_body) {
  const FramingDecision decision = Head({Pair{"Host", "a"}}).of_request();
  BOOST_TEST(name(decision.problem) == "none");
  BOOST_TEST((decision.framing.kind == Kind::none));
}

BOOST_AUTO_TEST_CASE(a_length_is_a_plain_number) {
  const std::pair<std::string_view, std::uint64_t> rows[] = {
      {"0", 0},
      {"5", 5},
      {"00", 0},
      {"0000000000000000005", 5},
      {"9223372036854775807", 9223372036854775807},
  };
  for (const auto& [text, length] : rows) {
    BOOST_TEST_CONTEXT(text) {
      const FramingDecision decision = Head({Pair{"Content-Length", text}}).of_request();
      BOOST_TEST(name(decision.problem) == "none");
      BOOST_TEST((decision.framing.kind == Kind::length));
      BOOST_TEST(decision.framing.length == length);
    }
  }
}

BOOST_AUTO_TEST_CASE(chunked_is_known_in_any_case) {
  for (const std::string_view value : {"chunked", "Chunked", "CHUNKED"}) {
    const FramingDecision decision = Head({Pair{"Transfer-Encoding", value}}).of_request();
    BOOST_TEST(name(decision.problem) == "none");
    BOOST_TEST((decision.framing.kind == Kind::chunked));
  }
}

BOOST_AUTO_TEST_CASE(refuses_a_transfer_coding_in_http_1_0) {
  const Head head({Pair{"Transfer-Encoding", "chunked"}});
  BOOST_TEST(name(head.of_request(Version::http10).problem) == "ambiguous_framing");
  BOOST_TEST(name(head.of_response(200, Method::get, Version::http10).problem) ==
             "upstream_bad_head");
}

BOOST_AUTO_TEST_CASE(a_length_frames_http_1_0_too) {
  const FramingDecision decision = Head({Pair{"Content-Length", "7"}}).of_request(Version::http10);
  BOOST_TEST(name(decision.problem) == "none");
  BOOST_TEST(decision.framing.length == 7U);
}

BOOST_AUTO_TEST_CASE(a_response_without_either_field_ends_with_the_connection) {
  BOOST_TEST((Head(std::vector<Pair>()).of_response(200).framing.kind == Kind::until_close));
  BOOST_TEST((Head(std::vector<Pair>()).of_response(500).framing.kind == Kind::until_close));
}

BOOST_AUTO_TEST_CASE(responses_use_the_fields_otherwise) {
  BOOST_TEST((Head({Pair{"Content-Length", "9"}}).of_response(200).framing.length == 9U));
  BOOST_TEST((Head({Pair{"Transfer-Encoding", "chunked"}}).of_response(404).framing.kind ==
              Kind::chunked));
}

BOOST_AUTO_TEST_CASE(some_responses_have_no_body_whatever_their_length_says) {
  const Head head({Pair{"Content-Length", "9"}});
  for (const FramingDecision& decision :
       {head.of_response(200, Method::head), head.of_response(404, Method::head),
        head.of_response(204), head.of_response(304), head.of_response(200, Method::connect)}) {
    BOOST_TEST(name(decision.problem) == "none");
    BOOST_TEST((decision.framing.kind == Kind::none));
  }
}

BOOST_AUTO_TEST_CASE(a_refused_connect_has_a_body) {
  BOOST_TEST(Head({Pair{"Content-Length", "9"}}).of_response(407, Method::connect).framing.length ==
             9U);
}

BOOST_AUTO_TEST_CASE(interim_responses_have_no_body) {
  for (const std::uint16_t status : std::to_array<std::uint16_t>({100, 101, 103})) {
    BOOST_TEST((Head(std::vector<Pair>()).of_response(status).framing.kind == Kind::none));
    BOOST_TEST(
        (Head({Pair{"Content-Length", "0"}}).of_response(status).framing.kind == Kind::none));
  }
}

BOOST_AUTO_TEST_CASE(refuses_an_interim_response_that_announces_a_body) {
  BOOST_TEST(name(Head({Pair{"Content-Length", "9"}}).of_response(100).problem) ==
             "upstream_bad_head");
  BOOST_TEST(name(Head({Pair{"Transfer-Encoding", "chunked"}}).of_response(103).problem) ==
             "upstream_bad_head");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::gateway::http
