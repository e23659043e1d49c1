// One thread's lines on their way to the log's writer: a byte ring with one producer and one
// consumer.
//
// Owner:  shared by the two ends, because either may go first: a thread that ends abandons its
//         ring, which the writer then empties; a writer that ends closes it.
// Thread: `push` from the producer; `drain` from the consumer; the flags from the side they name.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace tidegate::base {

class LogRing {
 public:
  static constexpr std::size_t kBytes = 1024 * 1024;

  enum class Push : std::uint8_t { full, queued, crowded };  // crowded: queued, over half full

  explicit LogRing(const void* owner) : owner_(owner) {}

  /// Queues a copy of `line` for destination `to`. Requires: line.size() <= kBytes / 4.
  Push push(std::uint32_t to, std::string_view line);

  /// Calls `take(to, line)` for every line that was queued when it began.
  template <typename Take>
  void drain(Take&& take);

  /// Sequentially consistent with `push`: see LogThread's way to sleep.
  [[nodiscard]] bool empty() const { return head_.load() == tail_.load(std::memory_order_relaxed); }

  /// The producer is gone: what is in the ring now is all there will be.
  void abandon() { abandoned_.store(true, std::memory_order_release); }
  [[nodiscard]] bool abandoned() const { return abandoned_.load(std::memory_order_acquire); }

  /// The consumer is gone.
  void close() { closed_.store(true, std::memory_order_release); }
  [[nodiscard]] bool closed() const { return closed_.load(std::memory_order_acquire); }
  [[nodiscard]] bool serves(const void* owner) const { return owner_ == owner && !closed(); }

 private:
  struct Header {
    std::uint32_t size;
    std::uint32_t to;
  };
  static constexpr std::uint32_t kSkip = 0xffffffff;  // as a size: the next record is at the start

  static std::size_t record_size(std::size_t line) {
    return (sizeof(Header) + line + sizeof(Header) - 1) & ~(sizeof(Header) - 1);
  }
  void put(std::size_t at, Header header) {
    std::memcpy(bytes_.get() + at, &header, sizeof header);
  }

  // Positions only grow; their remainder by kBytes is the place. Each end has its own cache line.
  alignas(64) std::atomic<std::uint64_t> head_{0};
  std::uint64_t tail_seen_ = 0;  // the producer's, at or behind tail_
  alignas(64) std::atomic<std::uint64_t> tail_{0};
  alignas(64) const void* owner_;
  std::atomic<bool> closed_{false};
  std::atomic<bool> abandoned_{false};
  // Not initialised: pages nobody wrote to cost nothing.
  std::unique_ptr<char[]> bytes_{new char[kBytes]};
};

inline LogRing::Push LogRing::push(std::uint32_t to, std::string_view line) {
  const std::uint64_t head = head_.load(std::memory_order_relaxed);
  const std::size_t at = head % kBytes;
  const std::size_t size = record_size(line.size());
  const std::size_t skipped = size > kBytes - at ? kBytes - at : 0;
  const std::uint64_t next = head + skipped + size;
  if (next - tail_seen_ > kBytes) {
    tail_seen_ = tail_.load(std::memory_order_acquire);
    if (next - tail_seen_ > kBytes) return Push::full;
  }
  if (skipped > 0) put(at, {kSkip, 0});
  const std::size_t place = skipped > 0 ? 0 : at;
  put(place, {static_cast<std::uint32_t>(line.size()), to});
  std::memcpy(bytes_.get() + place + sizeof(Header), line.data(), line.size());
  head_.store(next);
  if (next - tail_seen_ <= kBytes / 2) return Push::queued;
  tail_seen_ = tail_.load(std::memory_order_acquire);
  return next - tail_seen_ > kBytes / 2 ? Push::crowded : Push::queued;
}

template <typename Take>
void LogRing::drain(Take&& take) {
  const std::uint64_t head = head_.load(std::memory_order_acquire);
  std::uint64_t tail = tail_.load(std::memory_order_relaxed);
  while (tail != head) {
    const std::size_t at = tail % kBytes;
    Header header;
    std::memcpy(&header, bytes_.get() + at, sizeof header);
    if (header.size == kSkip) {
      tail += kBytes - at;
      continue;
    }
    take(header.to, std::string_view(bytes_.get() + at + sizeof header, header.size));
    tail += record_size(header.size);
    tail_.store(tail, std::memory_order_release);
  }
}

}  // namespace tidegate::base
