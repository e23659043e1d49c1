// Time and identity stamps of one worker, made once and reused.
//
// Owner and thread: the worker.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "gateway/http/date.h"
#include "reactor/base/clock.h"

namespace tidegate::gateway::session {

// The Date field, formatted once a second, and the wall clock that goes with the poller's time.
class WallClock {
 public:
  /// RFC 9110 §5.6.7; good until the next call.
  std::string_view date(base::Nanos now) {
    refresh(now);
    return {date_.data(), date_.size()};
  }

  /// Nanoseconds since the epoch, for the poller's time `now`.
  base::Nanos wall(base::Nanos now) {
    refresh(now);
    return now + offset_;
  }

 private:
  void refresh(base::Nanos now) {
    if (now < valid_until_) return;
    const base::Nanos wall = base::wall_now();
    offset_ = wall - base::monotonic_now();
    date_ = http::format_date(wall / base::kSecond);
    valid_until_ = now + base::kSecond - wall % base::kSecond;
  }

  base::Nanos valid_until_ = 0;
  base::Nanos offset_ = 0;
  http::DateText date_{};
};

// Pseudo-random numbers (xoshiro256**-class quality is not needed: ids and sampling, no secrets).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  /// SplitMix64.
  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }

 private:
  std::uint64_t state_;
};

// A request id: 32 hex digits.
class RequestId {
 public:
  explicit RequestId(Random& random) {
    constexpr std::string_view kHex = "0123456789abcdef";
    for (std::size_t half = 0; half < 2; ++half) {
      std::uint64_t bits = random.next();
      for (std::size_t i = 0; i < 16; ++i, bits >>= 4) text_[half * 16 + i] = kHex[bits & 15];
    }
  }
  [[nodiscard]] std::string_view text() const { return {text_.data(), text_.size()}; }

 private:
  std::array<char, 32> text_;
};

}  // namespace tidegate::gateway::session
