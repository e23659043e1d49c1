// WebSocket frames (RFC 6455 §5) from bytes in any pieces to whole messages: a machine without I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tidegate::examples {

enum class Opcode : std::uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10,
};

// RFC 6455 §7.4.1: why a connection is closed.
enum class CloseCode : std::uint16_t {
  going_away = 1001,
  protocol_error = 1002,
  invalid_text = 1007,
  too_big = 1009,
};

class FrameReader {
 public:
  /// Of one message, over all of its fragments.
  static constexpr std::size_t kMaxMessage = 1024 * 1024;

  // What `read` came to.
  struct Step {
    std::size_t consumed = 0;        // 0: the header of a frame is not all there
    std::optional<Opcode> whole;     // a message or control frame is complete, never continuation
    std::string payload;             // its content, checked: UTF-8 is, and a close frame's code
    std::optional<CloseCode> wrong;  // nothing can be made of what follows
  };

  /// Takes bytes to the end of one frame at most; call it again with the rest.
  Step read(std::string_view bytes);

 private:
  static constexpr std::size_t kMaxControl = 125;

  [[nodiscard]] bool is_control() const { return frame_ >= Opcode::close; }
  Step read_header(std::string_view bytes);
  [[nodiscard]] std::optional<CloseCode> check_frame() const;
  std::size_t read_payload(std::string_view bytes);
  void complete(Step& step);

  bool in_payload_ = false;
  bool final_ = true;
  Opcode frame_ = Opcode::pong;
  Opcode message_opcode_ = Opcode::continuation;  // continuation: no message is under way
  std::uint64_t left_ = 0;                        // of the frame's payload
  unsigned char mask_[4] = {};
  unsigned mask_at_ = 0;
  std::string message_;
  std::string control_;
};

/// The header of an unfragmented, unmasked frame: what a server sends before `payload`.
std::string frame_header(Opcode opcode, std::size_t payload);

}  // namespace tidegate::examples
