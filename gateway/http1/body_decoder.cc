#include "gateway/http1/body_decoder.h"

#include <algorithm>
#include <limits>
#include <string>

#include "gateway/http/chars.h"
#include "gateway/http1/byte_scan.h"
#include "gateway/http1/head_scanner.h"

namespace tidegate::gateway::http1 {

// A trailer section has the shape of a head, its first field line in the place of the first line.
struct BodyDecoder::TrailerSection {
  std::string bytes;
  HeadScanner scanner;
};

BodyDecoder::BodyDecoder() = default;
BodyDecoder::BodyDecoder(BodyDecoder&&) noexcept = default;
BodyDecoder& BodyDecoder::operator=(BodyDecoder&&) noexcept = default;
BodyDecoder::~BodyDecoder() = default;

void BodyDecoder::start(http::Framing framing) {
  using Kind = http::Framing::Kind;
  trailers_.reset();
  problem_ = Reason::none;
  count_ = 0;
  chunked_ = framing.kind == Kind::chunked;
  remaining_ = framing.kind == Kind::length ? framing.length : 0;
  switch (framing.kind) {
    case Kind::none:
      phase_ = Phase::done;
      break;
    case Kind::length:
      phase_ = remaining_ == 0 ? Phase::done : Phase::length;
      break;
    case Kind::chunked:
      phase_ = Phase::size_first;
      break;
    case Kind::until_close:
      phase_ = Phase::until_close;
      break;
  }
}

BodyDecoder::Step BodyDecoder::next(std::string_view input) {
  switch (phase_) {
    case Phase::done:
      return {.done = true};
    case Phase::failed:
      return {.problem = problem_};
    case Phase::until_close:
      return {.consumed = input.size(), .data = input};
    case Phase::length:
      return next_counted(input);
    default:
      return next_chunked(input);
  }
}

bool BodyDecoder::finish_at_eof() {
  if (phase_ == Phase::until_close) phase_ = Phase::done;
  return done();
}

std::string_view BodyDecoder::trailers() const {
  if (!chunked_) return {};
  return trailers_ ? std::string_view(trailers_->bytes) : std::string_view("\r\n");
}

BodyDecoder::Step BodyDecoder::next_counted(std::string_view input) {
  const std::string_view data = input.substr(0, std::min<std::uint64_t>(remaining_, input.size()));
  remaining_ -= data.size();
  if (remaining_ == 0) phase_ = Phase::done;
  return {.consumed = data.size(), .data = data, .done = done()};
}

// Goes on through framing until there is a second slice to give, so that a whole small body is one
// step. What is wrong after a slice is left for the next step.
BodyDecoder::Step BodyDecoder::next_chunked(std::string_view input) {
  Step step;
  while (step.consumed < input.size() && !done()) {
    const std::string_view rest = input.substr(step.consumed);
    if (phase_ == Phase::data) {
      if (!step.data.empty()) return step;
      step.data = rest.substr(0, std::min<std::uint64_t>(remaining_, rest.size()));
      step.consumed += step.data.size();
      remaining_ -= step.data.size();
      if (remaining_ == 0) phase_ = Phase::data_cr;
    } else if (phase_ == Phase::trailers_first && rest.front() != '\r') {
      trailers_ = std::make_unique<TrailerSection>();
      phase_ = Phase::trailers;
    } else if (phase_ == Phase::trailers) {
      if (!step.data.empty()) return step;
      const Step last = take_trailers(rest);
      step.consumed += last.consumed;
      step.problem = last.problem;
    } else if (take_framing_byte(rest.front())) {
      ++step.consumed;
    } else {
      return step.data.empty() ? fail(Reason::bad_chunk) : step;
    }
    if (step.problem != Reason::none) return step;
  }
  step.done = done();
  return step;
}

// One byte of a size line, of the CRLF after data, or of an empty trailer section; false when it
// may not stand there.
bool BodyDecoder::take_framing_byte(char c) {
  switch (phase_) {
    case Phase::size_first:
      return take_size_digit(c);
    case Phase::size:
      if (c == ';') {
        count_ = 0;
        return advance(Phase::extension);
      }
      return c == '\r' ? advance(Phase::size_lf) : take_size_digit(c);
    case Phase::extension:
      if (c == '\r') return advance(Phase::size_lf);
      return !is_control(c) && count_++ < kMaxExtensionBytes;
    case Phase::size_lf:
      return c == '\n' && advance(remaining_ == 0 ? Phase::trailers_first : Phase::data);
    case Phase::data_cr:
      return c == '\r' && advance(Phase::data_lf);
    case Phase::data_lf:
      count_ = 0;
      return c == '\n' && advance(Phase::size_first);
    case Phase::trailers_first:
      return advance(Phase::trailers_none_lf);
    case Phase::trailers_none_lf:
      return c == '\n' && advance(Phase::done);
    default:
      return false;
  }
}

bool BodyDecoder::take_size_digit(char c) {
  constexpr std::uint64_t kMaxSize = std::numeric_limits<std::int64_t>::max();
  if (!http::is_hex_digit(c) || count_ == kMaxSizeDigits || remaining_ > kMaxSize >> 4) {
    return false;
  }
  remaining_ = remaining_ << 4 | http::hex_value(c);
  ++count_;
  return advance(Phase::size);
}

bool BodyDecoder::advance(Phase next) {
  phase_ = next;
  return true;
}

BodyDecoder::Step BodyDecoder::take_trailers(std::string_view input) {
  // With the first line as long as the section may be, only the section's limit counts.
  constexpr HeadLimits kLimits = {
      .head_bytes = kMaxTrailerBytes, .fields = 0, .target_bytes = kMaxTrailerBytes};

  std::string& bytes = trailers_->bytes;
  const std::size_t size_before = bytes.size();
  bytes.append(input.substr(0, kMaxTrailerBytes - size_before));
  const HeadScanner::Outcome outcome = trailers_->scanner.scan(bytes, kLimits);
  if (outcome.problem == Reason::head_too_large) return fail(Reason::head_too_large);
  if (outcome.problem != Reason::none) return fail(Reason::bad_chunk);
  if (outcome.head_size == 0) return {.consumed = input.size()};

  bytes.resize(outcome.head_size);
  phase_ = Phase::done;
  return {.consumed = outcome.head_size - size_before};
}

BodyDecoder::Step BodyDecoder::fail(Reason problem) {
  phase_ = Phase::failed;
  problem_ = problem;
  return {.problem = problem};
}

}  // namespace tidegate::gateway::http1
