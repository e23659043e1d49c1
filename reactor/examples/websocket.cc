// A WebSocket echo server (RFC 6455): the handshake, then every message comes back as it was sent.
//
//   reactor-websocket [ADDRESS]      127.0.0.1:7006 when none is given
//   new WebSocket("ws://127.0.0.1:7006/")    in a browser's console
//
// Two machines without I/O do the reading: RequestHead for the handshake, FrameReader for all that
// follows. This file drives them: what to answer, when to close and with which code. It speaks no
// extension and no subprotocol.
#include <openssl/evp.h>

#include <array>
#include <string>

#include "reactor/examples/frame_reader.h"
#include "reactor/examples/program.h"
#include "reactor/examples/request_head.h"

using namespace tidegate::reactor;
namespace base = tidegate::base;
namespace examples = tidegate::examples;
using examples::CloseCode;
using examples::FrameReader;
using examples::Opcode;
using examples::RequestHead;

namespace {

std::string base64(std::string_view bytes) {
  std::array<unsigned char, 64> text;
  const int size =
      ::EVP_EncodeBlock(text.data(), reinterpret_cast<const unsigned char*>(bytes.data()),
                        static_cast<int>(bytes.size()));
  return {text.begin(), text.begin() + size};
}

// RFC 6455 §4.2.2: proof that the server has understood, made of the client's key.
std::string accept_value(std::string_view key) {
  const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  ::EVP_Digest(text.data(), text.size(), digest.data(), &size, ::EVP_sha1(), nullptr);
  return base64({reinterpret_cast<const char*>(digest.data()), size});
}

// §4.1: sixteen bytes in base64.
bool is_key(std::string_view text) {
  return text.size() == 24 && text.ends_with("==") &&
         text.find_first_not_of(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") == 22;
}

class Session final : public Connection {
  using Connection::Connection;
  static constexpr base::Nanos kIdle = 60 * base::kSecond;

  void on_open() override { set_idle_limit(kIdle); }

  std::size_t on_data(std::string_view bytes) override {
    std::size_t taken = 0;
    if (!upgraded_) taken = shake_hands(bytes);
    // A client that does not take its echo is read no further: what is not consumed comes again.
    while (upgraded_ && !leaving_ && !stream().held()) {
      const FrameReader::Step step = reader_.read(bytes.substr(taken));
      taken += step.consumed;
      if (step.wrong) {
        close(*step.wrong);
      } else if (step.whole) {
        answer(*step.whole, step.payload);
      } else if (taken == bytes.size() || step.consumed == 0) {
        break;
      }
    }
    return leaving_ ? bytes.size() : taken;
  }

  std::size_t shake_hands(std::string_view bytes) {
    RequestHead head;
    const auto outcome = head.read(bytes);
    if (outcome == RequestHead::Outcome::partial) return 0;
    if (outcome == RequestHead::Outcome::too_large) {
      refuse("431 Request Header Fields Too Large", "");
    } else if (outcome == RequestHead::Outcome::bad) {
      refuse("400 Bad Request", "");
    } else {
      upgrade(head);
    }
    return head.size();
  }

  // §4.2.1: what a handshake must have.
  void upgrade(const RequestHead& head) {
    const auto key = head.only("sec-websocket-key");
    if (head.only("sec-websocket-version") != "13") {
      return refuse("426 Upgrade Required", "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n");
    }
    if (head.method() != "GET" || head.has_body() || !head.has_token("upgrade", "websocket") ||
        !head.has_token("connection", "upgrade") || !key || !is_key(*key)) {
      return refuse("400 Bad Request", "");
    }
    write(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: " +
        accept_value(*key) + "\r\n\r\n");
    upgraded_ = true;
  }

  void refuse(const char* status, const char* fields) {
    leaving_ = true;
    write(std::string("HTTP/1.1 ") + status + "\r\n" + fields +
          "Connection: close\r\nContent-Length: 0\r\n\r\n");
    finish();
  }

  void answer(Opcode opcode, const std::string& payload) {
    switch (opcode) {
      case Opcode::text:
      case Opcode::binary:
        return send(opcode, payload);
      case Opcode::ping:
        return send(Opcode::pong, payload);
      case Opcode::close:
        // §5.5.1: the same code comes back, and that was all.
        return close(std::string_view(payload).substr(0, 2));
      case Opcode::pong:
      case Opcode::continuation:
        return;
    }
  }

  void send(Opcode opcode, std::string_view payload) {
    const std::string header = examples::frame_header(opcode, payload.size());
    const std::array<iovec, 2> slices{iovec{const_cast<char*>(header.data()), header.size()},
                                      iovec{const_cast<char*>(payload.data()), payload.size()}};
    write(slices);
  }

  void close(CloseCode code) {
    const auto number = static_cast<unsigned>(code);
    const char bytes[] = {static_cast<char>(number >> 8), static_cast<char>(number & 0xff)};
    close(std::string_view(bytes, sizeof bytes));
  }

  // Nothing of what still comes is read; the client's answer to this neither.
  void close(std::string_view payload) {
    leaving_ = true;
    send(Opcode::close, payload);
    finish();
  }

  void on_shutdown() override {
    if (leaving_) return;
    if (upgraded_) return close(CloseCode::going_away);
    finish();
  }

  FrameReader reader_;
  bool upgraded_ = false;
  bool leaving_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  examples::UntilSignal until_signal;
  if (auto opened = until_signal.open(); !opened) return examples::fail("signals", opened.error());
  PollerGroup group({.name = "websocket", .count = 2});
  if (auto opened = group.open(); !opened) return examples::fail("pollers", opened.error());

  Server<Session> server(group);
  const char* address = argc > 1 ? argv[1] : "127.0.0.1:7006";
  if (auto open = examples::listen(server, address); !open) {
    return examples::fail(address, open.error());
  }
  if (auto started = group.start(); !started) return examples::fail("threads", started.error());

  until_signal.wait();
  server.close();
  group.drain(examples::kPatience);
}
