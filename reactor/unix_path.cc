#include "reactor/unix_path.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "reactor/socket.h"

namespace tidegate::reactor {
namespace {

base::Status last_error() {
  return base::Error::from_errno(errno);
}

base::Status set_mode_and_owner(const std::string& path, const ListenOptions& options) {
  // The mode first: a file given away is no longer ours to change.
  if (options.unix_mode && ::chmod(path.c_str(), *options.unix_mode) != 0) return last_error();
  if (!options.unix_owner) return {};
  const UnixOwner& owner = *options.unix_owner;
  if (::lchown(path.c_str(), owner.user, owner.group) != 0) return last_error();
  return {};
}

}  // namespace

bool UnixPath::names_file(const base::Address& address) {
  const std::string path = address.unix_path();
  return !path.empty() && path.front() != '@';
}

base::Status UnixPath::clear(const base::Address& address) {
  const std::string path = address.unix_path();
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return {};
  if (!S_ISSOCK(info.st_mode)) return base::Error{base::Errc::in_use, EEXIST};
  auto probe = Socket::open(AF_UNIX);
  if (!probe) return probe.error();
  // The errno, not the code: a live listener whose queue is full refuses too (EAGAIN).
  const auto outcome = probe->connect(address);
  if (!outcome || outcome->error().os_errno != ECONNREFUSED) {
    return base::Error{base::Errc::in_use, EADDRINUSE};
  }
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return last_error();
  return {};
}

base::Status UnixPath::claim(const base::Address& address, const ListenOptions& options) {
  const std::string path = address.unix_path();
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return last_error();
  path_ = path;
  device_ = info.st_dev;
  inode_ = info.st_ino;
  const base::Status set = set_mode_and_owner(path, options);
  if (!set) remove();
  return set;
}

void UnixPath::remove() {
  if (path_.empty()) return;
  struct stat info {};
  const bool there = ::lstat(path_.c_str(), &info) == 0;
  if (there && info.st_dev == device_ && info.st_ino == inode_) ::unlink(path_.c_str());
  path_.clear();
}

}  // namespace tidegate::reactor
