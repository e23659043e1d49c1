// Kernel pipes for moving bytes between sockets without copying them (splice(2)), and the few of
// them that a poller keeps for reuse.
//
// Owner:  one pool per poller, by whoever makes its relays; it must outlive them. A pipe belongs to
//         whoever took it, until it is given back.
// Thread: its poller's; the numbers in PipeStats may be read by any.
// Limits: keeps at most `Limits::kept` pipes, lets out at most `Limits::out`. A pipe is two fds and
//         up to `Limits::capacity` of the kernel's memory. The kernel's own limits (pipe(7):
//         pipe-max-size, pipe-user-pages-soft) are obeyed: a pipe may be smaller than wished.
// Fails as: no pipe. It is never an error: whoever wants one can copy instead.
// SIGPIPE: splice(2) knows no MSG_NOSIGNAL, and a reset may arrive between any check and the call:
//         a pool that finds SIGPIPE at its default, which ends the process, makes the process
//         ignore it, as Signals::open does. A program that restores the default must not splice.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "reactor/base/cell.h"
#include "reactor/base/result.h"
#include "reactor/socket.h"

namespace tidegate::reactor {

// One pipe, and how many bytes are in it.
class Pipe {
 public:
  /// The least capacity worth having: the kernel's default. Below it copying is cheaper.
  static constexpr std::size_t kMinCapacity = 64 * 1024;

  /// Closed: holds no fd.
  Pipe() = default;
  Pipe(Pipe&& other) noexcept { *this = std::move(other); }
  Pipe& operator=(Pipe&& other) noexcept;

  /// A pipe of `capacity` bytes, or less where the kernel does not grant that. Fails as:
  /// out_of_fds, out_of_memory, os; limit when the kernel grants less than kMinCapacity.
  static base::Result<Pipe> open(std::size_t capacity);

  [[nodiscard]] bool is_open() const { return read_end_.is_open(); }
  [[nodiscard]] std::size_t held() const { return held_; }

  /// What the kernel granted. Counted in pages, of which every piece of a packet takes one: a pipe
  /// can be full long before it holds this much.
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

  /// Moves up to `limit` bytes of what `from` received into the pipe; `count` 0 with `ok` is end of
  /// input. Requires: held() == 0, for only then `again` means that there is no input.
  Socket::Io fill(const Socket& from, std::size_t limit);

  /// Moves what is in the pipe to `to`, as far as that has room. Requires: held() > 0.
  Socket::Io drain(const Socket& to);

  /// Takes bytes out of the pipe the ordinary way. Requires: held() > 0.
  Socket::Io read(std::span<char> into);

 private:
  Socket read_end_;
  Socket write_end_;
  std::size_t held_ = 0;
  std::size_t capacity_ = 0;
};

// Written by the pool's thread, read by any.
struct PipeStats {
  base::Cell out;      // taken and not given back, now
  base::Cell kept;     // free, now
  base::Cell opened;   // made anew
  base::Cell refused;  // not given: too many out, or the kernel said no
  base::Cell spoiled;  // closed because they came back with bytes in them
};

class PipePool {
 public:
  struct Limits {
    // A pipe is given back in the call it was taken in, unless the reader of its bytes is slow: a
    // few serve any number of fast streams.
    std::size_t kept = 16;
    // As many slow readers may each have a pipe; what comes after them is copied.
    std::size_t out = 128;
    std::size_t capacity = 256 * 1024;
  };

  PipePool() : PipePool(Limits()) {}
  explicit PipePool(Limits limits);
  PipePool(const PipePool&) = delete;
  PipePool& operator=(const PipePool&) = delete;
  /// Requires: every pipe was given back.
  ~PipePool();

  /// An empty pipe, or none.
  std::optional<Pipe> take();

  /// A pipe with bytes in it is closed: they must never reach another connection.
  void give_back(Pipe pipe);

  [[nodiscard]] const PipeStats& stats() const { return stats_; }

 private:
  std::optional<Pipe> reuse_one();
  std::optional<Pipe> open_one();

  Limits limits_;
  std::vector<Pipe> free_;
  PipeStats stats_;
};

}  // namespace tidegate::reactor
