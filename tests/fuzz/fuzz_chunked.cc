// Chunked bodies: decoded whole and in pieces. The first byte says how they are cut.
#include <memory>
#include <string>

#include "gateway/http1/body_decoder.h"
#include "gateway/http1/head_parser.h"
#include "tests/fuzz/properties.h"

namespace tidegate::gateway::http1 {
namespace {

struct Decoded {
  std::string content;
  std::string trailers;
  std::size_t consumed = 0;
  bool done = false;
  Reason problem = Reason::none;

  friend bool operator==(const Decoded&, const Decoded&) = default;
};

void feed(BodyDecoder& decoder, std::string_view piece, Decoded& decoded) {
  const std::vector<char> copy = exact_copy(piece);
  std::string_view rest(copy.data(), copy.size());
  while (!rest.empty() && !decoded.done && decoded.problem == Reason::none) {
    const BodyDecoder::Step step = decoder.next(rest);
    must(step.consumed <= rest.size());
    must(lies_inside(step.data, rest.substr(0, step.consumed)));
    must(!step.done || step.problem == Reason::none);
    must(step.data.empty() || step.problem == Reason::none);
    must(step.consumed > 0 || step.done || step.problem != Reason::none);
    decoded.content.append(step.data);
    decoded.consumed += step.consumed;
    decoded.done = step.done;
    decoded.problem = step.problem;
    rest.remove_prefix(step.consumed);
  }
}

Decoded decode(std::string_view bytes, Cutter* cutter) {
  BodyDecoder decoder;
  decoder.start({http::Framing::Kind::chunked});
  Decoded decoded;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t left = bytes.size() - at;
    const std::size_t size = cutter != nullptr ? cutter->next_size(left) : left;
    feed(decoder, bytes.substr(at, size), decoded);
    at += size;
  }
  must(decoder.done() == decoded.done);
  must(decoder.finish_at_eof() == decoded.done);
  if (decoded.done) decoded.trailers = decoder.trailers();
  return decoded;
}

void check(std::string_view bytes, std::uint8_t seed) {
  const Decoded expected = decode(bytes, nullptr);
  Cutter cutter(seed);
  Decoded in_pieces = decode(bytes, &cutter);
  // How far framing was followed into a fault may differ; nothing a caller acts on may.
  if (expected.problem != Reason::none) in_pieces.consumed = expected.consumed;
  must(in_pieces == expected);
  if (!expected.done) return;
  must(expected.trailers.ends_with("\r\n"));
  const auto fields = std::make_unique<http::Fields>();
  const Reason problem = parse_trailers(expected.trailers, {}, *fields);
  must(problem == Reason::none || problem == Reason::bad_chunk);
}

}  // namespace
}  // namespace tidegate::gateway::http1

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::vector<char> bytes(data + 1, data + size);
  tidegate::gateway::http1::check({bytes.data(), bytes.size()}, data[0]);
  return 0;
}
