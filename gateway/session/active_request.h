// One HTTP/1 request in progress on a client connection: what the session must remember of it.
//
// Owner:  its session while it lasts, then the worker's RequestPool. Thread: the worker's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "conf/model.h"
#include "gateway/http/message.h"
#include "gateway/http1/body_decoder.h"
#include "gateway/session/exchange.h"
#include "reactor/poller.h"

namespace tidegate::gateway::session {

// The texts a record needs after the bytes they came from are gone, in one string.
class RequestText {
 public:
  enum Part : std::size_t { kId, kMethod, kHost, kTarget, kUserAgent, kParts };

  void clear() {
    text_.clear();
    for (auto& end : ends_) end = 0;
  }

  /// Requires: parts are added in their order; a part left out is empty.
  void add(Part part, std::string_view text) {
    text_.append(text);
    for (std::size_t i = part; i < kParts; ++i) ends_[i] = static_cast<std::uint32_t>(text_.size());
  }

  [[nodiscard]] std::string_view operator[](Part part) const {
    const std::uint32_t begin = part == 0 ? 0 : ends_[part - 1];
    return std::string_view(text_).substr(begin, ends_[part] - begin);
  }

 private:
  std::string text_;
  std::uint32_t ends_[kParts] = {};
};

struct ActiveRequest final : reactor::Retirable {
  explicit ActiveRequest(WorkerContext& worker) : exchange(worker) {}

  /// As new, but with the memory it has.
  void reset();

  Exchange exchange;
  http1::BodyDecoder body;  // the request's
  RequestText text;
  const conf::Route* route = nullptr;
  const upstream::Cluster* cluster = nullptr;
  base::Nanos started = 0;    // its head was complete
  std::uint64_t body_in = 0;  // content bytes
  std::uint64_t body_out = 0;
  std::size_t unsent_seen = 0;  // by the stall check
  std::uint16_t status = 0;     // sent, or being sent
  http::Method method = http::Method::get;
  http::Version version = http::Version::http11;
  http::Framing response_framing;  // as sent to the client
  bool keep_alive : 1 = false;
  bool response_begun : 1 = false;  // its head was sent
  bool response_done : 1 = false;   // everything was given to the stream
};

}  // namespace tidegate::gateway::session
