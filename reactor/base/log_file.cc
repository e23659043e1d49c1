#include "reactor/base/log_file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

namespace tidegate::base {
namespace {

std::uint64_t count_lines(std::string_view text) {
  return static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

bool is_same_file(int one, int other) {
  struct stat a {};
  struct stat b {};
  return ::fstat(one, &a) == 0 && ::fstat(other, &b) == 0 && a.st_dev == b.st_dev &&
         a.st_ino == b.st_ino;
}

// Of whole lines if possible: then they stay whole when others write to the same pipe.
std::string_view first_piece(std::string_view text) {
  if (text.size() <= PIPE_BUF) return text;
  text = text.substr(0, PIPE_BUF);
  const std::size_t end = text.rfind('\n');
  return end == std::string_view::npos ? text : text.substr(0, end + 1);
}

}  // namespace

LogFile::LogFile(LogFile&& other) noexcept
    : path_(std::move(other.path_)),
      patience_(other.patience_),
      fd_(std::exchange(other.fd_, -1)),
      open_name_(std::move(other.open_name_)),
      failed_at_(other.failed_at_),
      paced_(other.paced_),
      torn_(other.torn_) {}

LogFile::~LogFile() {
  if (fd_ >= 0 && !is_standard()) ::close(fd_);
}

Status LogFile::open(Nanos wall) {
  if (is_standard()) {
    const int fd = path() == "stdout" ? STDOUT_FILENO : STDERR_FILENO;
    struct stat what {};
    if (::fstat(fd, &what) < 0) return Error::from_errno(errno);
    paced_ = !S_ISREG(what.st_mode);
    fd_ = fd;
    return {};
  }
  // Non-blocking, so that a FIFO nobody reads is an error and not a start that hangs.
  constexpr int kFlags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  constexpr mode_t kMode = 0640;
  const std::string& name = path_.at(wall);
  const int fd = ::open(name.c_str(), kFlags, kMode);
  if (fd < 0) return Error::from_errno(errno);
  torn_ = torn_ && is_same_file(fd_, fd);
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
  open_name_ = name;
  failed_at_ = -1;
  return {};
}

Status LogFile::follow(Nanos wall) {
  if (!dated() || path_.at(wall) == open_name_) return {};
  // A clock that was set back must not make the wait a long one.
  if (failed_at_ >= 0 && wall >= failed_at_ && wall - failed_at_ < kRetry) return {};
  Status opened = open(wall);
  if (!opened) failed_at_ = wall;
  return opened;
}

bool LogFile::has_room() const {
  pollfd wanted{fd_, POLLOUT, 0};
  int ready = -1;
  do {
    ready = ::poll(&wanted, 1, patience_);
  } while (ready < 0 && errno == EINTR);
  return ready > 0;
}

bool LogFile::may_go_on(int error) const {
  return error == EINTR || (error == EAGAIN && has_room());
}

std::string_view LogFile::put(std::string_view text) {
  while (!text.empty()) {
    if (paced_ && !has_room()) break;
    const std::string_view piece = paced_ ? first_piece(text) : text;
    const ssize_t count = ::write(fd_, piece.data(), piece.size());
    if (count > 0) {
      torn_ = text[static_cast<std::size_t>(count) - 1] != '\n';
      text.remove_prefix(static_cast<std::size_t>(count));
    } else if (count == 0 || !may_go_on(errno)) {
      break;
    }
  }
  return text;
}

LogFile::Written LogFile::write(std::string_view batch) {
  const bool ended = !torn_ || put("\n").empty();
  const std::uint64_t lost = count_lines(ended ? put(batch) : batch);
  return {count_lines(batch) - lost, lost};
}

}  // namespace tidegate::base
