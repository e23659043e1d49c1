#include "reactor/pipe_pool.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

namespace tidegate::reactor {
namespace {

template <typename Call>
Socket::Io io_of(Call call) {
  for (;;) {
    const ssize_t result = call();
    if (result >= 0) return {static_cast<std::size_t>(result), false, {}};
    if (errno == EAGAIN) return {0, true, {}};
    if (errno != EINTR) return {0, false, base::Error::from_errno(errno)};
  }
}

Socket::Io splice(int from, int to, std::size_t count) {
  constexpr unsigned kFlags = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;
  return io_of([&] { return ::splice(from, nullptr, to, nullptr, count, kFlags); });
}

void outlive_broken_pipes() {
  struct sigaction now {};
  if (::sigaction(SIGPIPE, nullptr, &now) == 0 && now.sa_handler == SIG_DFL) {
    std::signal(SIGPIPE, SIG_IGN);
  }
}

}  // namespace

Pipe& Pipe::operator=(Pipe&& other) noexcept {
  std::swap(read_end_, other.read_end_);
  std::swap(write_end_, other.write_end_);
  std::swap(held_, other.held_);
  std::swap(capacity_, other.capacity_);
  return *this;
}

base::Result<Pipe> Pipe::open(std::size_t capacity) {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0) return base::Error::from_errno(errno);
  Pipe pipe;
  pipe.read_end_ = Socket(ends[0]);
  pipe.write_end_ = Socket(ends[1]);
  // Refused when the user has many pages in pipes already; then the pipe stays as it is.
  ::fcntl(ends[1], F_SETPIPE_SZ, static_cast<int>(capacity));
  pipe.capacity_ = static_cast<std::size_t>(std::max(0, ::fcntl(ends[1], F_GETPIPE_SZ)));
  if (pipe.capacity_ < kMinCapacity) return base::Error{base::Errc::limit, 0};
  return pipe;
}

Socket::Io Pipe::fill(const Socket& from, std::size_t limit) {
  TG_DCHECK(held_ == 0);
  const Socket::Io io = splice(from.fd(), write_end_.fd(), limit);
  held_ += io.count;
  return io;
}

Socket::Io Pipe::drain(const Socket& to) {
  TG_DCHECK(held_ > 0);
  const Socket::Io io = splice(read_end_.fd(), to.fd(), held_);
  held_ -= io.count;
  return io;
}

Socket::Io Pipe::read(std::span<char> into) {
  TG_DCHECK(held_ > 0);
  const Socket::Io io = io_of([&] { return ::read(read_end_.fd(), into.data(), into.size()); });
  held_ -= io.count;
  return io;
}

PipePool::PipePool(Limits limits) : limits_(limits) {
  free_.reserve(limits_.kept);
  outlive_broken_pipes();
}

PipePool::~PipePool() {
  TG_DCHECK(stats_.out.get() == 0);
}

std::optional<Pipe> PipePool::take() {
  std::optional<Pipe> pipe;
  if (stats_.out.get() < limits_.out) pipe = free_.empty() ? open_one() : reuse_one();
  (pipe ? stats_.out : stats_.refused).add();
  return pipe;
}

std::optional<Pipe> PipePool::reuse_one() {
  std::optional<Pipe> pipe = std::move(free_.back());
  free_.pop_back();
  stats_.kept.sub();
  return pipe;
}

std::optional<Pipe> PipePool::open_one() {
  auto made = Pipe::open(limits_.capacity);
  if (!made) return std::nullopt;
  stats_.opened.add();
  return std::move(*made);
}

void PipePool::give_back(Pipe pipe) {
  TG_DCHECK(pipe.is_open());
  stats_.out.sub();
  if (pipe.held() > 0) {
    stats_.spoiled.add();
  } else if (free_.size() < limits_.kept) {
    free_.push_back(std::move(pipe));
    stats_.kept.add();
  }
}

}  // namespace tidegate::reactor
