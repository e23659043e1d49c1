// A stream's name for other threads: writes arrive in each writer's order, or whoever writes learns
// that the stream is gone. They never reach a stream that came after it.
//
// Owner:  anyone; it is a value that holds no stream alive. Thread: made on the stream's poller,
//         used on any.
// Limits: a write that would make the stream keep more than kMaxUnsent is refused with
//         Errc::limit. What is posted and not yet looked at has no limit but the writer's own: pace
//         by the receipts.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "reactor/poller.h"
#include "reactor/stream.h"
#include "reactor/write_receipt.h"

namespace tidegate::reactor {

class RemoteStream {
 public:
  static constexpr std::size_t kMaxUnsent = 4 * 1024 * 1024;

  /// Names no stream: a place for one that does.
  RemoteStream() = default;

  /// Requires: `stream` is open; called on its poller's thread. The poller outlives this object.
  explicit RemoteStream(Stream& stream);

  /// Whether it was made from a stream, which may be gone by now.
  [[nodiscard]] bool named() const { return poller_ != nullptr; }

  /// Writes on the stream's poller; dropped when the stream is gone or refuses. Requires: named.
  void write(std::string bytes) const { post(std::move(bytes), nullptr); }

  /// The same, and `done(base::Status)` runs once on the stream's poller: see WriteReceipt.
  template <typename Done>
  // NOLINTNEXTLINE(performance-unnecessary-value-param): it is moved from
  void write(std::string bytes, Done&& done) const {
    post(std::move(bytes), make_receipt(std::forward<Done>(done)));
  }

 private:
  void post(std::string bytes, std::unique_ptr<WriteReceipt> receipt) const;

  Poller* poller_ = nullptr;
  Cookie cookie_ = 0;
  Stream* stream_ = nullptr;  // followed only when the cookie still names it
};

}  // namespace tidegate::reactor
