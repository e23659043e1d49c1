// Collects the slices of one write, so that a head and its body leave in one system call.
//
// Owner:  the worker, one per direction, reused by every session: nothing stays in it between
// callbacks. Thread: the worker's. The slices must stay good until `flush`.
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstring>
#include <span>
#include <string_view>

#include "gateway/http1/encoder.h"
#include "reactor/stream.h"

namespace tidegate::gateway::session {

class Gather {
 public:
  [[nodiscard]] bool empty() const { return count_ == 0; }

  /// Flushes to `stream` first when it is full.
  void add(std::string_view bytes, reactor::Stream& stream) {
    if (bytes.empty()) return;
    if (count_ == slices_.size()) flush(stream);
    slices_[count_++] = {const_cast<char*>(bytes.data()), bytes.size()};
  }

  /// One chunk of chunked coding; `bytes` must not be empty (that would end the body).
  void add_chunk(std::string_view bytes, reactor::Stream& stream) {
    const http1::ChunkHeader header(bytes.size());
    const std::string_view text = header.text();
    if (used_ + text.size() > text_.size() || count_ + 3 > slices_.size()) flush(stream);
    std::memcpy(text_.data() + used_, text.data(), text.size());
    add({text_.data() + used_, text.size()}, stream);
    used_ += text.size();
    add(bytes, stream);
    add(http1::kChunkEnd, stream);
  }

  void flush(reactor::Stream& stream) {
    if (count_ == 0) return;
    stream.write(std::span<const iovec>(slices_.data(), count_));
    clear();
  }

  void clear() { count_ = used_ = 0; }

 private:
  std::array<iovec, 48> slices_;
  std::array<char, 512> text_;  // chunk headers
  std::size_t count_ = 0;
  std::size_t used_ = 0;
};

}  // namespace tidegate::gateway::session
