#include "reactor/examples/frame_reader.h"

#include <algorithm>
#include <utility>

namespace tidegate::examples {
namespace {

unsigned byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

bool is_known(unsigned opcode) {
  return opcode <= 2 || (opcode >= 8 && opcode <= 10);
}

// RFC 3629 §4: no overlong form, no surrogate, nothing above U+10FFFF. Returns the length of the
// character that `text` begins with; 0 when it is none.
std::size_t character(std::string_view text) {
  const unsigned first = byte_at(text, 0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  const unsigned second = byte_at(text, 1);
  const unsigned least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const unsigned most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  if (second < least || second > most) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((byte_at(text, i) & 0xc0) != 0x80) return 0;
  }
  return length;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = character(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

// RFC 6455 §7.4: codes that may stand in a frame.
bool may_be_sent(std::uint64_t code) {
  if (code >= 3000 && code < 5000) return true;
  return code >= 1000 && code <= 1014 && (code < 1004 || code > 1006);
}

std::optional<CloseCode> check_payload(Opcode opcode, std::string_view payload) {
  if (opcode == Opcode::text && !is_utf8(payload)) return CloseCode::invalid_text;
  if (opcode != Opcode::close || payload.empty()) return {};
  if (payload.size() < 2 || !may_be_sent(big_endian(payload.substr(0, 2)))) {
    return CloseCode::protocol_error;
  }
  if (!is_utf8(payload.substr(2))) return CloseCode::invalid_text;
  return {};
}

}  // namespace

FrameReader::Step FrameReader::read(std::string_view bytes) {
  Step step;
  if (!in_payload_) {
    step = read_header(bytes);
    if (step.consumed == 0 || step.wrong) return step;
  }
  step.consumed += read_payload(bytes.substr(step.consumed));
  in_payload_ = left_ > 0;
  if (!in_payload_ && final_) complete(step);
  return step;
}

FrameReader::Step FrameReader::read_header(std::string_view bytes) {
  Step step;
  if (bytes.size() < 2) return step;
  const unsigned first = byte_at(bytes, 0);
  const unsigned second = byte_at(bytes, 1);
  // No extension was agreed on, so the reserved bits are 0; a client masks (§5.1).
  if ((first & 0x70) != 0 || !is_known(first & 0x0f) || (second & 0x80) == 0) {
    step.wrong = CloseCode::protocol_error;
    return step;
  }
  const unsigned length = second & 0x7f;
  const std::size_t extended = length == 127 ? 8 : length == 126 ? 2 : 0;
  if (bytes.size() < 2 + extended + sizeof mask_) return step;
  step.consumed = 2 + extended + sizeof mask_;
  final_ = (first & 0x80) != 0;
  frame_ = static_cast<Opcode>(first & 0x0f);
  left_ = extended == 0 ? length : big_endian(bytes.substr(2, extended));
  std::copy_n(bytes.begin() + 2 + static_cast<std::ptrdiff_t>(extended), sizeof mask_, mask_);
  mask_at_ = 0;
  // The shortest form that holds the length is the only one (§5.2).
  const bool longer_than_needed = extended > 0 && left_ < (extended == 2 ? 126U : 65536U);
  step.wrong = longer_than_needed ? CloseCode::protocol_error : check_frame();
  if (!is_control() && frame_ != Opcode::continuation) message_opcode_ = frame_;
  return step;
}

std::optional<CloseCode> FrameReader::check_frame() const {
  if (is_control()) {
    const bool good = final_ && left_ <= kMaxControl;
    return good ? std::nullopt : std::optional(CloseCode::protocol_error);
  }
  // A message begins where none is under way, and goes on where one is (§5.4).
  const bool goes_on = frame_ == Opcode::continuation;
  if (goes_on == (message_opcode_ == Opcode::continuation)) return CloseCode::protocol_error;
  if (left_ > kMaxMessage - message_.size()) return CloseCode::too_big;
  return {};
}

std::size_t FrameReader::read_payload(std::string_view bytes) {
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
  std::string& into = is_control() ? control_ : message_;
  for (const char c : bytes.substr(0, count)) {
    into.push_back(static_cast<char>(static_cast<unsigned char>(c) ^ mask_[mask_at_]));
    mask_at_ = (mask_at_ + 1) % sizeof mask_;
  }
  left_ -= count;
  return count;
}

void FrameReader::complete(Step& step) {
  // An idle connection keeps no memory: the payload goes to whoever asked.
  if (is_control()) {
    step.whole = frame_;
    step.payload = std::exchange(control_, {});
  } else {
    step.whole = std::exchange(message_opcode_, Opcode::continuation);
    step.payload = std::exchange(message_, {});
  }
  step.wrong = check_payload(*step.whole, step.payload);
}

std::string frame_header(Opcode opcode, std::size_t payload) {
  std::string header(1, static_cast<char>(0x80 | static_cast<unsigned>(opcode)));
  const int bytes = payload < 126 ? 0 : payload < 65536 ? 2 : 8;
  header += static_cast<char>(bytes == 0 ? payload : bytes == 2 ? 126 : 127);
  for (int shift = 8 * bytes - 8; shift >= 0; shift -= 8) {
    header += static_cast<char>(payload >> shift & 0xff);
  }
  return header;
}

}  // namespace tidegate::examples
